//! Tests that compare the schema with the loader.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use jsonschema::Validator;
use serde_json::Value;

use super::build::schema;
use crate::{
    scenario::{Known, Others, SourceFile, Verb, load, load::EVERYTHING},
    schema_checks,
};

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

fn source(text: &str) -> Arc<SourceFile> {
    SourceFile::from_bytes("s.yaml".as_ref(), text.into()).unwrap()
}

/// Returns the JSON pointers to the places in a scenario file that the schema does not accept.
fn complaints(validator: &Validator, text: &str) -> Vec<String> {
    let file = schema_checks::as_json(text);
    let errors = validator.iter_errors(&file);
    errors
        .map(|error| error.instance_path().to_string())
        .collect()
}

/// Returns the keys that the loader accepts in the mapping `what`. `text` is a file with an unknown key in that
/// mapping: the hint about the unknown key lists all known ones.
fn taken(text: &str, what: &str) -> BTreeSet<String> {
    let known = Known {
        requirements: None,
        faults: None,
        others: Others::Refused,
    };
    let problems = load(source(text), known).unwrap_err();
    let start = format!("{what} takes ");
    let list = problems
        .iter()
        .filter_map(|problem| problem.help.as_deref()?.strip_prefix(&start))
        .next();
    let list = list.unwrap_or_else(|| panic!("no key of {what} is refused: {problems:?}"));
    // The hint writes the keys in backticks, so every second piece is a key.
    let names = list.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

fn keys(schema: &Value) -> BTreeSet<String> {
    let properties = schema["properties"].as_object().unwrap();
    properties.keys().cloned().collect()
}

/// A key that does not resemble any known key.
const STRANGE: &str = "qqqqqqqqqqqqqqqq: 1";

#[test]
fn the_committed_schema_is_up_to_date() {
    let schema = schemars::Schema::try_from(schema()).unwrap();
    schema_checks::assert_committed("scenario.json", &schema);
}

#[test]
fn every_verb_has_the_keys_that_the_loader_takes() {
    let schema = schema();
    let forms = schema["$defs"]["step"]["anyOf"].as_array().unwrap();
    let verbs: Vec<_> = Verb::ALL.iter().map(|verb| verb.name()).collect();
    for (verb, form) in verbs.iter().zip(forms.iter().skip(1)) {
        let value = match *verb {
            "http" => "GET /",
            "open" => "websocket",
            "parallel" => "[alive]",
            "repeat" => "2",
            "alive" | "closed" | "connect" | "disconnect" | "frame" => "",
            _ => "x",
        };
        let text = format!(
            "scenarios:\n- id: a\n  title: T\n  clients: [x]\n  steps:\n  - {verb}: {value}\n    {STRANGE}\n"
        );
        assert_eq!(keys(form), taken(&text, &format!("`{verb}`")), "{verb}");
    }
}

#[test]
fn other_mappings_have_the_keys_that_the_loader_takes() {
    let schema = schema();
    let text = format!(
        "{STRANGE}\nscenarios:\n- id: a\n  title: T\n  {STRANGE}\n  clients: {{ x: {{ {STRANGE} }} }}\n  steps:\n  \
         - receive: {{ frame: {{ {STRANGE} }} }}\n  - receive: {{ http: {{ {STRANGE} }} }}\n"
    );
    assert_eq!(keys(&schema), taken(&text, "a scenario file"));
    for (name, what) in [
        ("scenario", "a scenario"),
        ("client", "a client"),
        ("received-frame", "a frame"),
        ("http-response", "an HTTP response"),
    ] {
        assert_eq!(keys(&schema["$defs"][name]), taken(&text, what), "{what}");
    }
}

#[test]
fn files_that_load_are_valid_by_the_schema() {
    let validator = validator();
    let mut texts = vec![("everything".into(), EVERYTHING.to_owned())];
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("specs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("requirements") {
                folders.push(path);
            } else if path.is_file() {
                let text = fs::read_to_string(&path).unwrap();
                texts.push((path, text));
            }
        }
    }
    assert!(texts.len() > 10);
    let wrong: Vec<_> = texts
        .iter()
        .map(|(path, text)| (path, complaints(&validator, text)))
        .filter(|(_, complaints)| !complaints.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_schema_and_the_loader_reject_the_same_wrong_files() {
    let validator = validator();
    let scenario = |rest: &str| format!("scenarios:\n- id: a\n  title: T\n  clients: [x]\n{rest}");
    let step = |step: &str| scenario(&format!("  steps:\n  - {step}\n  - alive\n"));
    for text in [
        "topic: T\n".to_owned(),
        "scenarios: []\n".to_owned(),
        "scenarios: [5]\n".to_owned(),
        "scenarios:\n- id: a\n  steps: [alive]\n".to_owned(),
        "scenarios:\n- id: A b\n  title: T\n  steps: [alive]\n".to_owned(),
        scenario("  steps: []\n"),
        scenario("  steps: [alive]\n  levle: must\n"),
        scenario("  steps: [alive]\n  level: most\n"),
        scenario("  steps: [alive]\n  tier: fast\n"),
        scenario("  steps: [alive]\n  transport: [pigeon]\n"),
        scenario("  steps: [alive]\n  settle: 5\n"),
        scenario("  steps: [alive]\n  exclusive: maybe\n"),
        scenario("  steps: [alive]\n  without: [one-ack]\n"),
        scenario("  steps: [alive]\n  vars: { a-b: 1 }\n"),
        step("emti: e"),
        step("emit: e\n    wiht: 1"),
        step("emit: [e]"),
        step("emit: e\n    with: { $regex: a }"),
        step("call: e\n    emit: e"),
        step("call: e\n    no-reply: perhaps"),
        step("expect: e\n    with: <strng>"),
        step("expect: e\n    with: { a: { $regx: a } }"),
        step("expect: e\n    with: { $gt: 1, x: 2 }"),
        step("expect: e\n    count: many"),
        step("expect: e\n    within: 5"),
        step("deliver: e"),
        step("connect: chat"),
        step("disconnect:\n    how: politely"),
        step("closed: { how: [softly] }"),
        step("open: carrier"),
        step("frame: { opcode: 16 }"),
        step("frame: { rsv: x }"),
        step("receive: { packt: 1 }"),
        step("send: { text: x }"),
        step("repeat: 0\n    steps: [alive]"),
        step("repeat: 2"),
        step("parallel: []"),
        step("check: [x]"),
        step("alive: now"),
        step("expect: e\n    accept: { lenent: { with: 1 } }"),
    ] {
        assert!(!complaints(&validator, &text).is_empty(), "{text}");
        let known = Known {
            requirements: None,
            faults: None,
            others: Others::Refused,
        };
        let problems = load(source(&text), known).expect_err(&text);
        assert!(
            problems.iter().all(|problem| problem.span.is_some()),
            "{problems:?}"
        );
    }
}
