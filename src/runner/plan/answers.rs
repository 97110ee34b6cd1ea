//! Finds the scenarios that expect answers in a form that the target does not use.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    runner::translation::{
        operations::awaits_application,
        written_texts::{described, texts_of},
    },
    scenario::{AnswerUse, Scenario, Step, Template},
    targets::Manifest,
    wire::Envelope,
};

/// Matches the text of an acknowledgement, or the pattern of one, inside another text.
static ACK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^0-9A-Za-z])4[36](?:[\d\[\\/(]|$)").ok());

/// The event that reports a refusal, as scenarios call it.
const REPORT: &str = "exception";

/// Returns why a scenario expects answers that the target does not send, or `None` if it can be judged.
pub(super) fn find_obstacle(scenario: &Scenario, manifest: &Manifest) -> Option<String> {
    if let Some(form) = own_form(manifest)
        && expects_ack_as_text(scenario)
    {
        return Some(format!(
            "the scenario expects the text of an acknowledgement, and {form}"
        ));
    }
    let wants_event =
        || expects(scenario, AnswerUse::RefusalWithoutAck) || expects_report(scenario);
    if manifest.dialect.errors.event().is_none() && wants_event() {
        let reason = "the scenario expects a report of a refusal without an acknowledgement, and the target reports refusals in \
                      acknowledgements (`dialect: { errors: ack }`)";
        return Some(reason.to_owned());
    }
    if manifest.dialect.envelope == Some(Envelope::JsonRpc)
        && expects(scenario, AnswerUse::Forbidden)
    {
        let reason = "the scenario expects no answer to a request, and JSON-RPC demands one (`envelope: json-rpc`)";
        return Some(reason.to_owned());
    }
    None
}

/// Returns how the target answers requests, if its answers differ from the acknowledgements of the contract.
fn own_form(manifest: &Manifest) -> Option<&'static str> {
    if !manifest.acknowledges() {
        return Some("the target answers requests with events (`dialect: { replies: event }`)");
    }
    let has_result = manifest.acknowledgements.has_result();
    has_result.then_some("those of the target have other arguments (`success`)")
}

/// Returns true if a step expects an acknowledgement as text, and not by its parts.
fn expects_ack_as_text(scenario: &Scenario) -> bool {
    let is_ack = |text: &String| ACK.as_ref().is_some_and(|ack| ack.is_match(text));
    awaits_application(scenario) && texts_of(scenario).expected.iter().any(is_ack)
}

/// Returns true if a step expects the event that reports a refusal, because a handler refuses a request.
fn expects_report(scenario: &Scenario) -> bool {
    let is_report = |name: &Template| described(name) == REPORT;
    let is_sought = |step: &Step| {
        let facts = step.action.facts();
        let mut demanded = facts.demanded.iter().map(|(name, _)| *name);
        demanded.any(is_report) || facts.named.into_iter().any(is_report)
    };
    let mut needs = scenario.needs.iter();
    needs.any(|need| need == "exceptions") && scenario.steps.iter().any(|step| step.any(&is_sought))
}

/// Returns true if a step expects this of the server's answer to an event.
fn expects(scenario: &Scenario, answer: AnswerUse) -> bool {
    let is_sought = |step: &Step| step.action.facts().answer == answer;
    scenario.steps.iter().any(|step| step.any(&is_sought))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples::{manifest_of, scenario_of};

    fn obstacle(manifest: &str, steps: &str) -> String {
        let scenario = scenario_of(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  needs: [acks]\n  clients: [a]\n  steps:\n{steps}"
        ));
        find_obstacle(&scenario, &manifest_of(manifest)).unwrap_or_else(|| "-".to_owned())
    }

    #[test]
    fn an_acknowledgement_as_text_needs_a_target_that_sends_it() {
        let by_events = "dialect: { replies: event }";
        let open = "  - open: websocket\n  - send: '421[\"echo\",1]'\n";
        for expected in [
            "  - receive: { $regex: '^431\\[' }\n",
            "  - receive: { frame: { payload: '431[1]' } }\n",
            "  - http: GET /x\n    response: { $contains: '431[1]' }\n",
        ] {
            let steps = format!("{open}{expected}");
            assert!(obstacle(by_events, &steps).contains("`dialect: { replies: event }`"));
            assert!(obstacle("success: [null, $result]", &steps).contains("`success`"));
            assert_eq!(obstacle("", &steps), "-");
        }
        let by_parts = format!("{open}  - receive: {{ packet: {{ type: ack, id: 1 }} }}\n");
        assert_eq!(obstacle(by_events, &by_parts), "-");
    }

    #[test]
    fn refusals_in_acknowledgements_need_a_request_for_one() {
        let emit = "  - emit: fail\n    as: a\n    refused: { code: E1 }\n";
        let reason = "the scenario expects a report of a refusal without an acknowledgement";
        assert!(obstacle("", emit).contains(reason));
        assert_eq!(obstacle("dialect: { errors: exception }", emit), "-");
    }

    #[test]
    fn json_rpc_answers_every_request() {
        let silent = "  - call: ack-never\n    as: a\n    no-reply: true\n";
        let rpc = "dialect: { speaks: websocket, envelope: json-rpc }";
        assert!(obstacle(rpc, silent).contains("JSON-RPC demands one"));
        assert_eq!(obstacle("", silent), "-");
        assert_eq!(obstacle(rpc, &silent.replace("true", "success")), "-");
    }
}
