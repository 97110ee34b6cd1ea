//! Tests that docs/targets.md and docs/baselines.md agree with the files that the program accepts.

use std::collections::BTreeSet;

use serde_json::Value;
use sockspec::cli::Exit;

use crate::support::Test;

const TARGETS: &str = include_str!("../../docs/targets.md");
const BASELINES: &str = include_str!("../../docs/baselines.md");

/// Returns every code block of `page` in this language.
fn blocks(page: &'static str, language: &str) -> Vec<&'static str> {
    let blocks = page.split("```").skip(1).step_by(2);
    blocks
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .collect()
}

/// Collects the names of keys and the words of choices in a schema.
fn words(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let properties = fields.get("properties").and_then(Value::as_object);
            found.extend(properties.into_iter().flat_map(|keys| keys.keys().cloned()));
            let choices = fields.get("enum").and_then(Value::as_array);
            let choices = choices.into_iter().flatten().filter_map(Value::as_str);
            found.extend(choices.map(str::to_owned));
            for field in fields.values() {
                words(field, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        _ => {}
    }
}

#[track_caller]
fn names_everything(page: &str, schema: &str) {
    let mut found = BTreeSet::new();
    words(&serde_json::from_str(schema).unwrap(), &mut found);
    assert!(found.len() > 5);
    let missing: Vec<_> = found
        .iter()
        .filter(|word| !page.contains(&format!("`{word}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn example_files_have_no_mistakes() {
    let targets = blocks(TARGETS, "yaml target");
    let baselines = blocks(BASELINES, "yaml baseline");
    assert!(targets.len() > 3 && !baselines.is_empty());
    for text in targets.into_iter().chain(baselines) {
        Test::new()
            .file("example.yaml", text)
            .env("JWT_SECRET", "hidden-value")
            .env("BANNED_TOKEN", "hidden-value")
            .env("PASSWORD", "hidden-value")
            .args(["check", "example.yaml"])
            .status(Exit::Conformant)
            .stdout(if text.contains("deviations:") {
                "1 baseline: no mistakes\n"
            } else {
                "1 manifest: no mistakes\n"
            });
    }
}

/// The scenario ids in the examples of the docs exist; the program reports unknown ids.
#[test]
fn scenarios_of_examples_exist() {
    for text in blocks(BASELINES, "yaml baseline") {
        let finished = Test::new()
            .file("example.yaml", text)
            .args(["run", "acks/value-returned", "--baseline", "example.yaml"])
            .status(Exit::Conformant);
        let out = finished.out();
        assert!(!out.contains("no known scenario"), "{out}");
    }
}

#[test]
fn pages_name_everything_that_the_files_can_hold() {
    names_everything(TARGETS, include_str!("../../schemas/target.json"));
    names_everything(BASELINES, include_str!("../../schemas/baseline.json"));
}
