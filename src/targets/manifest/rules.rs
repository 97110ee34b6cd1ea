//! Reads the key `rules` of a manifest: what the application demands of its clients.

use std::collections::BTreeSet;

use crate::{
    scenario::{Entry, Field, NodeKind, Problems, Span, items},
    targets::{Rate, RoomNames, Rule, Rules},
    text::hint,
};

/// The rules with a value, each with an example.
const NUMBERED: [(&str, &str); 4] = [
    ("max-rooms", "max-rooms: 5"),
    ("max-text", "max-text: 500"),
    ("rate", "rate: 10/1s"),
    ("room-names", "room-names: '[a-z0-9-]+'"),
];

/// Reads the list of rules: words, and mappings of one key such as `max-rooms: 5`.
pub(super) fn read(field: Field<'_>, problems: &mut Problems) -> Rules {
    let mut rules = Rules::default();
    let mut seen = BTreeSet::new();
    for node in items(field.node) {
        match (&node.kind, node.entries()) {
            (_, Some(entries)) => {
                for entry in entries {
                    note(&entry.key, entry.key_span, &mut seen, problems);
                    numbered(entry, &mut rules, problems);
                }
            }
            (NodeKind::Scalar(scalar), None) => {
                note(&scalar.text, node.span, &mut seen, problems);
                word(&scalar.text, node.span, &mut rules, problems);
            }
            (_, None) => {
                let found = node.describe();
                let message = format!("a rule is a word, or a name with a number, found {found}");
                problems.error("wrong-type", node.span, message).help =
                    Some("write `[membership-to-send, rate: 10/1s]`".to_owned());
            }
        }
    }
    rules
}

/// Reports a rule that the list has already.
fn note(name: &str, span: Span, seen: &mut BTreeSet<String>, problems: &mut Problems) {
    if !seen.insert(name.to_owned()) {
        let message = format!("`rules` has `{name}` twice");
        problems.error("duplicate-rule", span, message).help =
            Some("keep one of the two".to_owned());
    }
}

/// Reads a rule without a number.
fn word(text: &str, span: Span, rules: &mut Rules, problems: &mut Problems) {
    if let Some(rule) = Rule::ALL.into_iter().find(|rule| rule.name() == text) {
        rules.words.insert(rule);
        return;
    }
    match NUMBERED.into_iter().find(|(name, _)| *name == text) {
        Some((_, example)) => {
            let message = format!("`{text}` needs a value");
            problems.error("missing-value", span, message).help =
                Some(format!("write `{example}`"));
        }
        None => unknown(text, span, problems),
    }
}

/// Reads a rule with a number.
fn numbered(entry: &Entry, rules: &mut Rules, problems: &mut Problems) {
    let text = entry.value.text();
    match entry.key.as_str() {
        "max-rooms" => {
            rules.max_rooms = count(text);
            if rules.max_rooms.is_none() {
                wrong(
                    entry,
                    "the most rooms that a client can be in, such as `5`",
                    problems,
                );
            }
        }
        "max-text" => {
            rules.max_text = count(text);
            if rules.max_text.is_none() {
                let wanted = "the length of the longest text in an event, such as `500`";
                wrong(entry, wanted, problems);
            }
        }
        "rate" => {
            rules.rate = text.and_then(Rate::parse);
            if rules.rate.is_none() {
                wrong(
                    entry,
                    "a number of events in a time, such as `10/1s`",
                    problems,
                );
            }
        }
        "room-names" => {
            rules.room_names = text.and_then(RoomNames::parse);
            if rules.room_names.is_none() {
                let wanted =
                    "a regular expression for the names that a room can have, such as `[a-z0-9-]+`";
                wrong(entry, wanted, problems);
            }
        }
        other if Rule::ALL.iter().any(|rule| rule.name() == other) => {
            let message = format!("the rule `{other}` has no value");
            problems.error("extra-value", entry.key_span, message).help =
                Some(format!("write the name alone: `[{other}]`"));
        }
        other => unknown(other, entry.key_span, problems),
    }
}

/// Reads a whole number above 0.
fn count(text: Option<&str>) -> Option<u64> {
    let number = text?.parse::<u64>().ok()?;
    (number > 0).then_some(number)
}

/// Reports a rule whose value has the wrong form.
fn wrong(entry: &Entry, wanted: &str, problems: &mut Problems) {
    let message = format!(
        "`{}` has to be {wanted}, found {}",
        entry.key,
        entry.value.describe()
    );
    problems.error("wrong-type", entry.value.span, message);
}

fn unknown(text: &str, span: Span, problems: &mut Problems) {
    let numbered = NUMBERED.map(|(name, _)| name);
    let names = || Rule::ALL.map(Rule::name).into_iter().chain(numbered);
    let longer = || names().find(|name| !text.is_empty() && name.starts_with(text));
    let message = format!("there is no rule `{text}`");
    problems.error("unknown-rule", span, message).help = Some(match longer() {
        Some(name) => format!("did you mean `{name}`?"),
        None => hint(text, "the rules are", names()),
    });
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use crate::{scenario::SourceFile, targets::load_manifest};

    #[test]
    fn mistakes_name_the_rule_and_what_would_be_right() {
        let source = SourceFile {
            path: PathBuf::from("t.yaml"),
            text: "name: t\nurl: http://127.0.0.1:1\nrules: [rate, rate: 10, max-rooms: 0, max-text: -1, membership, \
                   room-names: '[', \
                   { membership-to-send: true }, [x], rates: 1/1s]\n"
                .to_owned(),
        };
        let found = load_manifest(Arc::new(source), PathBuf::new()).unwrap_err();
        let lines = found.iter().map(|mistake| {
            let help = mistake.help.as_deref().unwrap_or("-");
            format!("{}\n    {help}", mistake.message)
        });
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
        `rate` needs a value
            write `rate: 10/1s`
        `rules` has `rate` twice
            keep one of the two
        `rate` has to be a number of events in a time, such as `10/1s`, found the number 10
            -
        `max-rooms` has to be the most rooms that a client can be in, such as `5`, found the number 0
            -
        `max-text` has to be the length of the longest text in an event, such as `500`, found the number -1
            -
        there is no rule `membership`
            did you mean `membership-to-send`?
        `room-names` has to be a regular expression for the names that a room can have, such as `[a-z0-9-]+`, found the text `[`
            -
        the rule `membership-to-send` has no value
            write the name alone: `[membership-to-send]`
        a rule is a word, or a name with a number, found a list
            write `[membership-to-send, rate: 10/1s]`
        there is no rule `rates`
            did you mean `rate`?
        "#);
    }
}
