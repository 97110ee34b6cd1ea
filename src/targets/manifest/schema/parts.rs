//! The schemas of the larger keys of a manifest.

use serde_json::{Map, Value, json};

use crate::scenario::{REPORT_FIELDS, RefusalReason};

/// Returns the schema of a mapping that accepts only `keys`.
pub(super) fn mapping(keys: &[(&str, Value, &str)], required: &[&str]) -> Value {
    let properties: Map<_, _> = keys
        .iter()
        .map(|(name, kind, meaning)| {
            let mut kind = kind.clone();
            kind["description"] = json!(meaning);
            ((*name).to_owned(), kind)
        })
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Returns the schema of `credentials`.
pub(super) fn credentials(text: &Value) -> Value {
    let mut jwt = mapping(
        &[
            (
                "alg",
                json!({ "enum": ["HS256", "HS384", "HS512", "none"] }),
                "the algorithm of the signature",
            ),
            (
                "expires",
                json!({ "type": "string" }),
                "when the token expires, counted from its signing: `1h`, `-60s`",
            ),
            (
                "not_before",
                json!({ "type": "string" }),
                "when the token becomes valid, counted from its signing: `60s`",
            ),
            (
                "secret",
                text.clone(),
                "the secret of this token; by default the secret of all credentials",
            ),
        ],
        &[],
    );
    // Any other key of `jwt:` is a claim of the token.
    jwt["additionalProperties"] = json!(true);
    let token = mapping(&[("jwt", jwt, "a token that sockspec signs")], &["jwt"]);
    json!({
        "type": "object",
        "properties": { "secret": { "type": ["string", "number"], "description": "the secret that signs the tokens" } },
        "additionalProperties": { "anyOf": [text, token] },
    })
}

/// Returns the schema of `refusals`.
pub(super) fn refusals(text: &Value, any: &Value) -> Value {
    let keys = REPORT_FIELDS.iter();
    let keys: Vec<_> = keys
        .map(|key| (*key, any.clone(), "an expectation"))
        .collect();
    let report = mapping(&keys, &[]);
    let report = json!({ "anyOf": [text, report] });
    let reasons =
        RefusalReason::ALL.map(|reason| (reason.name(), report.clone(), reason.meaning()));
    json!({ "anyOf": [{ "const": "contract" }, mapping(&reasons, &[])] })
}

/// Returns the schema of `refusal`.
pub(super) fn refusal(names: &Value) -> Value {
    let keys = REPORT_FIELDS.iter();
    let keys: Vec<_> = keys
        .map(|key| (*key, names.clone(), "the place, or a list of places"))
        .collect();
    mapping(&keys, &[])
}
