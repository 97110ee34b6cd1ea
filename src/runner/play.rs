//! One scenario, as often as it is to be tried.

use tracing::Instrument;

use super::{
    attempt::Attempt,
    judgement::{self, Merge},
    live_target::LiveTarget,
    log,
    outcome::{Outcome, Verdict},
    plan::Item,
    settings::Settings,
    unique::Unique,
};

/// What came of playing one item.
#[derive(Debug)]
pub(super) struct Played {
    /// The outcome of all attempts.
    pub(super) outcome: Outcome,
    /// Whether an attempt missed a connection that it did not end itself.
    pub(super) cut_off: bool,
}

/// Plays one item as often as the settings say.
pub(super) async fn play(item: &Item, target: &LiveTarget, settings: &Settings) -> Played {
    let mut cut_off = false;
    let outcome = play_all(item, target, settings, &mut cut_off).await;
    Played { outcome, cut_off }
}

async fn play_all(
    item: &Item,
    target: &LiveTarget,
    settings: &Settings,
    cut_off: &mut bool,
) -> Outcome {
    let mut outcomes = Vec::new();
    for repeat in 0..settings.repeat.max(1) {
        outcomes.push(play_once(item, target, settings, repeat, cut_off).await);
    }
    if outcomes.len() == 1 {
        for retry in 1..=settings.retries {
            if outcomes.last().is_some_and(|outcome| {
                matches!(
                    outcome.verdict,
                    Verdict::Pass | Verdict::Warn | Verdict::Skip
                )
            }) {
                break;
            }
            outcomes.push(play_once(item, target, settings, retry, cut_off).await);
        }
        return judgement::merge(outcomes, Merge::Last)
            .unwrap_or_else(|| unreachable!("every item is played at least once"));
    }
    judgement::merge(outcomes, Merge::Worst)
        .unwrap_or_else(|| unreachable!("every item is played at least once"))
}

async fn play_once(
    item: &Item,
    target: &LiveTarget,
    settings: &Settings,
    number: usize,
    cut_off: &mut bool,
) -> Outcome {
    let attempt = Attempt::new(
        &item.scenario,
        target,
        item.transport,
        Unique::new(item, settings, number),
    );
    let finished = attempt.run().instrument(log::scenario(item, number)).await;
    *cut_off |= attempt.misses_a_connection();
    judgement::judge(item, settings, &attempt, finished)
}
