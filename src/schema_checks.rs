//! Checks of JSON Schemas that several tests share. Each module with a schema tests it with these functions.

use std::{env, fs, path::PathBuf};

use serde_json::Value;

use crate::scenario::{Node, SourceFile};

/// Returns a YAML file as JSON, in the form in which an editor checks it against a schema.
pub(crate) fn as_json(text: &str) -> Value {
    let source = SourceFile::from_bytes("file.yaml".as_ref(), text.into()).unwrap();
    Node::parse(&source).unwrap().to_data().to_json()
}

/// Returns true if the schema accepts the YAML file with this text.
pub(crate) fn is_valid(schema: &Value, text: &str) -> bool {
    jsonschema::validator_for(schema)
        .unwrap()
        .is_valid(&as_json(text))
}

/// Compares a generated schema with the committed file `schemas/NAME`. With `UPDATE_SCHEMAS=1` it writes the file.
pub(crate) fn assert_committed(name: &str, schema: &schemars::Schema) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("schemas")
        .join(name);
    let generated = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == generated,
        "schemas/{name} is not what the types say; run the tests with UPDATE_SCHEMAS=1"
    );
}
