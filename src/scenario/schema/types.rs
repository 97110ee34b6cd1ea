//! The JSON Schemas of the types of values in scenario files. The field `kind` of a key in the tables of keys names one
//! of these types.

use serde_json::{Value, json};

use crate::scenario::{
    CloseHow, DisconnectHow, Invariant, Level, OPERATORS, OpenLayer, Order, PLACEHOLDERS, Reading,
    Tier, Transport,
    keys::{FRAME_KIND, INCOMING, Key, SENT_PACKET},
    reading::frames::OPCODES,
    word::Word,
};

/// Returns a JSON Schema reference to the type `name`.
pub(super) fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Returns the types whose schemas don't list keys of scenario files, each with its name and schema.
pub(super) fn plain_types() -> Vec<(&'static str, Value)> {
    let or_row = |schema: Value| json!({ "anyOf": [schema, refer("row-value")] });
    let choice = |words: &[&str]| or_row(json!({ "enum": words }));
    let some = |name: &str| or_row(json!({ "type": "array", "items": refer(name) }));
    let one_or_some =
        |schema: Value| json!({ "anyOf": [schema, { "type": "array", "items": schema }] });
    // An author can write a text such as `5` without quotes. YAML reads it as a number, but the loader accepts it as a
    // text.
    let scalar = json!({ "type": ["string", "number", "boolean", "null"] });
    let pairs = |value: Value| or_row(json!({ "type": "object", "additionalProperties": value }));
    vec![
        (
            "row-value",
            json!({
                "description": "A variable whose value is used: `$name`.",
                "type": "string",
                "pattern": r"^\$",
            }),
        ),
        (
            "nothing",
            json!({ "anyOf": [{ "type": "null" }, { "type": "object", "maxProperties": 0 }] }),
        ),
        (
            "text",
            json!({ "type": ["string", "number", "boolean"], "pattern": r"\S" }),
        ),
        ("any-text", scalar.clone()),
        ("event", json!({ "type": ["string", "number", "boolean"] })),
        (
            "id",
            json!({ "type": ["string", "number"], "pattern": r"^[a-z0-9._]+([-/][a-z0-9._]+)*$" }),
        ),
        ("flag", or_row(json!({ "type": "boolean" }))),
        (
            "silence",
            json!({ "anyOf": [refer("flag"), { "const": "success" }] }),
        ),
        ("whole", or_row(json!({ "type": "integer", "minimum": 0 }))),
        (
            "duration",
            json!({
                "description": "A duration with its unit: `200ms`, `5s`, `1m 30s`.",
                "type": "string",
                "pattern": r"^(\$.*|[0-9].*[a-z])$",
            }),
        ),
        ("wait", refer("duration")),
        ("names", one_or_some(refer("text"))),
        (
            "invariants",
            one_or_some(choice(&Invariant::ids().collect::<Vec<_>>())),
        ),
        ("level", choice(&words::<Level>())),
        ("tier", choice(&words::<Tier>())),
        ("transport", choice(&words::<Transport>())),
        ("transports", one_or_some(refer("transport"))),
        ("layer", choice(&words::<OpenLayer>())),
        ("order", choice(&words::<Order>())),
        ("reading", choice(&words::<Reading>())),
        ("farewell", choice(&words::<DisconnectHow>())),
        ("endings", one_or_some(choice(&words::<CloseHow>()))),
        (
            "opcode",
            json!({ "anyOf": [
            choice(&names_of(OPCODES)),
            { "type": "integer", "minimum": 0, "maximum": 15 },
        ] }),
        ),
        (
            "length-form",
            json!({ "anyOf": [{ "enum": [16, 64, "16", "64"] }, { "type": "string", "pattern": r"^\$" }] }),
        ),
        (
            "namespace",
            json!({
                "anyOf": [refer("nothing"), { "type": "string", "pattern": r"^[/$]" }],
            }),
        ),
        (
            "times",
            json!({
                "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 100_000 }, refer("row-value")],
            }),
        ),
        (
            "pairs",
            pairs(json!({ "anyOf": [scalar, { "type": "array" }] })),
        ),
        ("expected-pairs", pairs(refer("expectation"))),
        (
            "variables",
            json!({
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
                "additionalProperties": refer("expectation"),
            }),
        ),
        (
            "rows",
            json!({ "type": "array", "minItems": 1, "items": { "type": "object" } }),
        ),
        (
            "steps",
            json!({ "type": "array", "minItems": 1, "items": refer("step") }),
        ),
        (
            "scenarios",
            json!({ "type": "array", "minItems": 1, "items": refer("scenario") }),
        ),
        (
            "clients",
            json!({ "anyOf": [
            { "type": "array", "items": { "type": "string" } },
            { "type": "object", "additionalProperties": { "anyOf": [{ "type": "null" }, refer("client")] } },
        ] }),
        ),
        (
            "accept",
            json!({ "anyOf": [
            { "type": "null" },
            refer("row-value"),
            {
                "type": "object",
                "minProperties": 1,
                "properties": { "strict": { "type": "object" }, "lenient": { "type": "object" } },
                "additionalProperties": false,
            },
        ] }),
        ),
        ("packets", one_or_some(refer("packet"))),
        (
            "packet",
            json!({ "anyOf": [{ "type": "string" }, one_of_keys(SENT_PACKET)] }),
        ),
        (
            "incoming",
            json!({ "anyOf": [
            { "type": "string" },
            refer("operators"),
            one_of_keys(INCOMING),
        ] }),
        ),
        (
            "unwanted",
            json!({ "anyOf": [refer("event"), one_of_keys(&[FRAME_KIND])] }),
        ),
        ("values", some("value")),
        ("expectations", some("expectation")),
        ("value", value()),
        ("expectation", expectation()),
        ("operators", operators()),
    ]
}

/// Returns the schema of a mapping with these keys.
pub(super) fn mapping(keys: &[&[Key]]) -> Value {
    let keys = || keys.iter().copied().flatten();
    let properties: serde_json::Map<_, _> = keys()
        .map(|key| {
            let mut schema = refer(key.kind);
            schema["description"] = json!(key.meaning);
            (key.name.to_owned(), schema)
        })
        .collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let required: Vec<_> = keys()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// Returns the schema of a mapping with exactly one of these keys.
fn one_of_keys(keys: &[Key]) -> Value {
    let mut schema = mapping(&[keys]);
    schema["minProperties"] = json!(1);
    schema["maxProperties"] = json!(1);
    schema
}

/// Returns the words of a type that files write as one word.
fn words<T: Word>() -> Vec<&'static str> {
    names_of(T::WORDS)
}

fn names_of<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

/// Returns the schema of an object with values of type `kind`. Excludes keys that start with one `$`, which are
/// operators.
fn fields_of(kind: &str) -> Value {
    json!({
        "type": "object",
        "propertyNames": { "not": { "pattern": r"^\$[^$]" } },
        "additionalProperties": refer(kind),
    })
}

fn value() -> Value {
    let content = json!({ "type": ["string", "integer"] });
    json!({
        "description": "A value to send: a literal with `$name` and `${ expression }` in it.",
        "anyOf": [
            { "type": ["string", "number", "boolean", "null"] },
            { "type": "array", "items": refer("value") },
            {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "properties": { "$bytes": content, "$file": { "type": "string" } },
                "additionalProperties": false,
            },
            fields_of("value"),
        ],
    })
}

fn expectation() -> Value {
    let names: Vec<_> = PLACEHOLDERS.iter().map(|(name, _)| *name).collect();
    let known = format!(
        "^< *({}) *( as +[A-Za-z_][A-Za-z0-9_]* *)?>$",
        names.join("|")
    );
    json!({
        "description": "A value to expect; placeholders and operators can stand anywhere inside.",
        "anyOf": [
            { "type": ["number", "boolean", "null"] },
            // A text in angle brackets is accepted only if it is a known placeholder, such as `<string>`.
            {
                "type": "string",
                "anyOf": [
                    { "not": { "pattern": "^< *[a-z][a-z0-9-]* *( as .*)?>$" } },
                    { "pattern": known },
                ],
            },
            { "type": "array", "items": refer("expectation") },
            refer("operators"),
            fields_of("expectation"),
        ],
    })
}

fn operators() -> Value {
    let list = json!({ "anyOf": [
        { "type": "array", "items": refer("expectation") },
        refer("row-value"),
    ] });
    let properties: serde_json::Map<_, _> = OPERATORS
        .iter()
        .map(|(name, meaning)| {
            let mut operand = match *name {
                "$bytes" => json!({ "type": ["string", "integer"] }),
                "$file" | "$regex" => json!({ "type": "string" }),
                "$oneOf" | "$unordered" => list.clone(),
                "$schema" => json!({ "type": ["object", "boolean"] }),
                "$contains" | "$exactly" | "$json" | "$length" | "$not" => {
                    json!({ "allOf": [refer("expectation")] })
                }
                _ => json!({ "allOf": [refer("value")] }),
            };
            operand["description"] = json!(meaning);
            ((*name).to_owned(), operand)
        })
        .collect();
    json!({
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "additionalProperties": false,
    })
}
