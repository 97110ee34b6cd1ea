//! How the acknowledgements of a target report success and failure.

use super::normalise_refusal;
use crate::{
    data::Data,
    scenario::{Matcher, Scope},
};

/// The patterns of a target's acknowledgements, as the manifest describes them.
#[derive(Clone, Debug, Default)]
pub struct AckPatterns {
    /// An acknowledgement that reports success; `None` if every acknowledgement that reports no failure does.
    pub success: Option<AckPattern>,
    /// An acknowledgement that reports a failure; `None` if sockspec recognizes failures by the usual forms, such as
    /// `{success: false}`.
    pub failure: Option<AckPattern>,
}

/// The pattern of one acknowledgement.
#[derive(Clone, Debug)]
pub enum AckPattern {
    /// The only argument.
    Argument(Matcher),
    /// Each argument in order, such as `[null, $result]`. Further arguments are ignored.
    Arguments {
        /// The expectation of each argument; `None` for the result.
        patterns: Vec<Option<Matcher>>,
        /// The position of the result, which is the only argument that scenarios see.
        result: Option<usize>,
    },
}

impl AckPattern {
    /// Returns the expectation of each argument, in order. An argument without an expectation can be missing.
    pub fn expectations(&self) -> Vec<Option<&Matcher>> {
        match self {
            Self::Argument(pattern) => vec![Some(pattern)],
            Self::Arguments { patterns, .. } => patterns.iter().map(Option::as_ref).collect(),
        }
    }

    /// Returns true if an acknowledgement has this form.
    pub fn is_met_by(&self, args: &[Data]) -> bool {
        let has_right_number = match self {
            Self::Argument(_) => args.len() == 1,
            Self::Arguments { .. } => true,
        };
        let expectations = self.expectations();
        let mut pairs = expectations.iter().enumerate();
        has_right_number
            && pairs.all(|(index, pattern)| {
                pattern.is_none_or(|pattern| matches(pattern, args.get(index)))
            })
    }

    /// Returns the argument of an acknowledgement that reports a failure of this form.
    fn failure_in<'a>(&self, args: &'a [Data]) -> Option<&'a Data> {
        match self {
            Self::Argument(pattern) => args
                .iter()
                .find(|argument| matches(pattern, Some(argument))),
            Self::Arguments { result, .. } if self.is_met_by(args) => {
                let named = result.and_then(|result| args.get(result));
                let is_object = |argument: &&Data| argument.as_object().is_some();
                let is_text = |argument: &&Data| argument.as_str().is_some();
                named
                    .filter(|argument| **argument != Data::Null)
                    .or_else(|| args.iter().find(is_object))
                    // A text in front of the last one is a word for the failure, such as `error`.
                    .or_else(|| args.iter().rfind(is_text))
                    .or_else(|| args.iter().find(|argument| **argument != Data::Null))
            }
            Self::Arguments { .. } => None,
        }
    }
}

impl AckPatterns {
    /// Returns the failure that an acknowledgement reports, in the form of [`normalise_refusal`]. Returns `None` if it
    /// reports none.
    ///
    /// Without a pattern, an object is a failure if it has an `error` other than `null` and `false`, a `success` or
    /// `ok` of `false`, or the `status` `"error"`.
    pub fn failure_in(&self, args: &[Data]) -> Option<Data> {
        let reply = match &self.failure {
            Some(pattern) => pattern.failure_in(args),
            None => args.iter().find(|argument| is_failure(argument)),
        };
        reply.map(|reply| normalise_refusal(Some(reply)))
    }

    /// Returns the failure that an acknowledgement reports in the form that the manifest declares, as
    /// [`Self::failure_in`] does. Returns `None` if the manifest declares no form.
    pub fn declared_failure_in(&self, args: &[Data]) -> Option<Data> {
        self.failure.as_ref()?;
        self.failure_in(args)
    }

    /// Returns the arguments of an acknowledgement as scenarios see them: the result alone, if the manifest says which
    /// argument of a success is the result. Returns other acknowledgements unchanged.
    pub fn result(&self, args: Vec<Data>) -> Vec<Data> {
        match &self.success {
            Some(
                pattern @ AckPattern::Arguments {
                    result: Some(result),
                    ..
                },
            ) if pattern.is_met_by(&args) => args.into_iter().skip(*result).take(1).collect(),
            _ => args,
        }
    }

    /// Returns true if scenarios see other arguments of an acknowledgement than the target sends.
    pub fn has_result(&self) -> bool {
        matches!(
            self.success,
            Some(AckPattern::Arguments {
                result: Some(_),
                ..
            })
        )
    }
}

/// Returns true if a value meets a pattern of the manifest, which has no variables.
fn matches(pattern: &Matcher, value: Option<&Data>) -> bool {
    let checked = pattern.check(value, &Scope::default());
    checked.is_ok_and(|compared| compared.is_ok())
}

/// Returns true if an argument of an acknowledgement reports a failure in one of the usual forms.
fn is_failure(argument: &Data) -> bool {
    let denied = |name| argument.get(name).and_then(Data::as_bool) == Some(false);
    let error = argument
        .get("error")
        .is_some_and(|error| !matches!(error, Data::Null | Data::Bool(false)));
    let status = argument.get("status").and_then(Data::as_str) == Some("error");
    error || status || denied("success") || denied("ok")
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use serde_json::json;

    use super::*;
    use crate::{scenario::SourceFile, targets::load_manifest};

    fn patterns(text: &str) -> AckPatterns {
        let source = SourceFile {
            path: PathBuf::from("t.yaml"),
            text: format!("name: t\nurl: http://127.0.0.1:1\n{text}\n"),
        };
        let manifest = load_manifest(Arc::new(source), PathBuf::new()).unwrap();
        manifest.acknowledgements
    }

    fn args(values: serde_json::Value) -> Vec<Data> {
        let values = values.as_array().unwrap().iter().cloned();
        values.map(Data::from).collect()
    }

    #[test]
    fn callbacks_of_node_have_an_error_and_a_result() {
        let patterns = patterns("success: [null, $result]\nfailure: [{ message: <string> }]");
        let result = |given| Data::Array(patterns.result(args(given))).to_string();
        assert_eq!(result(json!([null, {"id": 7}])), r#"[{"id":7}]"#);
        assert_eq!(result(json!([null])), "[]");
        let refusal = json!([{"code": "E1", "message": "no"}]);
        assert_eq!(result(refusal.clone()), r#"[{"code":"E1","message":"no"}]"#);
        let failure = patterns.failure_in(&args(refusal)).unwrap();
        assert_eq!(failure.to_string(), r#"{"code":"E1","message":"no"}"#);
        assert_eq!(
            patterns.failure_in(&args(json!([null, {"message": "hi"}]))),
            None
        );
        let success = patterns.success.as_ref().unwrap();
        assert!(success.is_met_by(&args(json!([null]))));
        assert!(!success.is_met_by(&args(json!(["no"]))));
    }

    #[test]
    fn the_reason_of_a_failure_stands_behind_the_word_for_it() {
        for (failure, given, reason) in [
            ("[false, <string>]", json!([false, "a name"]), "a name"),
            ("[false, $result]", json!([false, "a name"]), "a name"),
            ("[error, <string>]", json!(["error", "a name"]), "a name"),
            ("[$result, 7]", json!(["a name", 7]), "a name"),
            ("[error]", json!(["error", {"message": "a name"}]), "a name"),
        ] {
            let patterns = patterns(&format!("failure: {failure}"));
            let found = patterns.failure_in(&args(given)).unwrap();
            assert_eq!(
                found.to_string(),
                format!(r#"{{"message":"{reason}"}}"#),
                "{failure}"
            );
        }
    }

    #[test]
    fn a_text_can_be_a_failure() {
        let patterns = patterns("success: true\nfailure: <string>");
        let failure = patterns.failure_in(&args(json!(["join first"]))).unwrap();
        assert_eq!(failure.to_string(), r#"{"message":"join first"}"#);
        assert_eq!(patterns.failure_in(&args(json!([true]))), None);
        assert!(!patterns.has_result());
    }
}
