//! Tests of the schema of manifests: it is committed, and it accepts and refuses the same manifests as the loader.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::{
    scenario::{Diagnostic, SourceFile},
    schema_checks,
    targets::load_manifest_in,
};

fn load(text: &str) -> Result<(), Vec<Diagnostic>> {
    let source = SourceFile::from_bytes("t.yaml".as_ref(), text.into()).unwrap();
    let environment = |_: &str| Some("x".to_owned());
    load_manifest_in(source, "/targets".into(), &environment).map(drop)
}

/// Removes what the schema for editors lacks.
fn remove_kinds_of_names(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            keys.retain(|key, _| key != NAMES && key != NAMED_KEYS);
            keys.values_mut().for_each(remove_kinds_of_names);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_kinds_of_names),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_right(text: &str) -> bool {
    schema_checks::is_valid(&schema(), text)
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let mut schema = schema();
    remove_kinds_of_names(&mut schema);
    let schema = schemars::Schema::try_from(schema).unwrap();
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
        manifest("rules: [no-such-rule]"),
        manifest("rules: [{ max-rooms: many }]"),
        manifest("rules: [{ rate: often }]"),
        manifest("text_unit: graphemes"),
        manifest("credentials: { private_key: key.pem }"),
        manifest("credentials: { private_key: { algorithm: RS256 } }"),
        manifest("credentials: { private_key: { pem: x, algorithm: RS512 } }"),
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
