//! Expectations that received values are compared with: literals, placeholders and operators.

use std::{fmt, sync::Arc};

use regex::Regex;

use super::{Scope, Template, compare::Comparison, placeholder::Placeholder};
use crate::{
    data::Data,
    text::{join_names, json_string, keep_head},
};

/// The expectation that one received value has to meet.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    pub(super) form: Form,
}

/// The first difference between a value and its expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The path into the value: `rooms[2].name`. Empty if the whole value differs.
    pub path: String,
    /// The expectation at this path, in words.
    pub expected: String,
    /// The received value at this path. `None` if the received value has nothing at this path.
    pub received: Option<Data>,
}

/// The forms of an expectation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Array(Vec<Matcher>),
    Object(Vec<(String, Matcher)>),
    /// Operators that the value has to satisfy, all of them.
    Operators(Vec<Operator>),
    Placeholder(Placeholder, Option<String>),
    Value(Template),
}

/// An operator with its operand.
#[derive(Clone, Debug)]
pub(super) enum Operator {
    Compare(Comparison, Template),
    Contains(Vec<Matcher>),
    EndsWith(Template),
    Eq(Template),
    Exactly(Box<Matcher>),
    Json(Box<Matcher>),
    Length(Box<Matcher>),
    Not(Box<Matcher>),
    OneOf(Vec<Matcher>),
    Regex(Regex),
    Schema(Arc<Schema>),
    StartsWith(Template),
    Unordered(Vec<Matcher>),
}

/// The compiled JSON Schema of a `$schema` operator, with the schema's source for messages.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) source: serde_json::Value,
    pub(super) validator: jsonschema::Validator,
}

/// The name of each operator, such as `$gt`, with a description of the values that meet it. A test compares this list
/// with docs/language.md.
pub const OPERATORS: &[(&str, &str)] = &[
    ("$bytes", "the bytes that these hex digits encode"),
    (
        "$contains",
        "a text or bytes that contain this part, or a list that contains this item; with a list, all of its items",
    ),
    ("$endsWith", "a text that ends with this"),
    (
        "$eq",
        "exactly this value, with variables filled in; placeholders inside are plain text",
    ),
    ("$exactly", "this value, without extra fields at any depth"),
    ("$file", "the content of a file in the same folder"),
    ("$gt", "a number or text that is greater than this"),
    ("$gte", "a number or text that is at least this"),
    (
        "$json",
        "a text that is JSON, whose value meets this expectation",
    ),
    ("$length", "this many characters, bytes, items or fields"),
    ("$lt", "a number or text that is less than this"),
    ("$lte", "a number or text that is at most this"),
    ("$not", "any other value, or a missing field"),
    ("$oneOf", "one of these"),
    (
        "$regex",
        "a text that contains a match of this regular expression",
    ),
    ("$schema", "a value that is valid by this JSON Schema"),
    ("$startsWith", "a text that starts with this"),
    ("$unordered", "a list of these items in any order"),
];

impl Matcher {
    /// Returns the expectation of a value that equals `template`. Received objects can have extra fields.
    pub fn value(template: Template) -> Self {
        Self {
            form: Form::Value(template),
        }
    }

    /// Returns an expectation that every received value meets. It fails only if the server sent no value.
    pub fn any() -> Self {
        Self {
            form: Form::Placeholder(Placeholder::Any, None),
        }
    }

    /// Returns the expectation of an object without the expectations of fields other than `name`. Returns expectations of
    /// other values unchanged.
    pub fn only(&self, name: &str) -> Self {
        let form = match &self.form {
            Form::Object(fields) => {
                let kept = fields.iter().filter(|(field, _)| field == name);
                Form::Object(kept.cloned().collect())
            }
            form => form.clone(),
        };
        Self { form }
    }

    /// Returns the names of the fields that a received object has to have, at the first level.
    pub fn fields(&self) -> Vec<&str> {
        match &self.form {
            Form::Object(fields) => fields.iter().map(|(name, _)| name.as_str()).collect(),
            Form::Operators(operators) => {
                let inner = operators.iter().filter_map(|operator| match operator {
                    Operator::Exactly(inner) => Some(inner.fields()),
                    _ => None,
                });
                inner.flatten().collect()
            }
            Form::Array(_) | Form::Placeholder(..) | Form::Value(_) => Vec::new(),
        }
    }

    /// Returns the expectation as text for reports. Replaces the variables that are set by their values.
    pub fn describe(&self, scope: &Scope) -> String {
        let list = |matchers: &[Self]| {
            let items: Vec<String> = matchers.iter().map(|item| item.describe(scope)).collect();
            format!("[{}]", items.join(","))
        };
        match &self.form {
            Form::Array(items) => list(items),
            Form::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(key, field)| format!("{}:{}", json_string(key), field.describe(scope)))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }
            Form::Operators(operators) => {
                join_names(operators.iter().map(|operator| operator.describe(scope)))
            }
            Form::Placeholder(kind, None) => format!("<{}>", kind.name()),
            Form::Placeholder(kind, Some(name)) => format!("<{} as {name}>", kind.name()),
            Form::Value(template) => template.describe(scope),
        }
    }
}

impl PartialEq for Operator {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Compare(a, x), Self::Compare(b, y)) => a == b && x == y,
            (Self::Contains(a), Self::Contains(b))
            | (Self::OneOf(a), Self::OneOf(b))
            | (Self::Unordered(a), Self::Unordered(b)) => a == b,
            (Self::EndsWith(a), Self::EndsWith(b))
            | (Self::Eq(a), Self::Eq(b))
            | (Self::StartsWith(a), Self::StartsWith(b)) => a == b,
            (Self::Exactly(a), Self::Exactly(b))
            | (Self::Json(a), Self::Json(b))
            | (Self::Length(a), Self::Length(b))
            | (Self::Not(a), Self::Not(b)) => a == b,
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            (Self::Schema(a), Self::Schema(b)) => a.source == b.source,
            _ => false,
        }
    }
}

/// Writes `at rooms[2].name: expected "a", received "b"`.
impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Shorten long values in this sentence, because a report shows the complete values below the sentence.
        const LENGTH: usize = 300;
        if !self.path.is_empty() {
            write!(formatter, "at {}: ", self.path)?;
        }
        write!(
            formatter,
            "expected {}, received ",
            keep_head(&self.expected, LENGTH)
        )?;
        match &self.received {
            None => formatter.write_str("nothing"),
            Some(received) => formatter.write_str(&keep_head(&received.to_string(), LENGTH)),
        }
    }
}
