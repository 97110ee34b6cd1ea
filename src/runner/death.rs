//! What a run does when its target dies: it finds the scenario that killed the target, and goes on.

use std::{collections::BTreeSet, pin::pin, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{
    batch::{Batch, Judged},
    event::{Event, EventKind},
    failure_kind::FailureKind,
    host::StartError,
    live_target::LiveTarget,
    notice::{NAMED_SCENARIOS, Notice},
    outcome::Outcome,
    plan::Item,
    play::play,
    run::Run,
    verdict::Verdict,
};

use crate::text::first_names;

/// The reason in the outcome of a scenario that could not start because the target had died.
const NOT_RUN: &str = "Not run: the target had died.";

impl<E: FnMut(Event)> Run<'_, E> {
    /// Returns true if a scenario that ended a moment ago has killed the target.
    pub(super) async fn died_of_last_items(&mut self, batch: &Batch) -> bool {
        if !self.target.can_die() {
            return false;
        }
        let profiles: BTreeSet<_> = batch.kept().map(|item| item.profile).collect();
        for profile in profiles {
            if let Some(instance) = self.instances.get(&profile)
                && !instance.stays_alive().await
            {
                self.emit_death(profile);
                return true;
            }
        }
        false
    }

    /// Emits that the server of a profile was found dead.
    pub(super) fn emit_death(&mut self, profile: Option<usize>) {
        let status = self
            .instances
            .get(&profile)
            .and_then(|instance| instance.exited());
        self.emit(EventKind::TargetDied {
            profile: self.profile_name(profile),
            status,
        });
    }

    fn profile_name(&self, profile: Option<usize>) -> Option<String> {
        let profile = self.target.manifest.profiles.get(profile?)?;
        Some(profile.name.clone())
    }

    /// Emits the outcomes of the suspects, which are the scenarios that may have killed the target. For use after an
    /// interrupt, when the runner does not search for the killer.
    pub(super) fn report_unsolved(&mut self, batch: &mut Batch) {
        for (_, outcome) in std::mem::take(&mut batch.suspects) {
            let sentence =
                "The target died; interrupted before it was known which scenario killed it.";
            let outcome = with_verdict(outcome, Verdict::Error, sentence.to_owned());
            self.emit(EventKind::ScenarioFinished(outcome));
        }
    }

    /// Starts a dead target again and finds the scenario that killed it.
    pub(super) async fn find_killer(&mut self, batch: &mut Batch) -> Result<(), StartError> {
        let mut suspects = std::mem::take(&mut batch.suspects);
        let (passed, others): (Vec<_>, Vec<_>) = batch
            .take_kept()
            .into_iter()
            .partition(|(_, outcome)| outcome.verdict == Verdict::Pass);
        suspects.extend(others);
        if !self.target.can_restart() {
            self.report_lost_target(batch, suspects, passed);
            return Ok(());
        }
        let mut scenarios: Vec<_> = suspects.iter().map(|(item, _)| item.id.clone()).collect();
        let mut is_solved = false;
        for suspect in suspects {
            if is_solved {
                // This scenario most likely failed because another one had killed the target, so it runs again beside
                // others. If it kills the target too, the next search finds it.
                batch.waiting.push_front(suspect.0);
            } else {
                is_solved = self.play_alone(suspect).await?;
            }
        }
        for (item, outcome) in passed {
            scenarios.push(item.id.clone());
            // A scenario that passed is played alone only if no suspect is the killer.
            if is_solved {
                self.emit(EventKind::ScenarioFinished(outcome));
            } else {
                is_solved = self.play_alone((item, outcome)).await?;
            }
        }
        if !is_solved {
            self.notice(Notice::SurvivesEachAlone { scenarios });
        }
        Ok(())
    }

    /// Emits the outcomes after the death of a target that can't be started again.
    fn report_lost_target(
        &mut self,
        batch: &mut Batch,
        suspects: Vec<Judged>,
        passed: Vec<Judged>,
    ) {
        // If the only suspect could not be judged, the target may have been dead before that scenario started.
        let is_killer_known = match suspects.as_slice() {
            [(_, outcome)] => outcome.verdict != Verdict::Error,
            _ => false,
        };
        let mut candidates: Vec<_> = suspects.iter().map(|(item, _)| item.id.clone()).collect();
        if candidates.len() == 1 {
            candidates.extend(passed.iter().map(|(item, _)| item.id.clone()));
        }
        candidates.sort();
        for (_, outcome) in suspects {
            let (verdict, sentence) = if is_killer_known {
                (Verdict::Fail, death_sentence(None))
            } else {
                let sentence = format!(
                    "The target died during one of: {}. To find out which, run each alone with `--jobs 1`.",
                    first_names(&candidates, NAMED_SCENARIOS)
                );
                (Verdict::Error, sentence)
            };
            let outcome = with_verdict(outcome, verdict, sentence);
            self.emit(EventKind::ScenarioFinished(outcome));
        }
        for (_, outcome) in passed {
            self.emit(EventKind::ScenarioFinished(outcome));
        }
        self.is_target_lost = true;
        self.report_not_run(batch);
    }

    /// Emits for every waiting item that the target died before the item could start.
    pub(super) fn report_not_run(&mut self, batch: &mut Batch) {
        for item in std::mem::take(&mut batch.waiting) {
            self.emit_unjudged(&item, Verdict::Error, NOT_RUN, Duration::ZERO);
        }
    }

    /// Plays an item again while nothing else runs, and emits its outcome. Returns true if the item kills the target.
    async fn play_alone(&mut self, (item, before): Judged) -> Result<bool, StartError> {
        self.restart_if_dead(item.profile).await?;
        let Some(instance) = self.instances.get(&item.profile) else {
            return Ok(false);
        };
        let live = Arc::clone(&instance.live);
        let mut outcome = Box::new(self.play_and_emit(&item, &live).await);
        let Some(instance) = self.instances.get(&item.profile) else {
            return Ok(false);
        };
        let is_alive = instance.stays_alive().await;
        let status = instance.exited();
        if is_alive {
            self.emit(EventKind::ScenarioFinished(outcome));
            return Ok(false);
        }
        self.emit_death(item.profile);
        outcome.breach = outcome.breach.or(before.breach);
        let outcome = with_verdict(outcome, Verdict::Fail, death_sentence(status.as_deref()));
        self.emit(EventKind::ScenarioFinished(outcome));
        self.restart_if_dead(item.profile).await?;
        self.notice(Notice::TargetEnded {
            scenario: item.id.clone(),
        });
        Ok(true)
    }

    /// Plays an item and emits the events of its attempts as they come.
    async fn play_and_emit(&mut self, item: &Item, live: &LiveTarget) -> Outcome {
        // The channel needs no limit: each attempt sends only a few messages.
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let report = |kind| {
            // Sending can't fail: the receiver lives until the end of this function.
            let _ = sender.send(kind);
        };
        let mut playing = pin!(play(item, live, self.settings, report));
        loop {
            tokio::select! {
                biased;
                Some(kind) = receiver.recv() => self.emit(kind),
                played = &mut playing => return played.outcome,
            }
        }
    }

    async fn restart_if_dead(&mut self, profile: Option<usize>) -> Result<(), StartError> {
        let is_alive = match self.instances.get(&profile) {
            Some(instance) => instance.is_alive().await,
            None => false,
        };
        if is_alive {
            return Ok(());
        }
        if let Some(dead) = self.instances.remove(&profile) {
            dead.stop().await;
        }
        let start = self.start_instance(profile).await?;
        self.emit(EventKind::TargetRestarted(start));
        Ok(())
    }
}

/// Replaces the verdict and the sentence of an outcome, because the target died while the scenario ran.
fn with_verdict(mut outcome: Box<Outcome>, verdict: Verdict, sentence: String) -> Box<Outcome> {
    outcome.verdict = verdict;
    outcome.kind = (verdict == Verdict::Fail).then_some(FailureKind::ServerDied);
    if let Some(breach) = &mut outcome.breach {
        breach.sentence.clone_from(&sentence);
    }
    outcome.reason = Some(sentence);
    outcome
}

/// Returns the sentence for the scenario that killed the target.
fn death_sentence(status: Option<&str>) -> String {
    match status {
        Some(status) => format!("The target died: its process ended with {status}."),
        None => "The target died: nothing listens on its port any more.".to_owned(),
    }
}
