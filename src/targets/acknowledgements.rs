//! How the acknowledgements of a target report success and failure.

use super::{Manifest, normalise_refusal};
use crate::{
    data::Data,
    scenario::{Matcher, Scope},
};

/// The patterns of a target's acknowledgements, as the manifest describes them.
#[derive(Clone, Debug, Default)]
pub struct AckPatterns {
    /// The argument of an acknowledgement that reports success; `None` if every acknowledgement that reports no failure
    /// does.
    pub success: Option<Matcher>,
    /// An argument of an acknowledgement that reports a failure; `None` if sockspec recognizes failures by the usual
    /// forms, such as `{success: false}`.
    pub failure: Option<Matcher>,
}

impl Manifest {
    /// Returns the refusal that an acknowledgement reports in the target's dialect, or `None` if it reports none.
    ///
    /// A target whose events report refusals reports none in acknowledgements, unless the manifest says how
    /// acknowledgements report a failure.
    pub fn refusal_in_ack(&self, args: &[Data]) -> Option<Data> {
        match (&self.acknowledgements.failure, self.dialect.errors.event()) {
            (None, Some(_)) => None,
            (None, None) | (Some(_), _) => self.failure_in_ack(args),
        }
    }

    /// Returns the failure that an acknowledgement reports, in the form of [`normalise_refusal`]. Returns `None` if it
    /// reports none.
    ///
    /// Without a pattern in the manifest, an object is a failure if it has an `error` other than `null` and `false`, a
    /// `success` or `ok` of `false`, or the `status` `"error"`.
    pub fn failure_in_ack(&self, args: &[Data]) -> Option<Data> {
        let reply = match &self.acknowledgements.failure {
            Some(pattern) => args.iter().find(|argument| matches(pattern, argument)),
            None => args.iter().find(|argument| is_failure(argument)),
        };
        reply.map(|reply| normalise_refusal(Some(reply)))
    }
}

/// Returns true if a value meets a pattern of the manifest, which has no variables.
fn matches(pattern: &Matcher, value: &Data) -> bool {
    let checked = pattern.check(Some(value), &Scope::default());
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

    fn manifest(more: &str) -> Manifest {
        let source = SourceFile {
            path: PathBuf::from("t.yaml"),
            text: format!("name: t\nurl: http://127.0.0.1:1\n{more}\n"),
        };
        load_manifest(Arc::new(source), PathBuf::new()).unwrap()
    }

    fn is_refused(more: &str, reply: serde_json::Value) -> bool {
        manifest(more)
            .refusal_in_ack(&[Data::from(reply)])
            .is_some()
    }

    #[test]
    fn an_ack_is_a_refusal_only_if_it_reports_an_error() {
        for refusal in [
            json!({"error": {"code": "E"}}),
            json!({"success": false, "error": "no"}),
            json!({"status": "error", "message": "no"}),
        ] {
            assert!(is_refused("", refusal.clone()), "{refusal}");
            assert!(!is_refused("dialect: { errors: exception }", refusal));
        }
        for success in [
            json!({"success": true, "error": null}),
            json!({"status": "ok", "message": "fine"}),
            json!("error"),
        ] {
            assert!(!is_refused("", success.clone()), "{success}");
        }
        assert_eq!(manifest("").refusal_in_ack(&[]), None);
    }

    #[test]
    fn a_pattern_of_failures_replaces_the_usual_forms() {
        let pattern = "failure: { state: failed, why: <string> }";
        let failed = json!({"state": "failed", "why": "full"});
        assert!(is_refused(pattern, failed.clone()));
        assert!(!is_refused(pattern, json!({"state": "failed"})));
        assert!(!is_refused(pattern, json!({"success": false})));
        let both = format!("{pattern}\ndialect: {{ errors: exception }}");
        assert!(is_refused(&both, failed));
    }
}
