//! Performs a step, with its time limits and the steps inside it.

use std::{future::Future, pin::Pin};

use futures_util::future::try_join_all;
use tracing::Instrument;

use tokio::time::Instant;

use super::{act, earliest};
use crate::{
    clock,
    data::Data,
    runner::{
        attempt::Attempt,
        finding::{Obstacle, Stepped},
        log, silence,
    },
    scenario::{Parallel, Repeat, Step, WireUse},
};

/// How often a `repeat` block may run.
const REPEAT_LIMIT: u64 = 100_000;

/// Performs one step and the steps inside it.
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

/// Performs a step that began at `begun`, and checks that nothing happened too early.
async fn timed(attempt: &Attempt<'_>, step: &Step, begun: Instant) -> Stepped {
    act(attempt, step).await?;
    let facts = step.action.facts();
    // The steps inside a block note for themselves that they judged something.
    if facts.awaits.can_fail() {
        attempt.notes().judged = true;
    }
    let by_hand = facts.wire == WireUse::SendsByHand;
    for client in attempt.actors(step) {
        client.state().in_one_go = by_hand;
    }
    earliest::check(attempt, step, begun)
}

/// Performs the steps of `parallel:` at the same time.
pub(super) async fn parallel(attempt: &Attempt<'_>, parallel: &Parallel) -> Stepped {
    let steps = parallel.steps.iter();
    let all = try_join_all(steps.map(|inner| perform(attempt, inner)));
    silence::side_by_side(attempt, async { all.await.map(drop) }).await
}

/// Performs the steps of `repeat:` several times.
pub(super) async fn repeat(attempt: &Attempt<'_>, repeat: &Repeat) -> Stepped {
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
        for inner in &repeat.steps {
            perform(attempt, inner).await?;
        }
    }
    Ok(())
}
