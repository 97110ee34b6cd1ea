//! The values of an attempt that differ from run to run, and the placeholders for them.

use std::{collections::HashMap, sync::LazyLock};

use jiff::Timestamp;
use regex::Regex;

use super::text::{Kind, Text};
use crate::data::hex;

/// The number of bytes by which values are found. Shorter values are not replaced, because they are too common.
const HEAD: usize = 4;

/// The shortest value of the server that is replaced wherever it stands, in bytes.
const SHORTEST: usize = HEAD;

/// How far a time in a text may be from the time of the attempt, in milliseconds, so that the text was made in the
/// attempt: a day and two hours. Times that a scenario writes itself are further away.
const NEAR: i64 = 26 * 60 * 60 * 1000;

/// Matches texts that have the form of an id or of a time. Each group is a form of its own.
static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let forms = [
        r"(?P<id>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)",
        r"(?P<iso>\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d\b)?)",
        r"(?P<epoch>\b\d{13}(?:\.\d+)?\b)",
        r"(?P<date>\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b)",
    ];
    Regex::new(&forms.join("|")).ok()
});

/// Matches a field in which servers put ids of connections.
static ID_FIELDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\\?"(sid|pid)\\?":\\?"([^"\\]{4,})\\?""#).ok());

/// The known values with their placeholders.
#[derive(Debug)]
pub(super) struct Names {
    known: Vec<(String, Label)>,
    /// The places of the values in `known` by their first bytes, the longest value first.
    by_head: HashMap<[u8; HEAD], Vec<usize>>,
    /// The time of the attempt.
    now: Timestamp,
}

/// What a value is replaced by.
#[derive(Clone, Debug)]
enum Label {
    /// This placeholder.
    Named(String),
    /// A placeholder with the number of its first appearance.
    Numbered(Kind),
}

impl Names {
    /// Returns the table for an attempt at `now`, in which no values are known.
    pub(super) fn at(now: Timestamp) -> Self {
        Self {
            known: Vec::new(),
            by_head: HashMap::new(),
            now,
        }
    }

    /// Adds a value and its placeholder without brackets: `sid:alice`. The first placeholder of a value counts.
    pub(super) fn add(&mut self, value: &str, name: &str) {
        self.insert(value, Label::Named(format!("<{name}>")));
        self.insert(
            &hex(value.as_bytes()),
            Label::Named(format!("<hex:{name}>")),
        );
    }

    /// Adds a value that gets the number of its first appearance.
    pub(super) fn add_numbered(&mut self, value: &str, kind: Kind) {
        self.insert(value, Label::Numbered(kind));
    }

    /// Adds the ids in the fields `sid` and `pid` of a text that the server sent.
    pub(super) fn learn(&mut self, text: &str) {
        let Some(fields) = ID_FIELDS.as_ref() else {
            return;
        };
        for found in fields.captures_iter(text) {
            let (_, [field, value]) = found.extract();
            let kind = match field {
                "pid" => Kind::Pid,
                _ => Kind::Sid,
            };
            self.add_numbered(value, kind);
        }
    }

    fn insert(&mut self, value: &str, label: Label) {
        let Some(head) = value.as_bytes().first_chunk::<HEAD>() else {
            return;
        };
        if value.len() < SHORTEST {
            return;
        }
        let places = self.by_head.entry(*head).or_default();
        let of = |place: &usize| self.known.get(*place).map_or("", |(known, _)| known);
        if places.iter().any(|place| of(place) == value) {
            return;
        }
        let at = places.partition_point(|place| of(place).len() >= value.len());
        places.insert(at, self.known.len());
        self.known.push((value.to_owned(), label));
    }

    /// Returns a text with placeholders in place of the known values, and of what has the form of an id or a time.
    pub(super) fn replace(&self, text: &str) -> Text {
        let mut replaced = Text::default();
        let (mut plain, mut at) = (0, 0);
        while let Some(rest) = text.as_bytes().get(at..) {
            let Some(head) = rest.first_chunk::<HEAD>() else {
                break;
            };
            let places = self.by_head.get(head).into_iter().flatten();
            let mut known = places.filter_map(|place| self.known.get(*place));
            match known.find(|(value, _)| rest.starts_with(value.as_bytes())) {
                Some((value, label)) => {
                    self.push_formless(&mut replaced, text.get(plain..at).unwrap_or_default());
                    match label {
                        Label::Named(name) => replaced.push(name),
                        Label::Numbered(kind) => replaced.push_numbered(*kind, value.clone()),
                    }
                    at += value.len();
                    plain = at;
                }
                None => at += 1,
            }
        }
        self.push_formless(&mut replaced, text.get(plain..).unwrap_or_default());
        replaced
    }

    /// Adds a text to `replaced`, with placeholders for ids and times that are found by their form.
    fn push_formless(&self, replaced: &mut Text, text: &str) {
        let mut plain = 0;
        let forms = FORMS.iter().flat_map(|forms| forms.captures_iter(text));
        for found in forms {
            let Some(whole) = found.get(0) else { continue };
            let is_time = match (found.name("iso"), found.name("epoch")) {
                (Some(time), _) => self.is_near_date(time.as_str()),
                (_, Some(time)) => self.is_near_epoch(time.as_str()),
                (None, None) => found.name("date").is_some(),
            };
            let is_id = found.name("id").is_some();
            if !is_time && !is_id {
                continue;
            }
            replaced.push(text.get(plain..whole.start()).unwrap_or_default());
            if is_id {
                replaced.push_numbered(Kind::Id, whole.as_str().to_owned());
            } else {
                replaced.push("<time>");
            }
            plain = whole.end();
        }
        replaced.push(text.get(plain..).unwrap_or_default());
    }

    /// Returns true if a time in ISO 8601 is near the time of the attempt.
    fn is_near_date(&self, text: &str) -> bool {
        let date = text.get(..10).unwrap_or_default();
        let midnight = format!("{date}T00:00:00Z").parse::<Timestamp>();
        midnight.is_ok_and(|midnight| self.is_near(midnight.as_millisecond()))
    }

    /// Returns true if a number of milliseconds since 1970 is near the time of the attempt.
    fn is_near_epoch(&self, text: &str) -> bool {
        let digits = text.split('.').next().and_then(|whole| whole.parse().ok());
        digits.is_some_and(|milliseconds| self.is_near(milliseconds))
    }

    fn is_near(&self, milliseconds: i64) -> bool {
        (milliseconds - self.now.as_millisecond()).abs() <= NEAR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::at("2026-01-02T03:04:05Z".parse().unwrap())
    }

    fn replaced(names: &Names, text: &str) -> String {
        names.replace(text).key()
    }

    #[test]
    fn the_longest_value_is_replaced_first() {
        let mut names = names();
        names.add("room-ab12", "room");
        names.add("room-ab12/next", "deep");
        names.add("ab12", "unique");
        names.add("xy", "short");
        assert_eq!(
            replaced(&names, "room-ab12/next room-ab12 other-ab12 xy"),
            "<deep> <room> other-<unique> xy"
        );
    }

    #[test]
    fn a_value_of_another_client_is_another_placeholder() {
        let mut names = names();
        names.add("AAAAsid1", "sid:alice");
        names.add("AAAAsid2", "sid:bob");
        assert_eq!(
            replaced(&names, r#"["AAAAsid2","AAAAsid1"]"#),
            r#"["<sid:bob>","<sid:alice>"]"#
        );
    }

    #[test]
    fn ids_that_no_client_has_are_learned_from_their_fields() {
        let mut names = names();
        names.learn(r#"0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[]}"#);
        assert_eq!(
            replaced(&names, "GET /?sid=lv_VI97HAXpY6yYWAAAC"),
            "GET /?sid=<sid>"
        );
    }

    #[test]
    fn times_near_the_attempt_are_replaced_and_others_stay() {
        let names = names();
        for (text, expected) in [
            (r#"{"at":"2026-01-02T03:04:06.789Z"}"#, r#"{"at":"<time>"}"#),
            ("2026-01-02T05:04:06+02:00", "<time>"),
            ("1999-12-31T23:59:59Z", "1999-12-31T23:59:59Z"),
            ("[1767323045000]", "[<time>]"),
            ("[1234567890123]", "[1234567890123]"),
            ("Date: Fri, 02 Jan 2026 03:04:05 GMT", "Date: <time>"),
            ("12345678901234", "12345678901234"),
        ] {
            assert_eq!(replaced(&names, text), expected, "{text}");
        }
    }

    #[test]
    fn bytes_with_a_known_text_are_replaced_too() {
        let mut names = names();
        names.add("room-ab12", "room");
        assert_eq!(
            replaced(&names, &hex(b"\x01room-ab12\x02")),
            "01<hex:room>02"
        );
    }
}
