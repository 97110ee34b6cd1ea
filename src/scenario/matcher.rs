//! Values that a scenario expects: literals, placeholders and operators.

use std::{fmt, sync::Arc};

use regex::Regex;

use super::{Scope, Template, compare::Comparison, placeholder::Placeholder};
use crate::{
    data::Data,
    text::{json_string, keep_head},
};

/// An expectation of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    pub(super) form: Form,
}

/// A difference between a value and the expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// The path of the different part: `rooms[2].name`; empty for the whole value.
    pub path: String,
    /// The expectation of this part, in the syntax of the language.
    pub expected: String,
    /// The value of this part; `None` if it is absent.
    pub received: Option<Data>,
}

/// The kinds of expectations.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Array(Vec<Matcher>),
    Object(Vec<(String, Matcher)>),
    /// All operators have to hold.
    Operators(Vec<Operator>),
    Placeholder(Placeholder, Option<String>),
    Value(Template),
}

/// `$name: operand`.
#[derive(Clone, Debug)]
pub(super) enum Operator {
    Compare(Comparison, Template),
    Contains(Vec<Matcher>),
    EndsWith(Template),
    Eq(Template),
    Exactly(Box<Matcher>),
    Length(Box<Matcher>),
    Not(Box<Matcher>),
    OneOf(Vec<Matcher>),
    Regex(Regex),
    Schema(Arc<Schema>),
    StartsWith(Template),
    Unordered(Vec<Matcher>),
}

/// A compiled JSON Schema.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) source: serde_json::Value,
    pub(super) validator: jsonschema::Validator,
}

/// Every operator, with what it asks for: for the reference of the language.
pub const OPERATORS: &[(&str, &str)] = &[
    ("$bytes", "the bytes that these hex digits spell"),
    (
        "$contains",
        "this text inside the text, or this item (all of these items) in the list",
    ),
    ("$endsWith", "a text that ends so"),
    (
        "$eq",
        "exactly this value: no placeholders, no extra fields, variables are filled in",
    ),
    ("$exactly", "this, and no extra fields anywhere inside"),
    ("$file", "the content of the file beside this one"),
    ("$gt", "a number or text above this"),
    ("$gte", "a number or text not below this"),
    ("$length", "this many characters, bytes, items or fields"),
    ("$lt", "a number or text below this"),
    ("$lte", "a number or text not above this"),
    ("$not", "anything else; its absence, too"),
    ("$oneOf", "one of these"),
    ("$regex", "a text in which this regular expression is found"),
    ("$schema", "a value that this JSON Schema allows"),
    ("$startsWith", "a text that begins so"),
    ("$unordered", "a list of these in any order"),
];

impl Matcher {
    /// Expects a value, extra fields of objects allowed.
    pub fn value(template: Template) -> Self {
        Self {
            form: Form::Value(template),
        }
    }

    /// Expects any value.
    pub fn any() -> Self {
        Self {
            form: Form::Placeholder(Placeholder::Any, None),
        }
    }

    /// Returns the expectation as text for reports, with the values of all variables that are set.
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
                let operators: Vec<String> = operators
                    .iter()
                    .map(|operator| operator.describe(scope))
                    .collect();
                format!("{{{}}}", operators.join(", "))
            }
            Form::Placeholder(kind, None) => format!("<{}>", kind.name()),
            Form::Placeholder(kind, Some(name)) => format!("<{} as {name}>", kind.name()),
            Form::Value(template) => template.describe(scope),
        }
    }
}

impl Operator {
    /// Returns the operator in the syntax of the language.
    pub(super) fn describe(&self, scope: &Scope) -> String {
        let list = |matchers: &[Matcher]| {
            let items: Vec<String> = matchers.iter().map(|item| item.describe(scope)).collect();
            format!("[{}]", items.join(","))
        };
        match self {
            Self::Compare(comparison, operand) => {
                format!("{}: {}", comparison.name(), operand.describe(scope))
            }
            Self::Contains(items) => match items.as_slice() {
                [item] => format!("$contains: {}", item.describe(scope)),
                items => format!("$contains: {}", list(items)),
            },
            Self::EndsWith(end) => format!("$endsWith: {}", end.describe(scope)),
            Self::Eq(value) => format!("$eq: {}", value.describe(scope)),
            Self::Exactly(matcher) => format!("$exactly: {}", matcher.describe(scope)),
            Self::Length(length) => format!("$length: {}", length.describe(scope)),
            Self::Not(matcher) => format!("$not: {}", matcher.describe(scope)),
            Self::OneOf(choices) => format!("$oneOf: {}", list(choices)),
            Self::Regex(regex) => format!("$regex: {regex}"),
            Self::Schema(schema) => format!("$schema: {}", schema.source),
            Self::StartsWith(start) => format!("$startsWith: {}", start.describe(scope)),
            Self::Unordered(items) => format!("$unordered: {}", list(items)),
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
            | (Self::Length(a), Self::Length(b))
            | (Self::Not(a), Self::Not(b)) => a == b,
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            (Self::Schema(a), Self::Schema(b)) => a.source == b.source,
            _ => false,
        }
    }
}

/// `at rooms[2].name: expected "a", received "b"`.
impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A report shows whole values elsewhere; the sentence stays readable.
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
