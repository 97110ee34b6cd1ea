//! The kinds of values in manifests, as JSON Schemas.

use serde_json::{Value, json};

use crate::{
    scenario::PrivateKey,
    targets::{ErrorStyle, NameKind, Replies, Speaks, Stack, TextUnit},
};

/// The key of a schema whose values are names. Its value is the kind of the names. The schema for editors lacks it.
pub(in crate::targets::manifest) const NAMES: &str = "x-names";

/// The key of the schema of a mapping whose keys are names. Its value is the kind of the names. The schema for editors
/// lacks it.
pub(in crate::targets::manifest) const NAMED_KEYS: &str = "x-named-keys";

/// Returns the schema of a mapping with any keys and values of one kind.
pub(super) fn map_of(kind: Value) -> Value {
    json!({ "type": "object", "additionalProperties": kind })
}

/// Returns the schema of values that are names of this kind. `values` is their schema without the kind.
fn named(kind: NameKind, mut values: Value) -> Value {
    values[NAMES] = json!(kind.name());
    values
}

/// Returns the schema of a mapping whose keys are names of this kind. `mapping` is its schema without the kind.
pub(super) fn with_named_keys(kind: NameKind, mut mapping: Value) -> Value {
    mapping[NAMED_KEYS] = json!(kind.name());
    mapping
}

/// Returns the schema of one capability or a list of them.
pub(super) fn capabilities() -> Value {
    named(NameKind::Capability, texts())
}

/// Returns the schema of one event of the contract or a list of them.
pub(super) fn events() -> Value {
    named(NameKind::Event, texts())
}

/// Returns the schema of one part of the application (an operation, a namespace or a credential) or a list of them.
pub(super) fn parts() -> Value {
    named(NameKind::Part, texts())
}

/// Returns the schema of an operation of the contract, or of one that the manifest defines.
pub(super) fn operation() -> Value {
    named(NameKind::Operation, text())
}

/// Returns the schema of the target's own name of an operation or event.
pub(super) fn own_name() -> Value {
    named(NameKind::Own, text())
}

/// Returns the schema of the target's own name of a namespace; `absent` if the target lacks the namespace.
pub(super) fn own_namespace() -> Value {
    let name = json!({ "type": "string", "pattern": "^(/|absent$)" });
    named(NameKind::Own, name)
}

/// Returns the schema of `true` and `false`.
pub(super) fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// A key of a mapping: its name, the schema of its values, and its meaning.
pub(super) type Key = (&'static str, fn() -> Value, &'static str);

/// The keys of `snapshot`.
pub(super) const SNAPSHOT: &[Key] = &[
    (
        "redact",
        texts,
        "values in the arguments of events and acknowledgements that differ from run to run: `args.0.createdAt`",
    ),
    (
        "sort",
        texts,
        "lists in these arguments whose order differs from run to run: `args.0.members`",
    ),
    ("skip", boolean, "`true`: there are no transcripts"),
];

/// Returns the schema of a text that is not the name of anything in the contract.
pub(super) fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"], "pattern": r"\S" })
}

/// Returns the schema of one text or a list of texts.
pub(super) fn texts() -> Value {
    json!({ "anyOf": [text(), { "type": "array", "items": text() }] })
}

/// Returns the schema of a mapping whose values are texts.
pub(super) fn texts_by_name() -> Value {
    map_of(text())
}

/// Returns the schema of a command: a list of words.
pub(super) fn words() -> Value {
    json!({ "type": "array", "minItems": 1, "items": text() })
}

pub(super) fn string() -> Value {
    json!({ "type": "string" })
}

pub(super) fn duration() -> Value {
    json!({ "type": "string", "pattern": "^([0-9].*[a-z]|\\$.*)$" })
}

pub(super) fn url() -> Value {
    json!({ "type": "string", "pattern": r"^(https?://|\$\{env\.)" })
}

pub(super) fn path() -> Value {
    json!({ "type": "string", "pattern": r"^(/|\$\{env\.)" })
}

pub(super) fn any() -> Value {
    json!({})
}

pub(super) fn array() -> Value {
    json!({ "type": "array" })
}

pub(super) fn object() -> Value {
    json!({ "type": "object" })
}

pub(super) fn steps() -> Value {
    json!({ "type": "array", "items": { "type": ["object", "string"] } })
}

pub(super) fn error_style() -> Value {
    json!({ "enum": ErrorStyle::ALL.map(ErrorStyle::name) })
}

pub(super) fn replies() -> Value {
    json!({ "enum": Replies::ALL.map(Replies::name) })
}

pub(super) fn speaks() -> Value {
    json!({ "enum": Speaks::ALL.map(Speaks::name) })
}

pub(super) fn stack() -> Value {
    json!({ "enum": Stack::names().collect::<Vec<_>>() })
}

pub(super) fn algorithm() -> Value {
    json!({ "enum": ["HS256", "HS384", "HS512", "none"] })
}

pub(super) fn key_algorithm() -> Value {
    json!({ "enum": PrivateKey::ALGORITHMS })
}

pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

pub(super) fn rate() -> Value {
    json!({ "type": "string", "pattern": "^[1-9][0-9]*/[0-9].*[a-z]$" })
}

pub(super) fn text_unit() -> Value {
    json!({ "enum": TextUnit::ALL.map(TextUnit::name) })
}
