//! Executes the verbs of the scenario language.
//!
//! A step acts on clients through [`crate::client`] and reports its findings as [`crate::runner::findings::Stop`].
//! Steps never decide a verdict.

mod acknowledgement;
mod admission;
mod alive;
mod call;
mod check;
mod closed;
pub(super) mod connect;
mod connect_in_words;
mod deliver;
mod disconnect;
mod earliest;
mod emit;
mod expect;
mod frame;
mod http;
mod latest;
mod links;
mod log_in;
mod never;
mod open;
mod options;
mod pairs;
mod reading;
mod receive;
mod receive_in_words;
mod receive_raw;
mod refused;
mod reply;
mod results;
mod send;
mod shape;
mod text_limit;

use std::{future::Future, pin::Pin};

use futures_util::future::try_join_all;
use tokio::time::Instant;
use tracing::Instrument;

use crate::{
    clock,
    data::Data,
    runner::{
        findings::{Obstacle, StepResult},
        log,
        play::attempt::Attempt,
        silence,
        transcript::slots::SlotOrder,
    },
    scenario::{Action, Parallel, Repeat, Step, WireUse},
};

/// The limit on rounds of a `repeat` block.
const REPEAT_LIMIT: u64 = 100_000;

/// Performs one step and the steps inside it. The match lists all verbs of the scenario language.
pub(in crate::runner) fn perform<'f>(
    attempt: &'f Attempt<'_>,
    step: &'f Step,
) -> Pin<Box<dyn Future<Output = StepResult> + Send + 'f>> {
    Box::pin(async move {
        attempt.begin_slot(step);
        let begun = clock::now();
        let warnings = attempt.notes().warnings.len();
        let outcome = async {
            let acted = match &step.action {
                Action::Alive(_) => alive::perform(attempt, step).await,
                Action::Bytes(bytes) => frame::bytes(attempt, step, bytes).await,
                Action::Call(call) => call::perform(attempt, step, call).await,
                Action::Check(check) => check::perform(attempt, check),
                Action::Closed(closed) => closed::perform(attempt, step, closed).await,
                Action::Connect(connect) => connect::perform(attempt, step, connect).await,
                Action::Deliver(deliver) => deliver::perform(attempt, step, deliver).await,
                Action::Disconnect(how) => disconnect::perform(attempt, step, how).await,
                Action::Emit(emit) => emit::perform(attempt, step, emit).await,
                Action::Expect(expect) => expect::perform(attempt, step, expect).await,
                Action::Frame(frame) => frame::frame(attempt, step, frame).await,
                Action::Http(http) => http::perform(attempt, step, http).await,
                Action::Never(never) => never::perform(attempt, step, never).await,
                Action::Open(open) => open::perform(attempt, step, open).await,
                Action::Parallel(block) => {
                    latest::timed(attempt, step, parallel(attempt, block)).await
                }
                Action::Reading(how) => reading::perform(attempt, step, *how),
                Action::Receive(receive) => receive::perform(attempt, step, receive).await,
                Action::Repeat(block) => latest::timed(attempt, step, repeat(attempt, block)).await,
                Action::Reply(reply) => reply::perform(attempt, step, reply).await,
                Action::Steps(block) => {
                    latest::timed(attempt, step, in_order(attempt, &block.steps)).await
                }
                Action::Send(packets) => send::perform(attempt, step, packets).await,
            };
            let outcome = acted.and_then(|()| note_success(attempt, step, begun));
            log::step_ended(attempt, &outcome, begun.elapsed());
            outcome
        };
        let outcome = outcome.instrument(log::step(step)).await;
        attempt.place_warnings(warnings, step);
        outcome.map_err(|stop| stop.at(step.span).level(step.level))
    })
}

/// Records that a step that began at `begun` has succeeded. Fails if the step did so before its earliest time
/// (`after`).
fn note_success(attempt: &Attempt<'_>, step: &Step, begun: Instant) -> StepResult {
    let facts = step.action.facts();
    // A block (`parallel` or `repeat`) has no check of its own, so `can_fail` is false for it. The steps inside the
    // block set `judged` themselves.
    if facts.awaits.can_fail() {
        attempt.notes().judged = true;
    }
    let by_hand = facts.wire == WireUse::SendsByHand;
    for client in attempt.actors(step) {
        client.state().has_just_sent_by_hand = by_hand;
    }
    earliest::check(attempt, step, begun)
}

/// Performs the steps of `parallel:` at the same time.
async fn parallel(attempt: &Attempt<'_>, parallel: &Parallel) -> StepResult {
    attempt.begin_slot_of(SlotOrder::SideBySide);
    let steps = parallel.steps.iter();
    let all = try_join_all(steps.map(|inner| perform(attempt, inner)));
    silence::side_by_side(attempt, async { all.await.map(drop) }).await
}

/// Performs steps one after the other.
async fn in_order(attempt: &Attempt<'_>, steps: &[Step]) -> StepResult {
    for inner in steps {
        perform(attempt, inner).await?;
    }
    Ok(())
}

/// Performs the steps of `repeat:` several times.
async fn repeat(attempt: &Attempt<'_>, repeat: &Repeat) -> StepResult {
    let times = repeat.times.render(&attempt.scope())?;
    let times = times
        .as_u64()
        .filter(|times| *times <= REPEAT_LIMIT)
        .ok_or_else(|| {
            Obstacle::new(format!(
                "The value of `repeat` is {times}; it has to be a whole number up to {REPEAT_LIMIT}."
            ))
            .unjudged()
        })?;
    for index in 1..=times {
        attempt.scope().set("index", Data::from(index));
        in_order(attempt, &repeat.steps).await?;
    }
    Ok(())
}
