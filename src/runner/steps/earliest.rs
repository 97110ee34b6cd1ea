//! `after`: the earliest time at which a step may succeed.

use tokio::time::Instant;

use super::receive_in_words::noun;
use crate::{
    runner::{
        findings::{Finding, StepResult, failure_kind::FailureKind},
        play::attempt::Attempt,
    },
    scenario::{Awaits, Step},
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
    Ok(match step.action.facts().awaits {
        Awaits::ConnectionEnd => format!("The connection of {names} ended"),
        Awaits::Event(event) => {
            let event = event.name.render_text(&scope)?;
            format!("{names} received `{event}`")
        }
        Awaits::Incoming(incoming) => {
            format!("{names} received the expected {}", noun(incoming))
        }
        Awaits::NamespaceEnd => format!("{names} received the expected DISCONNECT packet"),
        Awaits::AnyResponse
        | Awaits::ConnectionOpen
        | Awaits::Nothing
        | Awaits::Silence
        | Awaits::Something => {
            let verb = step.action.verb().name();
            let of = if names.is_empty() { "" } else { " of " };
            format!("The step `{verb}`{of}{names} succeeded")
        }
    })
}
