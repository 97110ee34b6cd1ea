//! One scenario, as often as it is to be tried.

use tracing::Instrument;

use super::{
    attempt::Attempt,
    judgement::{self, Merge},
    log,
    outcome::{Outcome, Verdict},
    plan::Item,
    settings::Settings,
    site::Site,
    unique::Unique,
};

/// Plays one item as often as the settings say.
pub(super) async fn play(item: &Item, site: &Site, settings: &Settings) -> Outcome {
    let mut outcomes = Vec::new();
    for repeat in 0..settings.repeat.max(1) {
        outcomes.push(play_once(item, site, settings, repeat).await);
    }
    if outcomes.len() == 1 {
        for retry in 1..=settings.retries {
            if outcomes
                .last()
                .is_some_and(|outcome| matches!(outcome.verdict, Verdict::Pass | Verdict::Warn))
            {
                break;
            }
            outcomes.push(play_once(item, site, settings, retry).await);
        }
        return judgement::merge(outcomes, Merge::Last)
            .unwrap_or_else(|| unreachable!("every item is played at least once"));
    }
    judgement::merge(outcomes, Merge::Worst)
        .unwrap_or_else(|| unreachable!("every item is played at least once"))
}

async fn play_once(item: &Item, site: &Site, settings: &Settings, number: usize) -> Outcome {
    let attempt = Attempt::new(
        &item.scenario,
        site,
        item.transport,
        Unique::new(item, settings, number),
    );
    let finished = attempt.run().instrument(log::scenario(item, number)).await;
    judgement::judge(item, settings, &attempt, finished)
}
