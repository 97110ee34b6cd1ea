//! How a target answers requests: what its manifest says about acknowledgements, results and refusals.

use super::Manifest;
use crate::{
    client::Envelopes,
    data::Data,
    targets::{Fence, OPERATIONS, Replies},
};

impl Manifest {
    /// Returns the target's name of the event that brings the result of a request to the client that sent it. The name is
    /// empty if the result comes without an envelope. Returns `None` if the target only acknowledges the request. `name`
    /// is the scenarios' name of the request.
    pub fn reply_event<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self.dialect.replies {
            Replies::Ack => None,
            Replies::Both | Replies::Event => Some(self.bindings.replied(name)),
            Replies::Value => {
                let replied = self.bindings.get(name);
                let replied = replied.and_then(|binding| binding.replied.as_deref());
                Some(replied.unwrap_or_default())
            }
        }
    }

    /// Returns the envelopes of a connection to the target, or `None` if the target has none. The connection's packets
    /// get this namespace.
    pub fn envelopes(&self, namespace: &str) -> Option<Envelopes> {
        let form = self.dialect.envelope.clone()?;
        Some(Envelopes::new(form, namespace))
    }

    /// Returns true if the target acknowledges requests.
    pub fn acknowledges(&self) -> bool {
        match self.dialect.replies {
            Replies::Ack | Replies::Both => true,
            Replies::Event | Replies::Value => false,
        }
    }

    /// Returns true if an event can come without a step that expects it: a greeting, or the result of a request that a
    /// step sent without waiting for the result. `name` is the target's name of the event.
    pub fn is_side_event(&self, name: &str) -> bool {
        if self.greetings.iter().any(|greeting| greeting == name) {
            return true;
        }
        let brings_result = |operation: &str| self.reply_event(operation) == Some(name);
        self.dialect.replies != Replies::Ack
            && (self
                .bindings
                .entries
                .keys()
                .any(|bound| brings_result(bound))
                || OPERATIONS
                    .iter()
                    .any(|operation| brings_result(operation.name)))
    }

    /// Returns the target's name of the event that answers the fence; `None` if an acknowledgement answers it.
    pub fn fence_event<'a>(&'a self, fence: &'a Fence) -> Option<&'a str> {
        match &fence.expects {
            Some(event) => Some(self.bindings.event(event)),
            None if self.acknowledges() => None,
            None => self.reply_event(&fence.request),
        }
    }

    /// Returns the refusal that an acknowledgement reports in the target's dialect, or `None` if it reports none.
    ///
    /// A target whose events report refusals reports none in acknowledgements, unless the manifest says how
    /// acknowledgements report a failure.
    pub fn refusal_in_ack(&self, args: &[Data]) -> Option<Data> {
        match (&self.acknowledgements.failure, self.dialect.errors.event()) {
            (None, Some(_)) => None,
            (None, None) | (Some(_), _) => {
                let report = self.acknowledgements.failure_in(args)?;
                Some(self.report_places.apply(args, report))
            }
        }
    }

    /// Returns the arguments of an event with the scenarios' names of fields. `name` is the scenarios' name of the
    /// event. The report of a refusal has its code, message and field at the names `code`, `message` and `field`.
    pub fn incoming(&self, name: &str, args: &[Data]) -> Vec<Data> {
        let mut spoken = self.bindings.incoming(name, args);
        if self.dialect.errors.event() == Some(name)
            && let Some(first) = spoken.first_mut()
        {
            *first = self.report_places.apply(args, std::mem::take(first));
        }
        spoken
    }
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
    fn reports_are_read_at_the_places_of_the_manifest() {
        let places =
            "refusal: { code: [info.id, message.$json.code], message: message.$json.text }";
        let ack = [Data::from(json!({"error": true, "info": {"id": 7}}))];
        let report = manifest(places).refusal_in_ack(&ack).unwrap();
        assert_eq!(report.get("code"), Some(&Data::from(7_u64)));
        let event = [Data::from(
            json!({"status": "error", "message": "{\"code\":\"E\",\"text\":\"No\"}"}),
        )];
        let spoken = manifest(&format!("{places}\ndialect: {{ errors: exception }}"))
            .incoming("exception", &event);
        let expected = json!({"status": "error", "message": "No", "code": "E"});
        assert_eq!(spoken, [Data::from(expected)]);
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
