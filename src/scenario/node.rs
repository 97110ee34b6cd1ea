//! A tree of parsed YAML that keeps the place of every key and value in the file.
//!
//! The scenario language uses YAML 1.2 without anchors, tags and directives. An unquoted scalar is a number, a boolean
//! or null only if it is written as in JSON; otherwise it is text. So `on`, `no`, `0x10` and `007` are text. `1e3` is
//! text too; write `1.0e3` for a number with an exponent.

use serde_json::Number;

use super::Span;
use crate::{data::Data, text::excerpt};

/// A YAML value with its place in the file.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: NodeKind,
}

/// The types of YAML values.
#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Mapping(Vec<Entry>),
    Scalar(Scalar),
    Sequence(Vec<Node>),
}

/// One key of a YAML mapping, with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

/// A YAML value that is not a list or a mapping: a text, number, boolean or null.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) quoting: Quoting,
}

/// Whether a scalar is written in quotes, which make it a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Quoting {
    /// Without quotes: `5` is a number, `true` is a boolean, `abc` is a text.
    Plain,
    /// In quotes, or as a block (`|`, `>`): always text.
    Quoted,
}

impl Clone for Node {
    fn clone(&self) -> Self {
        #[cfg(test)]
        crate::work::count("copies of nodes", 1);
        Self {
            span: self.span,
            kind: self.kind.clone(),
        }
    }
}

impl Node {
    /// Returns the text of a scalar, quoted or not.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(&scalar.text),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        }
    }

    /// Returns the entries if the node is a mapping.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            NodeKind::Scalar(_) | NodeKind::Sequence(_) => None,
        }
    }

    /// Returns the value of `key` if the node is a mapping that has this key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// Describes the value in messages: "the number 5", "a list".
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Mapping(_) => "a mapping".to_owned(),
            NodeKind::Sequence(_) => "a list".to_owned(),
            NodeKind::Scalar(scalar) => match scalar.value() {
                Data::Null => "nothing".to_owned(),
                Data::String(_) => format!("the text `{}`", excerpt(&scalar.text)),
                Data::Bool(_) => format!("`{}`", scalar.text),
                _ => format!("the number {}", scalar.text),
            },
        }
    }

    /// Converts the node to [`Data`]. Does not replace variables such as `$name`.
    pub(crate) fn to_data(&self) -> Data {
        match &self.kind {
            NodeKind::Scalar(scalar) => scalar.value(),
            NodeKind::Sequence(items) => Data::Array(items.iter().map(Self::to_data).collect()),
            NodeKind::Mapping(entries) => Data::object(
                entries
                    .iter()
                    .map(|entry| (entry.key.as_str(), entry.value.to_data())),
            ),
        }
    }
}

impl Scalar {
    /// Returns the scalar as a text, a number, a boolean or null.
    pub(crate) fn value(&self) -> Data {
        if self.quoting == Quoting::Quoted {
            return Data::String(self.text.clone());
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Data::Null,
            "true" | "True" | "TRUE" => Data::Bool(true),
            "false" | "False" | "FALSE" => Data::Bool(false),
            text => number(text).map_or_else(|| Data::String(text.to_owned()), Data::Number),
        }
    }
}

/// Parses a number in JSON syntax. Returns `None` for a number with an exponent and no fraction, such as `1e3`.
fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if unsigned.contains(['e', 'E']) && !unsigned.contains('.') {
        return None;
    }
    serde_json::from_str(text).ok()
}
