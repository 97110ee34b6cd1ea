//! Reads the key `rules` of a manifest: what the application demands of its clients.

use crate::{
    scenario::{Entry, Field, Node, Problems, items},
    targets::{Rate, Rule, Rules},
    text::hint,
};

/// The rules with a number.
const NUMBERED: [&str; 2] = ["max-rooms", "rate"];

/// Reads the list of rules: words, and mappings of one key such as `max-rooms: 5`.
pub(super) fn read(field: Field<'_>, problems: &mut Problems) -> Rules {
    let mut rules = Rules::default();
    for node in items(field.node) {
        match node.entries() {
            Some(entries) => {
                for entry in entries {
                    numbered(entry, &mut rules, problems);
                }
            }
            None => word(node, &mut rules, problems),
        }
    }
    rules
}

fn word(node: &Node, rules: &mut Rules, problems: &mut Problems) {
    let field = Field { key: "rules", node };
    let Some(text) = field.text(problems) else {
        return;
    };
    match Rule::ALL.into_iter().find(|rule| rule.name() == text) {
        Some(rule) => {
            rules.words.insert(rule);
        }
        None if NUMBERED.contains(&text) => {
            let message = format!("`{text}` needs a number");
            let example = match text {
                "rate" => "rate: 10/1s",
                _ => "max-rooms: 5",
            };
            problems.error("missing-value", node.span, message).help =
                Some(format!("write `{example}`"));
        }
        None => unknown(text, node.span, problems),
    }
}

fn numbered(entry: &Entry, rules: &mut Rules, problems: &mut Problems) {
    let field = Field {
        key: "rules",
        node: &entry.value,
    };
    match entry.key.as_str() {
        "max-rooms" => {
            let number = field
                .text(problems)
                .and_then(|text| text.parse::<u64>().ok());
            if number.is_none_or(|number| number == 0) {
                field.wrong("a number of rooms, at least 1", problems);
            }
            rules.max_rooms = number;
        }
        "rate" => {
            let rate = field.text(problems).and_then(Rate::parse);
            if rate.is_none() {
                field.wrong("a number of events in a time, such as `10/1s`", problems);
            }
            rules.rate = rate;
        }
        other => unknown(other, entry.key_span, problems),
    }
}

fn unknown(text: &str, span: crate::scenario::Span, problems: &mut Problems) {
    let names = || Rule::ALL.map(Rule::name).into_iter().chain(NUMBERED);
    let message = format!("there is no rule `{text}`");
    problems.error("unknown-rule", span, message).help = Some(hint(text, "the rules are", names()));
}
