//! YAML as a tree in which every key and value knows its place.
//!
//! What the language takes is YAML 1.2 without anchors, tags and directives. Scalars are plain text
//! unless they are what JSON calls a number, a boolean or null, so `on`, `no`, `0x10`, `007` and
//! `1e3` are text (a number with an exponent is written `1.0e3`).

use serde_json::Number;

use super::Span;
use crate::{data::Data, text::excerpt};

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: NodeKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Mapping(Vec<Entry>),
    Scalar(Scalar),
    Sequence(Vec<Node>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

/// A value that is no collection.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) quoting: Quoting,
}

/// Whether a scalar is text whatever it looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Quoting {
    /// As it stands.
    Plain,
    /// In quotes, or a block (`|`, `>`).
    Quoted,
}

impl Node {
    /// The text of a scalar, quoted or not.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(&scalar.text),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        }
    }

    /// The entries of a mapping.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            NodeKind::Scalar(_) | NodeKind::Sequence(_) => None,
        }
    }

    /// The value of a mapping's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// What it is, in words: "the number 5", "a list".
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

    /// The whole value as data, nothing filled in.
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
    /// The typed value.
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

/// A number as JSON writes it; an exponent only behind a fraction.
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
