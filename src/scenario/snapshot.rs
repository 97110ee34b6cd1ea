//! What the transcript of a scenario leaves out: `snapshot:` of scenarios and manifests.

use std::{fmt, str::FromStr};

use super::{
    diagnostic::Problems,
    fields::{Field, Fields},
    keys,
};
use crate::data::Data;

/// The text in place of a value that a transcript leaves out.
const REDACTED: &str = "<redacted>";

/// How a path begins.
const ARGS: &str = "args";

/// What transcripts of a scenario, or of all scenarios of a target, leave out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SnapshotRules {
    /// The values in the arguments of events and acknowledgements that differ from run to run.
    pub redact: Vec<ArgPath>,
    /// The lists in these arguments whose order differs from run to run.
    pub sort: Vec<ArgPath>,
    /// True if there is no transcript.
    pub skip: bool,
}

/// The place of values in the arguments of an event or an acknowledgement: `args.0.createdAt`. `*` stands for every item
/// of a list and every field of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArgPath(Vec<Part>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Each,
    Field(String),
    Index(usize),
}

/// A text is no path.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no place in the arguments of an event; write `args.0.createdAt`, or `args.*.id` for each argument"
)]
pub struct BadArgPath(String);

/// Reads `snapshot` of a scenario or a manifest.
pub(crate) fn read_snapshot_rules(field: Field<'_>, problems: &mut Problems) -> SnapshotRules {
    let Some(fields) = Fields::new(field.node, "`snapshot`", problems) else {
        return SnapshotRules::default();
    };
    let fields = fields.with_tables(&[keys::SNAPSHOT]);
    let mut paths = |key: &'static str| {
        let texts = fields.get(key).map(|field| field.texts(problems));
        let mut paths = Vec::new();
        for (text, item) in texts.unwrap_or_default() {
            match text.parse() {
                Ok(path) => paths.push(path),
                Err(bad) => {
                    let bad: BadArgPath = bad;
                    problems.error("bad-path", item.node.span, bad.to_string());
                }
            }
        }
        paths
    };
    let rules = SnapshotRules {
        redact: paths("redact"),
        sort: paths("sort"),
        skip: fields
            .get("skip")
            .and_then(|skip| skip.boolean(problems))
            .unwrap_or_default(),
    };
    fields.finish(problems);
    rules
}

impl SnapshotRules {
    /// Returns true if arguments of events and acknowledgements are shown as they are.
    pub fn changes_nothing(&self) -> bool {
        self.redact.is_empty() && self.sort.is_empty()
    }

    /// Returns the arguments of an event or an acknowledgement as a transcript shows them.
    pub fn apply(&self, args: &[Data]) -> Vec<Data> {
        let mut args = Data::Array(args.to_vec());
        for path in &self.redact {
            visit(&mut args, &path.0, &|value| *value = Data::from(REDACTED));
        }
        for path in &self.sort {
            visit(&mut args, &path.0, &sort);
        }
        match args {
            Data::Array(args) => args,
            _ => Vec::new(),
        }
    }
}

fn sort(value: &mut Data) {
    if let Data::Array(items) = value {
        items.sort_by_cached_key(ToString::to_string);
    }
}

/// Calls `change` for each value at the place `path` in `value`.
fn visit(value: &mut Data, path: &[Part], change: &dyn Fn(&mut Data)) {
    let Some((part, rest)) = path.split_first() else {
        change(value);
        return;
    };
    match (part, value) {
        (Part::Each, Data::Array(items)) => {
            items.iter_mut().for_each(|item| visit(item, rest, change));
        }
        (Part::Each, Data::Object(fields)) => {
            fields
                .values_mut()
                .for_each(|field| visit(field, rest, change));
        }
        (Part::Index(index), Data::Array(items)) => {
            if let Some(item) = items.get_mut(*index) {
                visit(item, rest, change);
            }
        }
        (Part::Index(index), Data::Object(fields)) => {
            if let Some(field) = fields.get_mut(&index.to_string()) {
                visit(field, rest, change);
            }
        }
        (Part::Field(name), Data::Object(fields)) => {
            if let Some(field) = fields.get_mut(name) {
                visit(field, rest, change);
            }
        }
        _ => {}
    }
}

impl FromStr for ArgPath {
    type Err = BadArgPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadArgPath(text.to_owned());
        let mut parts = text.split('.');
        if parts.next() != Some(ARGS) {
            return Err(bad());
        }
        let parts: Vec<_> = parts
            .map(|part| match part {
                "" => Err(bad()),
                "*" => Ok(Part::Each),
                part => Ok(match part.parse() {
                    Ok(index) => Part::Index(index),
                    Err(_) => Part::Field(part.to_owned()),
                }),
            })
            .collect::<Result<_, _>>()?;
        match parts.first() {
            Some(Part::Each | Part::Index(_)) => Ok(Self(parts)),
            Some(Part::Field(_)) | None => Err(bad()),
        }
    }
}

impl fmt::Display for ArgPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(ARGS)?;
        self.0.iter().try_for_each(|part| match part {
            Part::Each => formatter.write_str(".*"),
            Part::Field(name) => write!(formatter, ".{name}"),
            Part::Index(index) => write!(formatter, ".{index}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(rules: &SnapshotRules, args: serde_json::Value) -> String {
        let args = Data::from(args);
        Data::Array(rules.apply(args.as_array().unwrap())).to_string()
    }

    #[test]
    fn paths_lead_into_arguments() {
        let rules = SnapshotRules {
            redact: vec![
                "args.0.createdAt".parse().unwrap(),
                "args.1.*.id".parse().unwrap(),
            ],
            sort: vec!["args.0.members".parse().unwrap()],
            skip: false,
        };
        let args = json!([{"createdAt": 5, "members": ["b", "a"]}, [{"id": 1, "x": 2}]]);
        assert_eq!(
            applied(&rules, args),
            r#"[{"createdAt":"<redacted>","members":["a","b"]},[{"id":"<redacted>","x":2}]]"#
        );
        assert_eq!(applied(&rules, json!(["text"])), r#"["text"]"#);
    }

    #[test]
    fn a_path_begins_with_the_number_of_an_argument() {
        for text in ["args.0", "args.0.a.1.*", "args.*.x"] {
            assert_eq!(text.parse::<ArgPath>().unwrap().to_string(), text);
        }
        for text in ["", "args", "args.", "args.a", "createdAt", "args.0..a"] {
            assert!(text.parse::<ArgPath>().is_err(), "{text}");
        }
    }
}
