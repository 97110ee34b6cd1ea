//! A target that died: who killed it, who was only struck by it, and how the run goes on.

use std::{collections::BTreeSet, time::Duration};

use super::{
    event::Event,
    execute::Run,
    failure_kind::FailureKind,
    host::StartError,
    lane::{Judged, Lane},
    outcome::{Outcome, Verdict},
    play::play,
};
use crate::text::first_names;

/// Scenarios that a sentence about a death names.
const NAMED: usize = 8;

impl<E: FnMut(Event)> Run<'_, E> {
    /// Whether the target has died of what was judged last.
    pub(super) async fn died_at_last(&self, lane: &Lane) -> bool {
        if !self.target.can_die() {
            return false;
        }
        let profiles: BTreeSet<_> = lane.held().map(|item| item.profile).collect();
        for profile in profiles {
            if let Some(instance) = self.instances.get(&profile)
                && !instance.stays_alive().await
            {
                return true;
            }
        }
        false
    }

    /// After an interrupt nobody waits until it is known which scenario killed the target.
    pub(super) fn leave_unsolved(&mut self, lane: &mut Lane) {
        for (_, outcome) in std::mem::take(&mut lane.suspects) {
            let sentence =
                "The target died; interrupted before it was known which scenario killed it.";
            let outcome = told(outcome, Verdict::Error, sentence.to_owned());
            self.say(Event::ScenarioFinished(outcome));
        }
    }

    /// Brings a dead target up again and finds out which of the scenarios that were under way killed it.
    pub(super) async fn after_death(&mut self, lane: &mut Lane) -> Result<(), StartError> {
        let mut suspects = std::mem::take(&mut lane.suspects);
        let (passed, others): (Vec<_>, Vec<_>) = lane
            .release_all()
            .into_iter()
            .partition(|(_, outcome)| outcome.verdict == Verdict::Pass);
        suspects.extend(others);
        let names: Vec<_> = suspects.iter().map(|(item, _)| item.id.clone()).collect();
        if !self.target.can_restart() {
            // What could not be judged may well have met a target that was dead before.
            let culprit = match suspects.as_slice() {
                [(_, outcome)] => outcome.verdict != Verdict::Error,
                _ => false,
            };
            let mut candidates = names;
            if candidates.len() == 1 {
                candidates.extend(passed.iter().map(|(item, _)| item.id.clone()));
            }
            candidates.sort();
            for (_, outcome) in suspects {
                let (verdict, sentence) = if culprit {
                    (Verdict::Fail, died(None))
                } else {
                    let sentence = format!(
                        "The target died of one of: {}; each alone, with `--jobs 1`, names it.",
                        first_names(&candidates, NAMED)
                    );
                    (Verdict::Error, sentence)
                };
                self.say(Event::ScenarioFinished(told(outcome, verdict, sentence)));
            }
            for (_, outcome) in passed {
                self.say(Event::ScenarioFinished(outcome));
            }
            self.gone = true;
            self.leave_unrun(lane);
            return Ok(());
        }
        let mut solved = false;
        for suspect in suspects {
            if solved {
                // Struck most likely: it runs side by side with others again. If it kills, too, that shows as well.
                lane.waiting.push_front(suspect.0);
            } else {
                solved = self.try_alone(suspect).await?;
            }
        }
        let mut all = names;
        for (item, outcome) in passed {
            all.push(item.id.clone());
            // Whoever passed is looked at only where nobody else did it.
            if solved {
                self.say(Event::ScenarioFinished(outcome));
            } else {
                solved = self.try_alone((item, outcome)).await?;
            }
        }
        if !solved {
            self.say(Event::Notice(format!(
                "the target died and was started again; none of what ran then ends it alone: {}",
                first_names(&all, NAMED)
            )));
        }
        Ok(())
    }

    /// Says of what waits that the target did not live to see it.
    pub(super) fn leave_unrun(&mut self, lane: &mut Lane) {
        for item in std::mem::take(&mut lane.waiting) {
            self.blank(&item, Verdict::Error, NOT_RUN, Duration::ZERO);
        }
    }

    /// Runs one again with the target for itself, and says what came of it: whether it kills the target.
    async fn try_alone(&mut self, (item, before): Judged) -> Result<bool, StartError> {
        self.revive(item.profile).await?;
        let Some(instance) = self.instances.get(&item.profile) else {
            return Ok(false);
        };
        let again = play(&item, &instance.live, self.settings).await;
        let mut again = Box::new(again.outcome);
        if instance.stays_alive().await {
            self.say(Event::ScenarioFinished(again));
            return Ok(false);
        }
        let sentence = died(instance.exited().as_deref());
        again.breach = again.breach.or(before.breach);
        self.say(Event::ScenarioFinished(told(
            again,
            Verdict::Fail,
            sentence,
        )));
        self.revive(item.profile).await?;
        self.say(Event::Notice(format!(
            "{} ended the target; it was started again",
            item.id
        )));
        Ok(true)
    }

    async fn revive(&mut self, profile: Option<usize>) -> Result<(), StartError> {
        let alive = match self.instances.get(&profile) {
            Some(instance) => instance.is_alive().await,
            None => false,
        };
        if alive {
            return Ok(());
        }
        if let Some(dead) = self.instances.remove(&profile) {
            dead.stop().await;
        }
        self.bring_up(profile).await
    }
}

/// An outcome that is no longer what the scenario came to, but what is known of the target's death.
fn told(mut outcome: Box<Outcome>, verdict: Verdict, sentence: String) -> Box<Outcome> {
    outcome.verdict = verdict;
    outcome.kind = (verdict == Verdict::Fail).then_some(FailureKind::ServerDied);
    if let Some(breach) = &mut outcome.breach {
        breach.sentence.clone_from(&sentence);
    }
    outcome.reason = Some(sentence);
    outcome
}

/// Of a scenario that came too late.
const NOT_RUN: &str = "Not run: the target died before.";

fn died(exited: Option<&str>) -> String {
    match exited {
        Some(status) => format!("The target died: its process ended with {status}."),
        None => "The target died: nothing listens on its port any more.".to_owned(),
    }
}
