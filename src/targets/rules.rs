//! What an application demands of its clients.

use std::{collections::BTreeSet, time::Duration};

use regex::Regex;

/// What an application demands of its clients (`rules:`). Scenarios follow the rules, or are skipped.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rules {
    /// The rules without a number.
    pub words: BTreeSet<Rule>,
    /// The number of rooms that a client can be in at the same time, without the room named by its socket id.
    pub max_rooms: Option<u64>,
    /// The length of the longest text in an event that the application takes, in its unit (`text_unit`).
    pub max_text: Option<u64>,
    /// The number of events that a client can send in a time.
    pub rate: Option<Rate>,
    /// The names that a room can have; `None` if every text is one.
    pub room_names: Option<RoomNames>,
}

/// The names that a room can have: a regular expression for the whole name.
#[derive(Clone, Debug)]
pub struct RoomNames {
    /// The expression as the manifest writes it.
    pub written: String,
    whole: Regex,
}

impl RoomNames {
    /// Reads a regular expression. Returns `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        // Compile the text alone too: `a)(b` is no expression, although it is one in a group.
        Regex::new(text).ok()?;
        let whole = Regex::new(&format!("^(?:{text})$")).ok()?;
        let written = text.to_owned();
        Some(Self { written, whole })
    }

    /// Returns true if a room can have this name.
    pub fn include(&self, name: &str) -> bool {
        self.whole.is_match(name)
    }
}

impl PartialEq for RoomNames {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for RoomNames {}

/// A limit on the events that one client sends: `10/1s`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// The number of events. At least one.
    pub events: u32,
    /// The time in which a client can send that many events.
    pub per: Duration,
}

/// Generates the enum `Rule` from a table with a row for each rule: variant, name, meaning.
macro_rules! rules {
    ($($rule:ident: $name:literal, $meaning:literal;)*) => {
        /// A rule without a number.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Rule {
            $(#[doc = $meaning] $rule,)*
        }

        impl Rule {
            const COUNT: usize = [$($name),*].len();

            /// All rules, sorted by name.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$rule),*];

            /// Returns the name of the rule in manifests.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }

            /// Returns a sentence that says what the application demands.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$rule => $meaning,)*
                }
            }
        }
    };
}

rules! {
    AnyNamespace: "any-namespace", "Clients can join every namespace, whatever its name.";
    AnyPath: "any-path", "The application answers requests for every path, or leaves them without a response.";
    MembershipToSend: "membership-to-send", "Only the members of a room can send to the room.";
    OneConnectionPerUser: "one-connection-per-user", "A user has one connection; a second one is refused, or ends the first.";
    UniqueRoomNames: "unique-room-names", "A room name is used once on the whole server, not once in each namespace.";
}

impl Rule {
    /// The capabilities that every target has unless the application has a certain rule.
    pub const IMPLIED: [(Self, &str); 3] = [
        (Self::AnyNamespace, "closed-namespaces"),
        (Self::AnyPath, "closed-paths"),
        (Self::MembershipToSend, "open-rooms"),
    ];
}

impl Rules {
    /// Returns true if the application has this rule.
    pub fn has(&self, rule: Rule) -> bool {
        self.words.contains(&rule)
    }
}

impl Rate {
    /// Parses `10/1s`. Returns `None` if the text has another form, or if one of the two is zero.
    pub fn parse(text: &str) -> Option<Self> {
        let (events, per) = text.split_once('/')?;
        let events = events.trim().parse().ok()?;
        let per = humantime::parse_duration(per.trim()).ok()?;
        (events > 0 && !per.is_zero()).then_some(Self { events, per })
    }

    /// Returns the least time that a client needs for this many events.
    pub fn time_for(self, events: u64) -> Duration {
        let rounds = events.saturating_sub(1) / u64::from(self.events);
        self.per
            .saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../docs/targets.md");

    #[test]
    fn the_page_has_a_row_for_every_rule() {
        for rule in Rule::ALL {
            let row = format!("| `{}` | {} ", rule.name(), rule.meaning());
            assert!(PAGE.contains(&row), "{row}");
        }
        assert!(Rule::ALL.map(Rule::name).is_sorted());
    }

    #[test]
    fn an_expression_is_for_the_whole_name() {
        let names = RoomNames::parse("a|[a-z-]{2,5}").unwrap();
        let named = ["a", "ab-c", "", "abcdef", "A"].map(|name| names.include(name));
        assert_eq!(named, [true, true, false, false, false]);
        for text in ["[", "a)(b"] {
            assert_eq!(RoomNames::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_rate_is_a_number_of_events_in_a_time() {
        let rate = Rate::parse("10/1s").unwrap();
        assert_eq!((rate.events, rate.per), (10, Duration::from_secs(1)));
        assert_eq!(rate.time_for(10), Duration::ZERO);
        assert_eq!(rate.time_for(11), Duration::from_secs(1));
        assert_eq!(rate.time_for(31), Duration::from_secs(3));
        for text in ["10", "0/1s", "10/0s", "x/1s", "10/1", "-1/1s"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }
}
