//! The schema, put together.

use serde_json::{Map, Value, json};

use super::{
    keys::{
        CLIENT, CLOSED, FILE, FRAME, HANDSHAKE, Key, OPTIONS, RESPONSE, SCENARIO, SENT_FRAME, STEP,
        VERB_KEYS,
    },
    types::{plain_types, refer},
};
use crate::scenario::VERBS;

/// A mapping: its name, its keys, and those of them that must be there.
type Mapping<'m> = (&'m str, &'m [&'m [Key]], &'m [&'m str]);

/// The whole schema.
pub(super) fn schema() -> Value {
    let mut defs: Map<_, _> = plain_types()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    let received: &[Key] = &[("payload", "expectation", "text or bytes")];
    let keyed: &[Mapping<'_>] = &[
        ("client", &[CLIENT, OPTIONS, HANDSHAKE], &[]),
        ("closed", &[CLOSED], &[]),
        ("frame", &[FRAME, SENT_FRAME], &[]),
        ("http-response", &[RESPONSE], &[]),
        ("received-frame", &[FRAME, received], &[]),
        ("scenario", &[SCENARIO], &["id", "title", "steps"]),
    ];
    for (name, keys, required) in keyed {
        defs.insert((*name).to_owned(), mapping(keys, required));
    }
    // Their options stand inside or beside the verb.
    for name in ["closed", "frame"] {
        if let Some(options) = defs.remove(name) {
            let bare = json!({ "anyOf": [{ "type": "null" }, options] });
            defs.insert(name.to_owned(), bare);
        }
    }
    defs.insert("step".to_owned(), step());
    let mut schema = mapping(&[FILE], &["scenarios"]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Scenarios of sockspec");
    schema["$defs"] = Value::Object(defs);
    schema
}

fn step() -> Value {
    let bare: Vec<_> = VERBS.iter().map(|(verb, _)| *verb).collect();
    let mut forms = vec![json!({ "enum": bare })];
    for (verb, value, keys) in VERB_KEYS {
        let meaning = VERBS.iter().find(|(name, _)| name == verb);
        let own: &[Key] = &[(*verb, *value, meaning.map_or("", |(_, meaning)| meaning))];
        let keys: Vec<_> = [own, STEP]
            .into_iter()
            .chain(keys.iter().copied())
            .collect();
        let mut required = vec![*verb];
        match *verb {
            "deliver" => required.push("to"),
            "repeat" => required.push("steps"),
            _ => {}
        }
        forms.push(mapping(&keys, &required));
    }
    json!({
        "description": "One verb, and what belongs to it.",
        "anyOf": forms,
    })
}

fn mapping(keys: &[&[Key]], required: &[&str]) -> Value {
    let properties: Map<_, _> = keys
        .iter()
        .copied()
        .flatten()
        .map(|(name, kind, meaning)| {
            let mut schema = refer(kind);
            schema["description"] = json!(meaning);
            ((*name).to_owned(), schema)
        })
        .collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
