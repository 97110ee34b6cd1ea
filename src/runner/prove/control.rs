//! Builds controls. A scenario that checks that the server ends a connection needs a control, to prove that the
//! scenario can fail.
//!
//! The control is the same scenario without the act: the steps that make the server end the connection. In the control
//! the connection has to stay open for as long as the check waits. If the connection ends in the control too, the
//! heartbeat or an earlier step ended it, and the check would pass on a server that ignores the act. The control runs
//! on a server with a short connect timeout, so that it also detects a connection that ends because its client joins no
//! namespace.
//!
//! Some scenarios have a client that can't join a namespace. Such a scenario has a second client of this kind, whose
//! connection has to stay open. This shows that no timer ended the connection of the first client.

use crate::scenario::{Awaits, ClientName, Scenario, Step, WireUse};

/// Returns the control of a scenario: the same scenario without the steps (the act) that make the server end a
/// connection. Also returns the line of the act.
///
/// Returns `None` if the scenario does not check that a connection ends, or if a timer, and not a client, causes the
/// end. If there are several checks, the control is for the first.
pub(in crate::runner) fn control(scenario: &Scenario) -> Option<(Scenario, usize)> {
    let (check, actor) = scenario
        .steps
        .iter()
        .enumerate()
        .find_map(|(index, step)| Some((index, awaits_the_end(step)?)))?;
    let before = scenario.steps.get(..check)?;
    if answers_no_ping(scenario, before, actor) {
        return None;
    }
    let last = before.iter().rposition(|step| acts(step, actor))?;
    // Leave out all consecutive steps in which the client sends: they can be the frames of one message.
    let first = before
        .get(..last)?
        .iter()
        .rposition(|step| !acts(step, actor))
        .map_or(0, |other| other + 1);
    // Steps between the act (the steps that make the server end the connection) and the step that waits for the end may
    // send nothing: they could end the connection as well. If they send something, build no control.
    let is_observed_only = before
        .get(last + 1..)?
        .iter()
        .all(|step| step.action.facts().wire == WireUse::Observes);
    if !is_observed_only {
        return None;
    }
    let line = before.get(first)?.span.line;
    let mut control = scenario.clone();
    let watched = scenario.steps.iter().skip(check + 1);
    let watched = watched.take_while(|step| watches_another(step, actor));
    let kept = check + 1 + watched.count();
    control.steps.truncate(kept);
    control.steps.drain(first..check);
    Some((control, line))
}

/// Returns true if a step checks that the connection of another client stays open.
///
/// Such a step shows that the connection of `actor` did not end by a timer that both connections have.
fn watches_another(step: &Step, actor: &ClientName) -> bool {
    match step.action.facts().awaits {
        Awaits::ConnectionOpen => !step.actors.contains(actor),
        Awaits::AnyResponse
        | Awaits::ConnectionEnd
        | Awaits::Event(_)
        | Awaits::Incoming(_)
        | Awaits::NamespaceEnd
        | Awaits::Nothing
        | Awaits::Silence
        | Awaits::Something => false,
    }
}

/// Returns true if `actor` does not answer pings, so that the heartbeat ends its connection anyway.
fn answers_no_ping(scenario: &Scenario, before: &[Step], actor: &ClientName) -> bool {
    let declared = scenario
        .clients
        .iter()
        .filter(|client| client.name == *actor)
        .map(|client| &*client.options);
    let opened = before
        .iter()
        .filter(|step| step.actors.contains(actor))
        .filter_map(|step| step.action.facts().connection.options());
    declared
        .chain(opened)
        .any(|options| options.heartbeat == Some(false))
}

/// Returns the client whose connection has to end in this step. Returns `None` if the step does not wait for the end of
/// exactly one connection.
///
/// Also returns `None` for a step with `after` (the earliest time of the end), because a timer has to cause the end
/// there.
fn awaits_the_end(step: &Step) -> Option<&ClientName> {
    match (step.action.facts().awaits, step.actors.as_slice()) {
        (Awaits::ConnectionEnd, [actor]) if step.after.is_none() => Some(actor),
        _ => None,
    }
}

/// Returns true if a step sends something and `actor` is the step's only client.
fn acts(step: &Step, actor: &ClientName) -> bool {
    step.action.facts().wire.sends() && step.actors.as_slice() == std::slice::from_ref(actor)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::{Known, Others, SourceFile, load};

    const HEAD: &str = "topic: Ends
scenarios:
- id: ends/here
  title: A connection ends
  why: Somebody is thrown out.
  level: must
  clients: [visitor, bystander]
  steps:
  - open: websocket
    as: visitor
";

    /// Returns the lines of the control's steps, and the line of the act that is left out.
    fn control_of(steps: &str) -> Option<(Vec<usize>, usize)> {
        let source = SourceFile {
            path: "ends.yaml".into(),
            text: format!("{HEAD}{steps}"),
        };
        let known = Known {
            requirements: None,
            faults: None,
            others: Others::Refused,
        };
        let scenarios = load(Arc::new(source), known).expect("no mistakes");
        let (control, left_out) = control(scenarios.first().expect("one scenario"))?;
        let lines = control.steps.iter().map(|step| step.span.line).collect();
        Some((lines, left_out))
    }

    #[test]
    fn the_act_and_the_steps_after_the_check_are_left_out() {
        let steps = "  - send: \"40\"
    as: visitor
  - receive: { packet: { type: connect } }
    as: visitor
  - send: \"9\"
    as: visitor
  - receive: nothing
    as: visitor
  - closed: {}
    as: visitor
  - alive
";
        assert_eq!(control_of(steps), Some((vec![9, 11, 13, 19], 15)));
    }

    #[test]
    fn a_client_that_shows_the_connect_timeout_is_kept() {
        let steps = "  - send: \"9\"
    as: visitor
  - closed: {}
    as: visitor
  - closed: { stays-open: true }
    as: bystander
  - closed: { stays-open: true }
    as: visitor
";
        assert_eq!(control_of(steps), Some((vec![9, 13, 15], 11)));
    }

    #[test]
    fn consecutive_frames_are_one_act() {
        let steps = "  - frame: { fin: false, payload: a }
    as: visitor
  - frame: { opcode: text, payload: b }
    as: visitor
  - closed: {}
    as: visitor
";
        assert_eq!(control_of(steps), Some((vec![9, 15], 11)));
    }

    #[test]
    fn a_scenario_that_waits_for_a_timer_has_no_control() {
        for steps in [
            "  - closed: {}\n    as: visitor\n",
            "  - send: \"9\"\n    as: visitor\n  - closed: { stays-open: true }\n    as: visitor\n",
            "  - send: \"9\"\n    as: visitor\n  - closed: {}\n    as: visitor\n    after: 100ms\n",
            "  - send: \"9\"\n    as: bystander\n  - closed: {}\n    as: visitor\n",
            "  - open: websocket\n    as: bystander\n    heartbeat: false\n  - send: \"9\"\n    as: bystander\n  \
             - closed: {}\n    as: bystander\n",
        ] {
            assert_eq!(control_of(steps), None, "{steps}");
        }
    }
}
