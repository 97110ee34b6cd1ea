//! `after`: the earliest time at which a step may succeed.

use tokio::time::Instant;

use super::receive::noun;
use crate::{
    runner::{
        attempt::Attempt,
        failure_kind::FailureKind,
        finding::{Finding, StepResult},
    },
    scenario::{Action, Step},
};

/// Checks that a step which began at `begun` did not succeed before its earliest time.
pub(super) fn check(attempt: &Attempt<'_>, step: &Step, begun: Instant) -> StepResult {
    let Some(after) = &step.after else {
        return Ok(());
    };
    let earliest = attempt.bound(after)?;
    let took = begun.elapsed();
    if took >= earliest {
        return Ok(());
    }
    let (earliest, took) = (earliest.as_millis(), took.as_millis());
    let what = what_happened(attempt, step)?;
    Err(Finding::new(
        FailureKind::TooEarly,
        format!("{what} after {took} ms; this must not happen before {earliest} ms."),
    )
    .expected(format!("not before {earliest} ms"))
    .received(format!("after {took} ms"))
    .breach())
}

/// Returns what a step waited for, in the past: "listener received `ping`".
fn what_happened(attempt: &Attempt<'_>, step: &Step) -> StepResult<String> {
    let names: Vec<_> = step.actors.iter().map(ToString::to_string).collect();
    let names = names.join(", ");
    let scope = attempt.scope();
    if let Action::Expect(expect) = &step.action {
        let event = expect.event.strict.name.render_text(&scope)?;
        return Ok(format!("{names} received `{event}`"));
    }
    if let Action::Receive(receive) = &step.action {
        let noun = noun(&receive.what.strict);
        return Ok(format!("{names} received the expected {noun}"));
    }
    if let Action::Closed(_) = &step.action {
        return Ok(format!("The connection of {names} ended"));
    }
    let verb = step.action.verb().name();
    let of = if names.is_empty() { "" } else { " of " };
    Ok(format!("The step `{verb}`{of}{names} succeeded"))
}
