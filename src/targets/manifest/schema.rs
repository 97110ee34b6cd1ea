//! The JSON Schema of manifests. It is the list of all keys, for two readers: editors use `schemas/target.json`, and
//! [`super::mentions`] finds the names in a manifest with it.
//!
//! The loader decides what is valid. The schema describes what a JSON Schema can describe, and tests compare it with
//! the loader.

mod kinds;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

pub(super) use kinds::{NAMED_KEYS, NAMES};

use self::kinds::{
    Key, SNAPSHOT, algorithm, any, array, boolean, capabilities, count, duration, error_style,
    events, key_algorithm, map_of, object, operation, own_name, own_namespace, parts, path, rate,
    replies, speaks, stack, steps, string, text, text_unit, texts, texts_by_name, url,
    with_named_keys, words,
};
use super::NameKind;
use crate::{
    scenario::{REPORT_FIELDS, RefusalReason},
    targets::Rule,
};

const MANIFEST: &[Key] = &[
    ("name", text, "the target's name in reports and baselines"),
    (
        "launch",
        launch,
        "how to start the server; `built-in` is the reference server; leave it out if the server runs already",
    ),
    (
        "url",
        url,
        "the address; `$port` is the port that `launch` gets",
    ),
    ("path", path, "the Engine.IO path, by default `/socket.io/`"),
    (
        "provides",
        capabilities,
        "capabilities, see docs/capabilities.md",
    ),
    (
        "dialect",
        dialect,
        "how the target differs from an ordinary Socket.IO server",
    ),
    (
        "stack",
        stack,
        "the framework or library of the target; the deviations that it has by itself are known",
    ),
    (
        "credentials",
        credentials,
        "the credentials by name; scenarios use them as `$credentials.valid`",
    ),
    (
        "bindings",
        bindings,
        "the names that the target uses for operations and events",
    ),
    (
        "clients",
        clients,
        "the options of every client, unless a scenario gives it others",
    ),
    (
        "enter",
        steps,
        "the steps with which every client enters the application, as in a scenario",
    ),
    (
        "namespaces",
        namespaces,
        "the target's names of the namespaces of docs/contract.md: `{ /: /chat, /admin: absent }`",
    ),
    (
        "greetings",
        events,
        "events that the target sends to every client that joins",
    ),
    (
        "snapshot",
        snapshot,
        "what `run --snapshot` leaves out of the transcripts of all scenarios",
    ),
    (
        "absent",
        parts,
        "operations, fields of answers and events, namespaces and credentials of the contract (docs/contract.md) that the application lacks, and implied capabilities that it lacks",
    ),
    (
        "success",
        any,
        "the argument of an acknowledgement that reports success, or a list of its arguments; `$result` in the list is the argument that scenarios see",
    ),
    (
        "failure",
        any,
        "the argument of an acknowledgement that reports a failure, or a list of its arguments",
    ),
    (
        "refusal",
        refusal,
        "where the target's refusals hold the code, the message and the field: `{ code: data.code }`",
    ),
    (
        "refusals",
        refusals,
        "how the target reports the refusal of a login, by the reason for the refusal",
    ),
    (
        "rules",
        rules,
        "what the application demands of its clients: `[membership-to-send, rate: 10/1s]`",
    ),
    (
        "fence",
        fence,
        "the request whose answer proves that the server has handled all earlier packets",
    ),
    (
        "text_unit",
        text_unit,
        "what the application counts when it limits the length of a text; by default `characters`",
    ),
    (
        "probe",
        boolean,
        "whether each run probes the target, although the manifest names its transports; by default `false`",
    ),
    (
        "version",
        version,
        "the version of the server, for reports: a text, or a file in which an expression finds it",
    ),
    ("timing", timing, "timeouts"),
    ("profiles", profiles, "the same server with other settings"),
];

const LAUNCH: &[Key] = &[
    (
        "setup",
        words,
        "the command that prepares the folder; it runs only if its inputs have changed",
    ),
    ("command", words, "the program and its arguments"),
    (
        "workdir",
        text,
        "the working folder, relative to the folder of the manifest",
    ),
    (
        "env",
        texts_by_name,
        "environment variables; `$port` is the port of the server",
    ),
    (
        "ready",
        ready,
        "how to tell that the server is ready; by default, its port accepts a connection",
    ),
];

const READY: &[Key] = &[
    (
        "http",
        path,
        "the path that has to answer with a status below 500",
    ),
    (
        "line",
        text,
        "the text that a line of output has to contain",
    ),
    ("within", duration, "the timeout"),
];

const DIALECT: &[Key] = &[
    (
        "errors",
        error_style,
        "how the application reports refusals",
    ),
    (
        "envelope",
        envelope,
        "how events travel in the text messages of a plain WebSocket",
    ),
    (
        "replies",
        replies,
        "how the result of a request comes back: as an acknowledgement, as an event, or as both",
    ),
    ("speaks", speaks, "the protocol inside the WebSocket"),
];

const ENVELOPE: &[Key] = &[
    ("event", text, "the field with the event's name"),
    (
        "data",
        text,
        "the field with the payload; without it, the payload's fields stand beside the event's name",
    ),
    (
        "id",
        text,
        "the field with the number of a request, which its answer repeats",
    ),
];

const PRIVATE_KEY: &[Key] = &[
    (
        "algorithm",
        key_algorithm,
        "the algorithm that the key signs with",
    ),
    ("file", text, "the file of the key in PEM"),
    ("pem", text, "the key itself in PEM"),
];

const VERSION: &[Key] = &[
    ("of", text, "the name of the software: `socket.io`"),
    (
        "file",
        text,
        "a file of the server's project, such as its lock file",
    ),
    (
        "find",
        text,
        "a regular expression whose first group is the version",
    ),
];

const NUMBERED_RULES: &[Key] = &[
    ("max-rooms", count, "the rooms that a client can be in"),
    (
        "max-text",
        count,
        "the length of the longest text in an event",
    ),
    ("rate", rate, "the events that a client can send in a time"),
    ("room-names", text, "the pattern of room names"),
];

const JWT: &[Key] = &[
    ("alg", algorithm, "the algorithm of the signature"),
    (
        "expires",
        string,
        "when the token expires, counted from its signing: `1h`, `-60s`",
    ),
    (
        "not_before",
        string,
        "when the token becomes valid, counted from its signing: `60s`",
    ),
    (
        "secret",
        text,
        "the secret of this token; by default the secret of all credentials",
    ),
];

const BINDING: &[Key] = &[
    ("event", own_name, "the event's name on the wire"),
    ("namespace", own_name, "the namespace of the event"),
    (
        "replied",
        own_name,
        "the name of the event that brings the result",
    ),
    (
        "with",
        any,
        "the payload, with the scenario's fields as `$name`",
    ),
    (
        "args",
        array,
        "the arguments, with the scenario's fields as `$name`",
    ),
    (
        "fields",
        texts_by_name,
        "the target's names of the payload's fields",
    ),
    ("reply", any, "the expected acknowledgement"),
    (
        "returns",
        array,
        "the arguments of the acknowledgement, with the scenario's fields as `$name`",
    ),
];

const PROFILE: &[Key] = &[
    (
        "env",
        texts_by_name,
        "environment variables in addition to those of `launch`",
    ),
    (
        "provides",
        capabilities,
        "the capabilities that this profile has in addition",
    ),
    (
        "lacks",
        capabilities,
        "the capabilities of the manifest that this profile lacks",
    ),
    ("path", path, "the Engine.IO path"),
    ("speaks", speaks, "the protocol of this profile"),
];

const TIMING: &[Key] = &[
    ("within", duration, "the default timeout of a wait"),
    (
        "settle",
        duration,
        "the settle time: how long the runner waits at the end of a scenario before it decides that a client received nothing",
    ),
];

const FENCE: &[Key] = &[
    (
        "call",
        operation,
        "the operation to call; the application has to answer it at once",
    ),
    ("emit", own_name, "the event to send"),
    ("expect", own_name, "the event that answers it at once"),
    (
        "with",
        any,
        "the argument of the request; by default the text `fence`",
    ),
];

const CLIENTS: &[Key] = &[
    ("auth", object, "the payload of the CONNECT packet"),
    ("headers", object, "headers of the handshake request"),
    ("namespace", path, "the namespace that every client joins"),
    ("origin", text, "the `Origin` header"),
    ("path", text, "the Engine.IO path"),
    (
        "protocols",
        texts,
        "the WebSocket subprotocols that clients offer",
    ),
    ("query", object, "query parameters of the handshake request"),
    (
        "user",
        text,
        "the user that the application reports for a client that logs in as the manifest says",
    ),
];

/// Returns the schema of a whole manifest.
pub(super) fn schema() -> Value {
    let mut schema = mapping(MANIFEST, &["name", "url"]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A target of sockspec");
    schema
}

/// Returns the schema of a mapping that accepts only `keys`.
fn snapshot() -> Value {
    mapping(SNAPSHOT, &[])
}

fn mapping(keys: &[Key], required: &[&str]) -> Value {
    let keys = keys.iter();
    mapping_of(
        keys.map(|(name, kind, meaning)| (*name, kind(), *meaning)),
        required,
    )
}

fn mapping_of<'k>(
    keys: impl Iterator<Item = (&'k str, Value, &'k str)>,
    required: &[&str],
) -> Value {
    let properties: Map<_, _> = keys
        .map(|(name, mut kind, meaning)| {
            kind["description"] = json!(meaning);
            (name.to_owned(), kind)
        })
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn launch() -> Value {
    json!({ "anyOf": [{ "const": "built-in" }, mapping(LAUNCH, &["command"])] })
}

fn ready() -> Value {
    mapping(READY, &[])
}

fn dialect() -> Value {
    json!({ "anyOf": [speaks(), mapping(DIALECT, &[])] })
}

fn envelope() -> Value {
    json!({ "anyOf": [{ "enum": ["array", "json-rpc"] }, mapping(ENVELOPE, &["event"])] })
}

fn credentials() -> Value {
    let mut jwt = mapping(JWT, &[]);
    // Any other key of `jwt:` is a claim of the token.
    jwt["additionalProperties"] = json!(true);
    let jwt = std::iter::once(("jwt", jwt, "a token that sockspec signs"));
    let token = mapping_of(jwt, &["jwt"]);
    let credentials = json!({
        "type": "object",
        "properties": {
            "secret": { "type": ["string", "number"], "description": "the secret that signs the tokens" },
            "private_key": private_key(),
        },
        "additionalProperties": { "anyOf": [text(), token] },
    });
    with_named_keys(NameKind::Credential, credentials)
}

fn bindings() -> Value {
    let binding = json!({ "anyOf": [own_name(), mapping(BINDING, &[])] });
    with_named_keys(NameKind::Bound, map_of(binding))
}

fn namespaces() -> Value {
    with_named_keys(NameKind::Namespace, map_of(own_namespace()))
}

fn clients() -> Value {
    mapping(CLIENTS, &[])
}

fn profiles() -> Value {
    map_of(mapping(PROFILE, &[]))
}

fn timing() -> Value {
    mapping(TIMING, &[])
}

fn version() -> Value {
    json!({ "anyOf": [text(), mapping(VERSION, &["of", "file", "find"])] })
}

fn fence() -> Value {
    let mut fence = mapping(FENCE, &[]);
    fence["oneOf"] = json!([{ "required": ["call"] }, { "required": ["emit", "expect"] }]);
    fence["dependentRequired"] = json!({ "expect": ["emit"] });
    fence
}

fn refusals() -> Value {
    let keys = REPORT_FIELDS.iter();
    let report = mapping_of(keys.map(|key| (*key, any(), "an expectation")), &[]);
    let report = json!({ "anyOf": [text(), report] });
    let reasons = RefusalReason::ALL.into_iter();
    let reasons = reasons.map(|reason| (reason.name(), report.clone(), reason.meaning()));
    json!({ "anyOf": [{ "const": "contract" }, mapping_of(reasons, &[])] })
}

fn refusal() -> Value {
    let keys = REPORT_FIELDS.iter();
    let places = keys.map(|key| (*key, texts(), "the place, or a list of places"));
    mapping_of(places, &[])
}

/// Returns the schema of the private key that signs tokens.
fn private_key() -> Value {
    let mut key = mapping(PRIVATE_KEY, &[]);
    key["oneOf"] = json!([{ "required": ["file"] }, { "required": ["pem"] }]);
    key["description"] = json!("the private key that signs the tokens, in place of a secret");
    key
}

fn rules() -> Value {
    let words = Rule::ALL.into_iter();
    let mut kinds: Vec<_> = words
        .map(|rule| json!({ "const": rule.name(), "description": rule.meaning() }))
        .collect();
    kinds.push(mapping(NUMBERED_RULES, &[]));
    json!({ "type": "array", "items": { "anyOf": kinds } })
}
