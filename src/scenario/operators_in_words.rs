//! Describes operators of expectations in words, for reports.

use super::{
    Matcher, Scope, Template,
    compare::Comparison,
    matcher::{Form, Operator},
};
use crate::{data::Data, text::join_names};

impl Operator {
    /// Returns in words which values meet the operator: "a number of at least 2".
    pub(super) fn describe(&self, scope: &Scope) -> String {
        let list = |matchers: &[Matcher]| {
            let items: Vec<String> = matchers.iter().map(|item| item.describe(scope)).collect();
            format!("[{}]", items.join(","))
        };
        match self {
            Self::Compare(comparison, bound) => compared(*comparison, bound, scope),
            Self::Contains(items) => {
                let items = items.iter().map(|item| item.describe(scope));
                format!("a value that contains {}", join_names(items))
            }
            Self::EndsWith(end) => format!("a text that ends with {}", end.describe(scope)),
            Self::Eq(value) => format!("exactly {}", value.describe(scope)),
            Self::Exactly(matcher) => {
                format!("exactly {} without other fields", matcher.describe(scope))
            }
            Self::Json(value) => format!("a text with the JSON {}", value.describe(scope)),
            Self::Length(length) => long(length, scope),
            Self::Not(matcher) => format!("anything but {}", matcher.describe(scope)),
            Self::OneOf(choices) => either(choices.iter().map(|choice| choice.describe(scope))),
            Self::Regex(regex) => format!("a text that matches /{regex}/"),
            Self::Schema(schema) => {
                format!("a value that the JSON Schema {} accepts", schema.source)
            }
            Self::StartsWith(start) => format!("a text that starts with {}", start.describe(scope)),
            Self::Unordered(items) => format!("the items {} in any order", list(items)),
        }
    }
}

fn compared(comparison: Comparison, bound: &Template, scope: &Scope) -> String {
    let is_text = matches!(bound.render(scope), Ok(Data::String(_)));
    let how = match (comparison, is_text) {
        (Comparison::Greater, false) => "a number greater than",
        (Comparison::GreaterOrEqual, false) => "a number of at least",
        (Comparison::Less, false) => "a number less than",
        (Comparison::LessOrEqual, false) => "a number of at most",
        (Comparison::Greater, true) => "a text that sorts after",
        (Comparison::GreaterOrEqual, true) => "a text that sorts not before",
        (Comparison::Less, true) => "a text that sorts before",
        (Comparison::LessOrEqual, true) => "a text that sorts not after",
    };
    format!("{how} {}", bound.describe(scope))
}

fn long(length: &Matcher, scope: &Scope) -> String {
    let of = length.describe(scope);
    match &length.form {
        Form::Value(_) => format!("a value of length {of}"),
        Form::Array(_) | Form::Object(_) | Form::Operators(_) | Form::Placeholder(..) => {
            format!("a value whose length is {of}")
        }
    }
}

/// Returns texts as a choice inside a sentence: "a, b or c".
fn either(choices: impl Iterator<Item = String>) -> String {
    let choices: Vec<String> = choices.collect();
    match choices.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
