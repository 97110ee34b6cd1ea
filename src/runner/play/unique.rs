//! The unique names of one attempt: no two attempts share a room, a user or a marker.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::runner::{plan::Item, settings::Settings};

/// The predefined variables of every scenario: `$room`, `$marker` and so on.
pub(in crate::runner) const NAMES: [&str; 6] =
    ["room", "other_room", "third_room", "user", "marker", "text"];

/// The number of hexadecimal digits in the suffix of a name.
const DIGITS: usize = 12;

/// The suffix that makes the names in one attempt unique, for example the names of its rooms.
#[derive(Clone, Debug)]
pub(in crate::runner) struct Unique(String);

impl Unique {
    /// Creates a suffix that differs for every attempt of a run, and for every seed.
    pub(in crate::runner) fn new(item: &Item, settings: &Settings, number: usize) -> Self {
        let mut hasher = DefaultHasher::new();
        (settings.seed, &item.id, number).hash(&mut hasher);
        Self::from_number(hasher.finish())
    }

    /// Creates the suffix of the client that enters a server before the first scenario.
    pub(in crate::runner) fn of_entrance() -> Self {
        Self::from_number(0)
    }

    fn from_number(number: u64) -> Self {
        Self(format!("{:0DIGITS$x}", number & 0xffff_ffff_ffff))
    }

    /// Returns a name with the suffix of this attempt, so that no other attempt has the same name.
    pub(super) fn with_suffix(&self, name: &str) -> String {
        format!("{name}-{}", self.0)
    }

    /// Returns the suffix.
    pub(in crate::runner) fn suffix(&self) -> &str {
        &self.0
    }

    /// Returns true if a text contains the suffix of this attempt.
    pub(in crate::runner) fn is_in(&self, text: &str) -> bool {
        text.contains(&self.0)
    }

    /// Returns true if a text contains a name of another attempt.
    pub(in crate::runner) fn is_another_in(&self, text: &str) -> bool {
        NAMES.iter().any(|name| {
            text.match_indices(name).any(|(at, name)| {
                text[at + name.len()..]
                    .strip_prefix('-')
                    .and_then(|rest| rest.get(..DIGITS))
                    .is_some_and(|digits| {
                        digits != self.0
                            && digits
                                .bytes()
                                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
                    })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Unique;

    #[test]
    fn another_attempt_is_known_by_its_names() {
        let (own, other) = (Unique::from_number(1), Unique::from_number(u64::MAX));
        let foreign = format!("to {}", other.with_suffix("other_room"));
        assert_eq!(foreign, "to other_room-ffffffffffff");
        assert!(own.is_another_in(&foreign));
        assert!(other.is_in(&foreign));
        assert!(!own.is_in(&foreign));
        assert!(!other.is_another_in(&foreign));
    }

    #[test]
    fn ordinary_texts_name_no_attempt() {
        let own = Unique::from_number(1);
        for text in [
            "",
            "room",
            "marker-",
            "room-7",
            "marker-fffffffffff",
            "marker-fffffffffffé",
            "marker-FFFFFFFFFFFF",
            "text_ffffffffffff",
        ] {
            assert!(!own.is_another_in(text), "{text}");
            assert!(!own.is_in(text), "{text}");
        }
    }
}
