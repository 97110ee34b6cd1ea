//! Expressions over variables, which scenarios write as `${ … }`. The loader compiles them when it reads a file.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use super::{
    Scope,
    expression_value::{from_data, to_data},
    functions::{self, Minted},
    jwt::JwtAlgorithm,
    scope::{CLAIMS, MINTED, SECRET},
    template_error::TemplateError,
};
use crate::data::Data;

/// The limit on the work of evaluating one expression, in MiniJinja's unit `fuel`. A comparison or a function call
/// takes about ten units.
const FUEL: u64 = 1_000_000;

/// The limit, in bytes, on a value whose size depends on the server's open packet, such as `repeat('x',
/// sender.handshake.maxPayload)`.
const MAX_CHOSEN_BY_SERVER: usize = 16_000_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // MiniJinja's built-in functions with these names would hide variables of the scenario with the same names.
    for name in ["debug", "dict", "namespace", "range"] {
        environment.remove_global(name);
    }
    functions::register(&mut environment);
    environment
});

/// A compiled expression: the text between `${` and `}`.
#[derive(Clone)]
pub(crate) struct Expression {
    source: Arc<str>,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
    /// The names of the variables that the expression reads, each with the field that is read: `sender.sid`.
    variables: Arc<[String]>,
    /// All words of the expression that can be variables. `variables` is incomplete, because MiniJinja does not report
    /// a variable in front of a slice (`sid[:3]`).
    words: Arc<[String]>,
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// Returns a description of the syntax error.
    pub(crate) fn compile(source: &str) -> Result<Self, String> {
        let source = source.trim();
        if source.is_empty() {
            return Err("it is empty".to_owned());
        }
        let compiled = ENVIRONMENT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| detail(&error))?;
        let mut variables: Vec<String> = compiled
            .undeclared_variables(true)
            .into_iter()
            .filter(|name| !is_function(name))
            .collect();
        variables.sort_unstable();
        Ok(Self {
            source: source.into(),
            compiled: Arc::new(compiled),
            variables: variables.into(),
            words: words(source),
        })
    }

    /// Returns the expression as the scenario writes it.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Returns the variables that the expression reads.
    pub(crate) fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Returns true if the expression signs a token (`jwt(…)`) with the secret of the target. It does not if it names
    /// another secret, or if the token stays unsigned.
    pub(crate) fn signs_with_secret(&self) -> bool {
        let has = |word| words_in(&self.source).any(|found| found == word);
        has("jwt") && !has("secret") && !has(JwtAlgorithm::None.name())
    }

    /// Returns true if the value is known before a run and quick to compute: the expression reads no variable, does
    /// not depend on the target, and builds nothing large.
    pub(crate) fn is_constant(&self) -> bool {
        const OTHERS: &[&str] = &["echo", "random_bytes", "repeat"];
        // MiniJinja does not report a variable in front of a slice (`sid[:3]`), so `variables` can be
        // empty although the expression reads a variable.
        let has_slice = self.source.contains('[');
        let mut words = words_in(&self.source);
        self.variables.is_empty() && !has_slice && !words.any(|word| OTHERS.contains(&word))
    }

    /// Computes the value of the expression with the variables in `scope`.
    pub(crate) fn evaluate(&self, scope: &Scope) -> Result<Data, TemplateError> {
        let heads = self
            .words
            .iter()
            .map(String::as_str)
            // Two functions read variables that the expression does not name: `jwt` reads the target's secret and
            // claims, and `echo` reads the form of the target's echo messages.
            .chain([CLAIMS, SECRET, functions::ECHO_FORM]);
        let minted = self.source.contains("jwt").then(|| {
            let minted = Minted(Arc::clone(scope.minted()));
            (MINTED.to_owned(), Value::from_object(minted))
        });
        let context = Value::from_pairs(
            heads
                .filter_map(|name| Some((name.to_owned(), variable(name, scope)?)))
                .chain(minted),
        );
        self.compiled
            .eval(context)
            .and_then(|value| to_data(&value, 0))
            .map_err(|error| self.failure(&error, scope))
            .and_then(|data| self.check_size(data))
    }

    /// Returns `data`. Returns an error if `data` is too large and its size can come from the server, because the
    /// expression reads a field of the open packet.
    fn check_size(&self, data: Data) -> Result<Data, TemplateError> {
        let length = match &data {
            Data::String(text) => text.len(),
            Data::Bytes(bytes) => bytes.len(),
            _ => return Ok(data),
        };
        match self.handshake_fields().next() {
            Some((_, field)) if length > MAX_CHOSEN_BY_SERVER => Err(too_large(field)),
            _ => Ok(data),
        }
    }

    /// Returns the fields of open packets (Engine.IO handshakes) that the expression reads, each with the client that
    /// received the packet: (`sender`, `maxPayload`) for `sender.handshake.maxPayload`.
    fn handshake_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .filter_map(|name| name.split_once(".handshake."))
    }

    fn failure(&self, error: &minijinja::Error, scope: &Scope) -> TemplateError {
        if error.kind() == ErrorKind::UndefinedError
            && let Some(name) = self
                .variables
                .iter()
                .find(|name| variable(head(name), scope).is_none())
        {
            return TemplateError::Unset {
                name: head(name).to_owned(),
            };
        }
        for (client, field) in self.handshake_fields() {
            let Some(client) = scope.get(client) else {
                continue;
            };
            let value = client
                .get("handshake")
                .and_then(|handshake| handshake.get(field));
            if value.is_none_or(|value| *value == Data::Null) {
                return TemplateError::MissingHandshakeField {
                    field: field.to_owned(),
                };
            }
            if error.kind() == ErrorKind::OutOfFuel {
                return too_large(field);
            }
        }
        TemplateError::Expression {
            expression: self.source.to_string(),
            detail: detail(error),
        }
    }
}

fn too_large(field: &str) -> TemplateError {
    TemplateError::TooLarge {
        field: field.to_owned(),
        limit: MAX_CHOSEN_BY_SERVER,
    }
}

/// Returns the words of an expression that can be variables, without duplicates. The result includes words inside
/// quoted texts, which is harmless.
fn words(source: &str) -> Arc<[String]> {
    let mut words: Vec<String> = words_in(source)
        .filter(|word| !is_function(word))
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words.dedup();
    words.into()
}

/// Returns the words of an expression: names, keywords, and the words in its texts.
fn words_in(source: &str) -> impl Iterator<Item = &str> {
    let words = source.split(|character: char| !character.is_alphanumeric() && character != '_');
    words.filter(|word| !word.is_empty())
}

/// Returns the names of all functions that expressions can call.
pub(crate) fn function_names() -> Vec<&'static str> {
    ENVIRONMENT.globals().map(|(name, _)| name).collect()
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "${{ {} }}", self.source)
    }
}

fn is_function(name: &str) -> bool {
    ENVIRONMENT.globals().any(|(global, _)| global == name)
}

fn head(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Returns MiniJinja's error message without the position in the expression.
fn detail(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

/// Returns the value of a variable. If `name` is a group of clients, the value is a map from each member's number to
/// the member.
fn variable(name: &str, scope: &Scope) -> Option<Value> {
    if let Some(data) = scope.get(name) {
        return Some(from_data(data));
    }
    scope
        .group(name)
        .map(|group| Value::from_dyn_object(Arc::clone(group)))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn evaluate(source: &str, scope: &Scope) -> Result<Data, TemplateError> {
        Expression::compile(source).unwrap().evaluate(scope)
    }

    #[test]
    fn a_variable_in_front_of_a_slice_is_set() {
        let mut scope = Scope::default();
        scope.set("sid", Data::from("abcdef"));
        let expression = Expression::compile("sid[:3] == 'abc'").unwrap();
        assert_eq!(expression.evaluate(&scope), Ok(Data::Bool(true)));
    }

    #[test]
    fn values_keep_their_types_through_an_expression() {
        let mut scope = Scope::default();
        let value = Data::object([
            ("z", Data::Bytes(Bytes::from_static(&[0, 255]))),
            (
                "a",
                Data::Array(vec![Data::Null, Data::from(true), Data::from(u64::MAX)]),
            ),
        ]);
        scope.set("value", value.clone());
        assert_eq!(evaluate("value", &scope), Ok(value));
    }

    #[test]
    fn group_members_are_counted_from_one() {
        let mut scope = Scope::default();
        for number in 1..=2_u64 {
            scope.set(
                format!("watchers[{number}]"),
                Data::object([("sid", Data::from(format!("s{number}")))]),
            );
        }
        assert_eq!(evaluate("watchers[2].sid", &scope), Ok(Data::from("s2")));
    }

    #[test]
    fn missing_variable_is_named() {
        assert_eq!(
            evaluate("nobody.sid", &Scope::default()),
            Err(TemplateError::Unset {
                name: "nobody".to_owned()
            })
        );
    }

    #[test]
    fn a_field_that_the_open_packet_lacks_is_named() {
        let mut scope = Scope::default();
        let handshake = Data::object([("sid", Data::from("abc"))]);
        scope.set("sender", Data::object([("handshake", handshake)]));
        for source in [
            "repeat('x', sender.handshake.maxPayload // 2)",
            "sender.handshake.maxPayload",
        ] {
            let error = evaluate(source, &scope).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the open packet has no field `maxPayload`",
                "{source}"
            );
        }
    }

    #[test]
    fn a_limit_of_the_target_can_make_a_value_too_large() {
        for (limit, asks_too_much) in [
            (16_000_000_u64, false),
            (16_000_001, true),
            (100_000_000, true),
        ] {
            let mut scope = Scope::default();
            let handshake = Data::object([("maxPayload", Data::from(limit))]);
            scope.set("sender", Data::object([("handshake", handshake)]));
            for source in [
                "repeat('x', sender.handshake.maxPayload)",
                "bytes(sender.handshake.maxPayload)",
            ] {
                let value = evaluate(source, &scope);
                assert_eq!(
                    matches!(
                        value,
                        Err(TemplateError::TooLarge {
                            limit: 16_000_000,
                            ..
                        })
                    ),
                    asks_too_much,
                    "{source} {limit}"
                );
                assert_eq!(value.is_err(), asks_too_much);
            }
        }
    }

    #[test]
    fn an_expression_that_takes_too_much_work_is_stopped() {
        let result = evaluate(
            "range(100000) | map('string') | join(',') | length * 0 + range(100000)|sum",
            &Scope::default(),
        );
        assert!(matches!(
            result,
            Err(TemplateError::Expression { .. }) | Ok(_)
        ));
        let result = evaluate("repeat('a', 999999999999)", &Scope::default());
        assert!(
            matches!(result, Err(TemplateError::Expression { .. })),
            "{result:?}"
        );
    }
}
