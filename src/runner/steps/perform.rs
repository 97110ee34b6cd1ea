//! From a step to the code of its verb.

use std::{future::Future, pin::Pin};

use futures_util::future::try_join_all;
use tracing::Instrument;

use tokio::time::Instant;

use super::{
    alive, call, check, closed, connect, deliver, disconnect, emit, expect, frame, http, never,
    open, reading, receive, reply, send,
};
use crate::{
    clock,
    data::Data,
    runner::{
        attempt::Attempt,
        finding::{Finding, Stepped},
        log, silence,
    },
    scenario::{Action, Step},
};

/// How often a `repeat` block may run.
const REPEAT_LIMIT: u64 = 100_000;

/// Does one step, and the steps inside it.
pub(in crate::runner) fn perform<'f>(
    attempt: &'f Attempt<'_>,
    step: &'f Step,
) -> Pin<Box<dyn Future<Output = Stepped> + Send + 'f>> {
    Box::pin(async move {
        let begun = clock::now();
        let outcome = async {
            let outcome = timed(attempt, step, begun).await;
            log::step_ended(attempt, &outcome, begun.elapsed());
            outcome
        };
        outcome
            .instrument(log::step(step))
            .await
            .map_err(|stop| stop.at(step.span).level(step.level))
    })
}

/// Does a step that began at `begun`, and sees that nothing came too early.
async fn timed(attempt: &Attempt<'_>, step: &Step, begun: Instant) -> Stepped {
    act(attempt, step).await?;
    if step.can_fail() && !matches!(step.action, Action::Repeat { .. } | Action::Parallel(_)) {
        attempt.notes().judged = true;
    }
    let by_hand = sends_by_hand(&step.action);
    for client in attempt.actors(step) {
        client.state().in_one_go = by_hand;
    }
    not_before(attempt, step, begun)
}

async fn act(attempt: &Attempt<'_>, step: &Step) -> Stepped {
    match &step.action {
        Action::Alive => alive::perform(attempt, step).await,
        Action::Bytes(bytes) => frame::bytes(attempt, step, bytes).await,
        Action::Call(call) => call::perform(attempt, step, call).await,
        Action::Check(check) => check::perform(attempt, check),
        Action::Closed(closed) => closed::perform(attempt, step, closed).await,
        Action::Connect(connect) => connect::perform(attempt, step, connect).await,
        Action::Deliver(deliver) => deliver::perform(attempt, step, deliver).await,
        Action::Disconnect(disconnect) => disconnect::perform(attempt, step, disconnect).await,
        Action::Emit(emit) => emit::perform(attempt, step, emit).await,
        Action::Expect(expect) => expect::perform(attempt, step, expect).await,
        Action::Frame(frame) => frame::frame(attempt, step, frame).await,
        Action::Http(http) => http::perform(attempt, step, http).await,
        Action::Never(never) => never::perform(attempt, step, never).await,
        Action::Open(open) => open::perform(attempt, step, open).await,
        Action::Parallel(steps) => {
            let all = try_join_all(steps.iter().map(|inner| perform(attempt, inner)));
            silence::side_by_side(attempt, async { all.await.map(drop) }).await
        }
        Action::Reading(how) => reading::perform(attempt, step, *how),
        Action::Receive(receive) => receive::perform(attempt, step, receive).await,
        Action::Repeat { times, steps } => {
            let times = times.render(&attempt.scope())?;
            let times = times
                .as_u64()
                .filter(|times| *times <= REPEAT_LIMIT)
                .ok_or_else(|| {
                    Finding::new(format!(
                        "`repeat` came to {times}; it takes a whole number up to {REPEAT_LIMIT}."
                    ))
                    .unjudged()
                })?;
            for index in 1..=times {
                attempt.scope().set("index", Data::from(index));
                for inner in steps {
                    perform(attempt, inner).await?;
                }
            }
            Ok(())
        }
        Action::Reply(reply) => reply::perform(attempt, step, reply).await,
        Action::Send(packets) => send::perform(attempt, step, packets).await,
    }
}

/// `after:` what the step observed must not have come earlier.
fn not_before(attempt: &Attempt<'_>, step: &Step, begun: Instant) -> Stepped {
    let Some(after) = &step.after else {
        return Ok(());
    };
    let earliest = attempt.bound(after)?;
    let took = begun.elapsed();
    if took >= earliest {
        return Ok(());
    }
    Err(Finding::new("It came too early.")
        .expected(format!("not before {} ms", earliest.as_millis()))
        .received(format!("after {} ms", took.as_millis()))
        .breach())
}

/// Whether an action only puts something on the wire, and looks at nothing.
fn sends_by_hand(action: &Action) -> bool {
    match action {
        Action::Bytes(_) | Action::Frame(_) => true,
        Action::Send(send) => send.response.strict.is_empty(),
        _ => false,
    }
}
