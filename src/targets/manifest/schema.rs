//! The JSON Schema of manifests for editors: `schemas/target.json`.
//!
//! The loader decides what is valid. The schema describes what a JSON Schema can describe, and tests compare it with
//! the loader.

mod parts;

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use self::parts::mapping;
use super::load_manifest_in;
use crate::{
    scenario::{Diagnostic, SourceFile},
    schema_checks,
    targets::{ErrorStyle, Replies, Speaks, Stack},
};

fn schema() -> Value {
    let text = json!({ "type": ["string", "number", "boolean"], "pattern": r"\S" });
    let duration = json!({ "type": "string", "pattern": "^([0-9].*[a-z]|\\$.*)$" });
    let names = json!({ "anyOf": [text, { "type": "array", "items": text }] });
    let url = json!({ "type": "string", "pattern": r"^(https?://|\$\{env\.)" });
    let path = json!({ "type": "string", "pattern": r"^(/|\$\{env\.)" });
    let words = json!({ "type": "array", "minItems": 1, "items": text });
    let map_of = |kind: Value| json!({ "type": "object", "additionalProperties": kind });
    let any = json!({});
    let launch = mapping(
        &[
            (
                "setup",
                words.clone(),
                "the command that prepares the folder; it runs only if its inputs have changed",
            ),
            ("command", words, "the program and its arguments"),
            (
                "workdir",
                text.clone(),
                "the working folder, relative to the folder of the manifest",
            ),
            (
                "env",
                map_of(text.clone()),
                "environment variables; `$port` is the port of the server",
            ),
            (
                "ready",
                mapping(
                    &[
                        (
                            "http",
                            path.clone(),
                            "the path that has to answer with a status below 500",
                        ),
                        (
                            "line",
                            text.clone(),
                            "the text that a line of output has to contain",
                        ),
                        ("within", duration.clone(), "the timeout"),
                    ],
                    &[],
                ),
                "how to tell that the server is ready; by default, its port accepts a connection",
            ),
        ],
        &["command"],
    );
    let launch = json!({ "anyOf": [{ "const": "built-in" }, launch] });
    let speaks = json!({ "enum": Speaks::ALL.map(Speaks::name) });
    let envelope = mapping(
        &[
            ("event", text.clone(), "the field with the event's name"),
            (
                "data",
                text.clone(),
                "the field with the payload; without it, the payload's fields stand beside the event's name",
            ),
            (
                "id",
                text.clone(),
                "the field with the number of a request, which its answer repeats",
            ),
        ],
        &["event"],
    );
    let dialect = mapping(
        &[
            (
                "errors",
                json!({ "enum": ErrorStyle::ALL.map(ErrorStyle::name) }),
                "how the application reports refusals",
            ),
            (
                "envelope",
                json!({ "anyOf": [{ "enum": ["array", "json-rpc"] }, envelope] }),
                "how events travel in the text messages of a plain WebSocket",
            ),
            (
                "replies",
                json!({ "enum": Replies::ALL.map(Replies::name) }),
                "how the result of a request comes back: as an acknowledgement, as an event, or as both",
            ),
            (
                "speaks",
                speaks.clone(),
                "the protocol inside the WebSocket",
            ),
        ],
        &[],
    );
    let dialect = json!({ "anyOf": [speaks.clone(), dialect] });
    let credentials = parts::credentials(&text);
    let binding = mapping(
        &[
            ("event", text.clone(), "the event's name on the wire"),
            ("namespace", text.clone(), "the namespace of the event"),
            (
                "replied",
                text.clone(),
                "the name of the event that brings the result",
            ),
            (
                "with",
                any.clone(),
                "the payload, with the scenario's fields as `$name`",
            ),
            (
                "args",
                json!({ "type": "array" }),
                "the arguments, with the scenario's fields as `$name`",
            ),
            (
                "fields",
                map_of(text.clone()),
                "the target's names of the payload's fields",
            ),
            ("reply", any.clone(), "the expected acknowledgement"),
            (
                "returns",
                json!({ "type": "array" }),
                "the arguments of the acknowledgement, with the scenario's fields as `$name`",
            ),
        ],
        &[],
    );
    let profile = mapping(
        &[
            (
                "env",
                map_of(text.clone()),
                "environment variables in addition to those of `launch`",
            ),
            (
                "provides",
                names.clone(),
                "the capabilities that this profile has in addition",
            ),
            (
                "lacks",
                names.clone(),
                "the capabilities of the manifest that this profile lacks",
            ),
            ("path", path.clone(), "the Engine.IO path"),
            ("speaks", speaks.clone(), "the protocol of this profile"),
        ],
        &[],
    );
    let timing = mapping(
        &[
            ("within", duration.clone(), "the default timeout of a wait"),
            (
                "settle",
                duration,
                "the settle time: how long the runner waits at the end of a scenario before it decides that a client received nothing",
            ),
        ],
        &[],
    );
    let mut fence = mapping(
        &[
            (
                "call",
                text.clone(),
                "the operation to call; the application has to answer it at once",
            ),
            ("emit", text.clone(), "the event to send"),
            ("expect", text.clone(), "the event that answers it at once"),
            (
                "with",
                any.clone(),
                "the argument of the request; by default the text `fence`",
            ),
        ],
        &[],
    );
    fence["oneOf"] = json!([{ "required": ["call"] }, { "required": ["emit", "expect"] }]);
    fence["dependentRequired"] = json!({ "expect": ["emit"] });
    let pairs = json!({ "type": "object" });
    let clients = mapping(
        &[
            ("auth", pairs.clone(), "the payload of the CONNECT packet"),
            ("headers", pairs.clone(), "headers of the handshake request"),
            (
                "namespace",
                path.clone(),
                "the namespace that every client joins",
            ),
            ("origin", text.clone(), "the `Origin` header"),
            ("path", text.clone(), "the Engine.IO path"),
            (
                "protocols",
                names.clone(),
                "the WebSocket subprotocols that clients offer",
            ),
            ("query", pairs, "query parameters of the handshake request"),
        ],
        &[],
    );
    let refusals = parts::refusals(&text, &any);
    let refusal = parts::refusal(&names);
    let mut schema = mapping(
        &[
            (
                "name",
                text.clone(),
                "the target's name in reports and baselines",
            ),
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
                names.clone(),
                "capabilities, see docs/capabilities.md",
            ),
            (
                "dialect",
                dialect,
                "how the target differs from an ordinary Socket.IO server",
            ),
            (
                "stack",
                json!({ "enum": Stack::names().collect::<Vec<_>>() }),
                "the framework or library of the target; the deviations that it has by itself are known",
            ),
            (
                "credentials",
                credentials,
                "the credentials by name; scenarios use them as `$credentials.valid`",
            ),
            (
                "bindings",
                map_of(json!({ "anyOf": [text, binding] })),
                "the names that the target uses for operations and events",
            ),
            (
                "clients",
                clients,
                "the options of every client, unless a scenario gives it others",
            ),
            (
                "enter",
                json!({ "type": "array", "items": { "type": ["object", "string"] } }),
                "the steps with which every client enters the application, as in a scenario",
            ),
            (
                "namespaces",
                map_of(json!({ "type": "string", "pattern": "^(/|absent$)" })),
                "the target's names of the namespaces of docs/contract.md: `{ /: /chat, /admin: absent }`",
            ),
            (
                "greetings",
                names.clone(),
                "events that the target sends to every client that joins",
            ),
            (
                "absent",
                names,
                "operations, namespaces and credentials of the contract (docs/contract.md) that the application lacks",
            ),
            (
                "success",
                any.clone(),
                "the argument of an acknowledgement that reports success; scenarios expect it as `reply: $ok`",
            ),
            (
                "failure",
                any.clone(),
                "the argument of an acknowledgement that reports a failure",
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
                "fence",
                fence,
                "the request whose answer proves that the server has handled all earlier packets",
            ),
            ("timing", timing, "timeouts"),
            (
                "profiles",
                map_of(profile),
                "the same server with other settings",
            ),
        ],
        &["name", "url"],
    );
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A target of sockspec");
    schema
}

fn load(text: &str) -> Result<(), Vec<Diagnostic>> {
    let source = SourceFile::from_bytes("t.yaml".as_ref(), text.into()).unwrap();
    let environment = |_: &str| Some("x".to_owned());
    load_manifest_in(source, "/targets".into(), &environment).map(drop)
}

fn is_right(text: &str) -> bool {
    schema_checks::is_valid(&schema(), text)
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let schema = schemars::Schema::try_from(schema()).unwrap();
    schema_checks::assert_committed("target.json", &schema);
}

#[test]
fn every_mapping_has_the_keys_that_the_loader_reads() {
    let schema = schema();
    let strange = "qqqqqqqqqqqqqqqq: 1";
    let text = format!(
        "{strange}\nlaunch: {{ {strange}, ready: {{ {strange} }} }}\ndialect: {{ {strange} }}\nclients: {{ {strange} }}\nbindings: {{ a: {{ {strange} }} }}\n\
         fence: {{ {strange} }}\nrefusal: {{ {strange} }}\ntiming: {{ {strange} }}\nprofiles: {{ p: {{ {strange} }} }}\ncredentials: {{ c: {{ {strange} }} }}\n"
    );
    let problems = load(&text).unwrap_err();
    for (what, place) in [
        ("a manifest", ""),
        ("`launch`", "/properties/launch/anyOf/1"),
        ("`ready`", "/properties/launch/anyOf/1/properties/ready"),
        ("`dialect`", "/properties/dialect/anyOf/1"),
        (
            "a binding",
            "/properties/bindings/additionalProperties/anyOf/1",
        ),
        ("`clients`", "/properties/clients"),
        ("`fence`", "/properties/fence"),
        ("`refusal`", "/properties/refusal"),
        ("`timing`", "/properties/timing"),
        ("a profile", "/properties/profiles/additionalProperties"),
        (
            "a credential",
            "/properties/credentials/additionalProperties/anyOf/1",
        ),
    ] {
        let properties = schema.pointer(place).unwrap()["properties"]
            .as_object()
            .unwrap();
        let keys: BTreeSet<_> = properties.keys().map(String::as_str).collect();
        let start = format!("{what} takes ");
        let list = problems
            .iter()
            .find_map(|problem| problem.help.as_deref()?.strip_prefix(&start));
        let list = list.unwrap_or_else(|| panic!("{what}: {problems:#?}"));
        let taken: BTreeSet<_> = list.split('`').skip(1).step_by(2).collect();
        assert_eq!(keys, taken, "{what}");
    }
}

#[test]
fn the_schema_accepts_valid_manifests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/targets");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_manifest = path.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            && !path.to_string_lossy().contains("baseline");
        if is_manifest {
            count += 1;
            let text = fs::read_to_string(&path).unwrap();
            assert!(is_right(&text), "{}", path.display());
        }
    }
    assert!(count > 2);
}

#[test]
fn schema_and_loader_refuse_the_same_manifests() {
    let manifest = |rest: &str| format!("name: mine\nurl: http://127.0.0.1:3000\n{rest}\n");
    assert!(is_right(&manifest("")) && load(&manifest("")).is_ok());
    for text in [
        "name: mine\n".to_owned(),
        "name: mine\nurl: ws://127.0.0.1\n".to_owned(),
        manifest("path: socket.io"),
        manifest("launch: reference"),
        manifest("launch: { workdir: . }"),
        manifest("launch: { command: node server.js }"),
        manifest("launch: { command: [] }"),
        manifest("launch: { command: [node], env: { A: [b] } }"),
        manifest("launch: { command: [node], ready: { within: 5 } }"),
        manifest("dialect: { errors: exceptions }"),
        manifest("dialect: { speaks: esperanto }"),
        manifest("dialect: esperanto"),
        manifest("credentials: { a: [b] }"),
        manifest("credentials: { secret: s, a: { jwt: { alg: RS256 } } }"),
        manifest("bindings: { a: { evnt: b } }"),
        manifest("clients: { auth: secret }"),
        manifest("clients: { namespace: chat }"),
        manifest("enter: { call: login }"),
        manifest("namespaces: { /custom: rooms }"),
        manifest("refusal: { code: [{ a: b }] }"),
        manifest("refusal: { codes: data.code }"),
        manifest("fence: {}"),
        manifest("fence: { emit: ping }"),
        manifest("fence: { call: echo, expect: pong }"),
        manifest("dialect: { replies: never }"),
        manifest("dialect: { speaks: websocket, envelope: { data: data } }"),
        manifest("dialect: { speaks: websocket, envelope: xml }"),
        manifest("timing: { within: 5 }"),
        manifest("profiles: { a: { lack: [b] } }"),
    ] {
        assert!(!is_right(&text), "{text}");
        let problems = load(&text).expect_err(&text);
        assert!(
            problems.iter().all(|problem| problem.span.is_some()),
            "{problems:?}"
        );
    }
}
