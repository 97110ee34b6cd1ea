//! The JSON Schema of baselines, for editors. A test compares `schemas/baseline.json` with the reader.

use serde_json::{Value, json};

use super::file::tests::written;
use crate::{runner::FailureKind, schema_checks};

fn schema() -> Value {
    let text = json!({ "type": ["string", "number", "boolean"] });
    let described = |kind: &Value, meaning: &str| {
        let mut kind = kind.clone();
        kind["description"] = json!(meaning);
        kind
    };
    let kinds: Vec<_> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A baseline of sockspec",
        "type": "object",
        "properties": {
            "target": described(&text, "the name of the target that this baseline is for"),
            "stack": described(&text, "the stack of the target, such as a framework; the entries with `stack: true` are what it does by itself"),
            "deviations": {
                "description": "the known deviations and their reasons; an entry that is no longer true makes the run fail",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": described(&text, "the scenario's id; add `@polling` or another transport if the entry is for that transport only"),
                        "verdict": { "enum": ["fail", "warn", "error"], "description": "the verdict of the scenario" },
                        "kind": {
                            "anyOf": [{ "enum": kinds }, { "type": "array", "items": { "enum": kinds }, "minItems": 1 }],
                            "description": "the kind of failure, or a list of kinds; without `kind`, the entry covers every kind",
                        },
                        "flaky": { "type": "boolean", "description": "true if the scenario sometimes has a better verdict than `verdict`" },
                        "stack": { "type": "boolean", "description": "true if the target's stack behaves so by itself, whatever the application" },
                        "because": {
                            "enum": ["defect", "difference", "ours"],
                            "description": "the cause: `defect` (of the target), `difference` (legitimate) or `ours` (of the scenario)",
                        },
                        "reason": described(&text, "what is wrong, in one line"),
                    },
                    "required": ["id", "verdict", "reason"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["deviations"],
        "additionalProperties": false,
    })
}

fn is_right(text: &str) -> bool {
    schema_checks::is_valid(&schema(), text)
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let schema = schemars::Schema::try_from(schema()).unwrap();
    schema_checks::assert_committed("baseline.json", &schema);
}

#[test]
fn the_schema_and_the_reader_accept_the_same_files() {
    let deviation = |rest: &str| format!("target: mine\ndeviations:\n- {{ id: a/b, {rest} }}\n");
    for text in [
        deviation("verdict: fail, reason: x"),
        deviation("verdict: fail, kind: not-delivered, reason: x"),
        deviation("verdict: fail, kind: [not-delivered, too-early], reason: x"),
        deviation("verdict: error, flaky: true, because: ours, reason: x"),
        format!(
            "stack: s-1\n{}",
            deviation("verdict: warn, stack: true, reason: x")
        ),
        "deviations: []\n".to_owned(),
    ] {
        let read = written(&text).unwrap();
        assert!(is_right(&text) && is_right(&read.to_yaml()), "{text}");
    }
    for text in [
        "target: mine\n".to_owned(),
        "deviations: {}\n".to_owned(),
        "deviations: [a]\n".to_owned(),
        "deviations: []\ntargt: mine\n".to_owned(),
        deviation("verdict: pass, reason: x"),
        deviation("reason: x"),
        deviation("verdict: fail"),
        deviation("verdict: fail, flaky: seldom, reason: x"),
        deviation("verdict: fail, stack: socket.io-4, reason: x"),
        deviation("verdict: fail, kind: odd, reason: x"),
        deviation("verdict: fail, kind: [odd], reason: x"),
        deviation("verdict: fail, kind: [], reason: x"),
        deviation("verdict: fail, because: theirs, reason: x"),
        deviation("verdict: fail, reason: x, why: y"),
    ] {
        assert!(!is_right(&text), "{text}");
        let problems = written(&text).expect_err(&text);
        assert!(
            problems.iter().all(|problem| problem.span.is_some()),
            "{problems:?}"
        );
    }
}
