//! Builds the JSON Schema of scenario files from the tables of keys.

use serde_json::{Map, Value, json};

use super::types::{mapping, plain_types};
use crate::scenario::{
    keys::{
        ACTORS, CLIENT, CLOSED, FILE, FRAME, HANDSHAKE, Key, OPTIONS, RECEIVED_FRAME, RESPONSE,
        SCENARIO, SENT_FRAME, SNAPSHOT, STEP, key, required,
    },
    verbs::{Actors, Verb},
};

/// A mapping of scenario files: its name in the JSON Schema, and the lists of its keys.
type Mapping<'m> = (&'m str, &'m [&'m [Key]]);

/// Returns the JSON Schema of a scenario file.
pub(super) fn schema() -> Value {
    let mut defs: Map<_, _> = plain_types()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    let keyed: &[Mapping<'_>] = &[
        ("client", &[CLIENT, OPTIONS, HANDSHAKE]),
        ("closed", &[CLOSED]),
        ("frame", &[FRAME, SENT_FRAME]),
        ("http-response", &[RESPONSE]),
        ("received-frame", &[FRAME, RECEIVED_FRAME]),
        ("scenario", &[SCENARIO]),
        ("snapshot", &[SNAPSHOT]),
    ];
    for (name, keys) in keyed {
        defs.insert((*name).to_owned(), mapping(keys));
    }
    // A step can have the keys for `closed` and `frame` beside the verb instead of in the verb's value, as in `closed:`
    // with `code: 1002` below it. So the value can also be null.
    for name in ["closed", "frame"] {
        if let Some(options) = defs.remove(name) {
            let bare = json!({ "anyOf": [{ "type": "null" }, options] });
            defs.insert(name.to_owned(), bare);
        }
    }
    defs.insert("step".to_owned(), step());
    let mut schema = mapping(&[FILE]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Scenarios of sockspec");
    schema["$defs"] = Value::Object(defs);
    schema
}

fn step() -> Value {
    let bare: Vec<_> = Verb::ALL.iter().map(|verb| verb.name()).collect();
    let mut forms = vec![json!({ "enum": bare })];
    for verb in Verb::ALL {
        let spec = verb.spec();
        let own = [required(key(
            verb.name(),
            spec.value.schema(),
            verb.meaning(),
        ))];
        let actors = match verb.actors() {
            Actors::None => &[],
            Actors::Optional | Actors::Required => ACTORS,
        };
        let keys: Vec<_> = [own.as_slice(), STEP, actors]
            .into_iter()
            .chain(spec.keys.iter().copied())
            .collect();
        forms.push(mapping(&keys));
    }
    json!({
        "description": "A step: one verb and the keys beside it.",
        "anyOf": forms,
    })
}
