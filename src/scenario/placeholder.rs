//! Placeholders such as `<string>` and `<sid>`, which match all values of a type.

use crate::data::Data;

/// The types of values that placeholders such as `<string>` and `<sid>` stand for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Placeholder {
    Absent,
    Any,
    Array,
    Boolean,
    Bytes,
    EpochMs,
    Integer,
    Null,
    Number,
    Object,
    Sid,
    String,
    Timestamp,
    Uuid,
}

/// The name of each placeholder with a description of the values that it matches. A test compares this list with
/// docs/language.md.
pub const PLACEHOLDERS: &[(&str, &str)] = &[
    ("absent", "a missing field or argument"),
    ("any", "any value, including null; not a missing field"),
    ("array", "a list"),
    ("boolean", "true or false"),
    ("bytes", "a byte string"),
    (
        "epoch-ms",
        "milliseconds since 1970, as a whole number with thirteen digits",
    ),
    ("integer", "a whole number"),
    ("null", "null"),
    ("number", "a number"),
    ("object", "an object"),
    ("sid", "an id: 8 to 128 letters, digits, `-` or `_`"),
    ("string", "a text, including the empty text"),
    ("timestamp", "a time in ISO 8601 with a time zone"),
    ("uuid", "a UUID"),
];

/// Names that programming languages give to the types of placeholders, such as `bool` for `boolean`. Hints use them:
/// for `<bool>`, "did you mean `boolean`?".
const ELSEWHERE: &[(&str, &str)] = &[
    ("binary", "bytes"),
    ("bool", "boolean"),
    ("buffer", "bytes"),
    ("date", "timestamp"),
    ("datetime", "timestamp"),
    ("dict", "object"),
    ("double", "number"),
    ("float", "number"),
    ("id", "sid"),
    ("int", "integer"),
    ("list", "array"),
    ("map", "object"),
    ("none", "null"),
    ("nothing", "absent"),
    ("str", "string"),
    ("text", "string"),
    ("time", "timestamp"),
    ("undefined", "absent"),
];

/// Returns the name of the placeholder, such as `boolean`, for a type that programming languages call `name`.
pub(super) fn known_elsewhere(name: &str) -> Option<&'static str> {
    let found = ELSEWHERE.iter().find(|(other, _)| *other == name)?;
    Some(found.1)
}

/// The parts of a placeholder such as `<string as name>`.
pub(super) struct Written<'t> {
    pub(super) name: &'t str,
    pub(super) capture: Option<&'t str>,
}

impl<'t> Written<'t> {
    /// Parses `<name>` or `<name as variable>`. Returns `None` for any other text.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let inside = text.strip_prefix('<')?.strip_suffix('>')?;
        let (name, capture) = match inside.split_once(" as ") {
            Some((name, capture)) => (name, Some(capture.trim())),
            None => (inside, None),
        };
        let name = name.trim();
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|character| {
                character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
            });
        is_name.then_some(Self { name, capture })
    }

    /// Returns the placeholder that the author of a misspelled placeholder probably means: `string` for `<String>` or
    /// `<string?>`.
    pub(super) fn meant(text: &str) -> Option<Placeholder> {
        let inside = text.strip_prefix('<')?.strip_suffix('>')?;
        if inside.contains(['<', '>']) {
            return None;
        }
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-';
        let word = inside
            .trim()
            .split(|character| !is_part(character))
            .next()?;
        Placeholder::from_name(&word.to_ascii_lowercase())
    }
}

impl Placeholder {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "absent" => Self::Absent,
            "any" => Self::Any,
            "array" => Self::Array,
            "boolean" => Self::Boolean,
            "bytes" => Self::Bytes,
            "epoch-ms" => Self::EpochMs,
            "integer" => Self::Integer,
            "null" => Self::Null,
            "number" => Self::Number,
            "object" => Self::Object,
            "sid" => Self::Sid,
            "string" => Self::String,
            "timestamp" => Self::Timestamp,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Any => "any",
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Bytes => "bytes",
            Self::EpochMs => "epoch-ms",
            Self::Integer => "integer",
            Self::Null => "null",
            Self::Number => "number",
            Self::Object => "object",
            Self::Sid => "sid",
            Self::String => "string",
            Self::Timestamp => "timestamp",
            Self::Uuid => "uuid",
        }
    }

    pub(super) fn matches(self, actual: Option<&Data>) -> bool {
        let Some(actual) = actual else {
            return self == Self::Absent;
        };
        let text = |holds: fn(&str) -> bool| actual.as_str().is_some_and(holds);
        match self {
            Self::Absent => false,
            Self::Any => true,
            Self::Array => matches!(actual, Data::Array(_)),
            Self::Boolean => matches!(actual, Data::Bool(_)),
            Self::Bytes => matches!(actual, Data::Bytes(_)),
            // In milliseconds since 1970, the years 2001 to 2286 have thirteen digits. A time in seconds has fewer and
            // a time in microseconds more, so this check notices a wrong unit.
            Self::EpochMs => actual
                .as_u64()
                .is_some_and(|number| (1_000_000_000_000..10_000_000_000_000).contains(&number)),
            Self::Integer => match actual {
                Data::Number(number) => {
                    number.is_i64()
                        || number.is_u64()
                        || number.as_f64().is_some_and(|number| number.fract() == 0.0)
                }
                _ => false,
            },
            Self::Null => matches!(actual, Data::Null),
            Self::Number => matches!(actual, Data::Number(_)),
            Self::Object => matches!(actual, Data::Object(_)),
            Self::Sid => text(is_sid),
            Self::String => matches!(actual, Data::String(_)),
            Self::Timestamp => text(is_timestamp),
            Self::Uuid => text(is_uuid),
        }
    }
}

fn is_sid(text: &str) -> bool {
    (8..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_timestamp(text: &str) -> bool {
    text.as_bytes().get(10) == Some(&b'T') && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_names_are_exactly_those_that_exist() {
        for (name, _) in PLACEHOLDERS {
            assert_eq!(
                Placeholder::from_name(name).map(Placeholder::name),
                Some(*name)
            );
        }
    }

    #[test]
    fn placeholder_matches_its_type_only() {
        let cases = [
            ("string", Data::from("")),
            ("integer", Data::from(serde_json::json!(1.0))),
            ("number", Data::from(serde_json::json!(1.5))),
            ("timestamp", Data::from("2026-01-02T03:04:05.678Z")),
            ("timestamp", Data::from("2026-01-02T03:04:05+01:00")),
            ("epoch-ms", Data::from(1_767_312_000_000_u64)),
            ("uuid", Data::from("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
            ("sid", Data::from("cE5xC1kPqKcZqUAbAAAB")),
            ("null", Data::Null),
        ];
        for (name, value) in &cases {
            assert!(
                Placeholder::from_name(name).unwrap().matches(Some(value)),
                "{name} {value}"
            );
        }
        for (name, value) in [
            ("string", Data::Null),
            ("integer", Data::from(serde_json::json!(1.5))),
            ("timestamp", Data::from("2026-13-02T03:04:05Z")),
            ("timestamp", Data::from("2026-01-02")),
            ("epoch-ms", Data::from(1_767_312_000_u64)),
            ("uuid", Data::from("6ba7b810-9dad-11d1-80b4-00c04fd430cg")),
            ("sid", Data::from("a b c d e f")),
            ("absent", Data::Null),
        ] {
            assert!(
                !Placeholder::from_name(name).unwrap().matches(Some(&value)),
                "{name} {value}"
            );
        }
        for (_, name) in ELSEWHERE {
            assert!(Placeholder::from_name(name).is_some(), "{name}");
        }
        assert!(Placeholder::Absent.matches(None));
        assert!(!Placeholder::Any.matches(None));
    }

    #[test]
    fn only_a_whole_text_is_a_placeholder() {
        assert!(Written::parse("4<string>").is_none());
        assert!(Written::parse("<b>hi</b>").is_none());
        for text in ["<b>hi</b>", "<b>", "<>", "4<string>", "<string></string>"] {
            assert!(Written::meant(text).is_none(), "{text}");
        }
        for text in ["<String>", "<string as>", "<string?>", "< string: foo>"] {
            assert_eq!(Written::meant(text), Some(Placeholder::String), "{text}");
        }
        let written = Written::parse("<string as messageId>").unwrap();
        assert_eq!(
            (written.name, written.capture),
            ("string", Some("messageId"))
        );
    }
}
