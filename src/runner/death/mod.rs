//! What a run does when its target dies: it finds the scenario that killed the target, and goes on.

pub(super) mod comeback;
pub(super) mod loss;
pub(super) mod outcome;
mod search;

use std::{
    collections::{BTreeSet, VecDeque},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::sync::mpsc;

use self::{
    loss::Killer,
    outcome::{death, own_end, with_verdict},
    search::Narrowed,
};
use crate::{
    runner::{
        plan::Item,
        play::play,
        record::{
            event::{Event, EventKind},
            notice::Notice,
            outcome::Outcome,
            verdict::Verdict,
        },
        run::{
            Run,
            batch::{Batch, Judged},
        },
        running_target::{host::StartError, live_target::LiveTarget},
    },
    targets::{Maskable, Masked},
};

/// When a server has died during a scenario, the runner starts a second server, on which no scenario runs. It blames
/// the scenario only if the second server lives long enough: for five quarters of the first server's life, plus this
/// time.
const MARGIN: Duration = Duration::from_millis(300);

/// The result of playing an item (a scenario on one transport) again while nothing else runs.
enum Alone {
    /// The target is still alive. The outcome of the item is emitted.
    Survived,
    /// The item (a scenario on one transport) killed the target, or the target ends by itself. The outcome of the item
    /// is emitted, and the target runs again.
    Solved,
    /// The item (a scenario on one transport) killed the target, or the target ends by itself. The outcome of the item
    /// is emitted, but the target can't be started again.
    SolvedAndLost(StartError),
    /// The target can't be started, so the item (a scenario on one transport) was not played.
    NotPlayed(Box<Judged>, StartError),
}

impl<E: FnMut(&Masked<Event>)> Run<'_, E> {
    /// Checks the servers on which items (scenarios on one transport) ended a moment ago. Returns true if one of these
    /// servers is dead.
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

    /// Emits the event that the server of a profile was found dead. A profile is a variant of the target with other
    /// settings.
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
                "The target died; the run ended before it was known which scenario killed it.";
            let outcome = with_verdict(outcome, Verdict::Error, sentence.to_owned());
            self.emit(EventKind::ScenarioFinished(outcome));
        }
    }

    /// Starts a dead target again and finds the scenario that killed it.
    pub(super) async fn find_killer(&mut self, batch: &mut Batch) {
        let candidates = batch.take_candidates();
        if !self.target.can_restart() {
            return self.await_comeback(batch, candidates).await;
        }
        let ends_by_itself = |(item, _): &Judged| self.ends_by_itself.contains_key(&item.profile);
        if candidates.iter().any(ends_by_itself) {
            return self.go_on(batch, candidates).await;
        }
        let scenarios = candidates.iter().map(|(item, _)| item.id.clone()).collect();
        let Narrowed {
            mut suspects,
            mut others,
            error,
        } = self.narrow(candidates).await;
        if let Some(error) = error {
            suspects.append(&mut others);
            let reason = self.reason(error);
            return self.lose(batch, suspects, Killer::Unknown, &reason);
        }
        while !self.must_end_search()
            && let Some(candidate) = suspects.pop_front()
        {
            match self.play_alone(candidate).await {
                Alone::Survived => {}
                Alone::Solved => {
                    suspects.append(&mut others);
                    return self.release(batch, suspects);
                }
                Alone::SolvedAndLost(error) => {
                    suspects.append(&mut others);
                    let reason = self.reason(error);
                    return self.lose(batch, suspects, Killer::Known, &reason);
                }
                Alone::NotPlayed(candidate, error) => {
                    suspects.push_front(*candidate);
                    suspects.append(&mut others);
                    let reason = self.reason(error);
                    return self.lose(batch, suspects, Killer::Unknown, &reason);
                }
            }
        }
        if self.must_end_search() {
            batch.suspects.extend(suspects.into_iter().chain(others));
            return self.report_unsolved(batch);
        }
        self.notice(Notice::SurvivesEachAlone { scenarios });
        self.release(batch, others);
    }

    /// Emits the outcomes of those candidates (scenarios that may have killed the target) that passed. Queues the other
    /// candidates to run again at the same time as other scenarios: they most likely failed because the target was
    /// already dead. If one of them kills the target, the next search finds it.
    pub(super) fn release(&mut self, batch: &mut Batch, candidates: VecDeque<Judged>) {
        for (item, outcome) in candidates {
            if outcome.verdict == Verdict::Pass {
                self.emit(EventKind::ScenarioFinished(outcome));
            } else {
                batch.waiting.push_front(item);
            }
        }
    }

    /// Handles the death of a server that ends by itself.
    ///
    /// Candidates are the scenarios that may have killed the target. Candidates that did not pass on such a server
    /// can't be judged; candidates that did not pass on other servers run again.
    async fn go_on(&mut self, batch: &mut Batch, candidates: VecDeque<Judged>) {
        let mut others = VecDeque::new();
        let mut profiles = BTreeSet::new();
        for (item, outcome) in candidates {
            profiles.insert(item.profile);
            match self.ends_by_itself.get(&item.profile) {
                Some(after) if outcome.verdict != Verdict::Pass => {
                    let outcome = with_verdict(outcome, Verdict::Error, own_end(*after));
                    self.emit(EventKind::ScenarioFinished(outcome));
                }
                Some(_) | None => others.push_back((item, outcome)),
            }
        }
        for profile in profiles {
            if let Err(error) = self.restart_if_dead(profile).await {
                let reason = self.reason(error);
                return self.lose(batch, others, Killer::Known, &reason);
            }
        }
        self.release(batch, others);
    }

    /// Plays an item (a scenario on one transport) again while nothing else runs, and emits its outcome.
    ///
    /// The item is blamed for the death of the target only if a server that was started just before the item dies too,
    /// and another new server lives longer without the item.
    async fn play_alone(&mut self, (item, before): Judged) -> Alone {
        let profile = item.profile;
        loop {
            let start = match self.restart_if_dead(profile).await {
                Ok(start) => start,
                Err(error) => return Alone::NotPlayed(Box::new((item, before)), error),
            };
            let Some(live) = self.live(profile) else {
                return Alone::Survived;
            };
            let mut outcome = Box::new(self.play_and_emit(&item, &live).await);
            let Some(instance) = self.instances.get(&profile) else {
                return Alone::Survived;
            };
            if instance.stays_alive().await {
                self.emit(EventKind::ScenarioFinished(outcome));
                return Alone::Survived;
            }
            let (status, age) = (instance.exited(), instance.started.elapsed());
            self.emit_death(profile);
            if start == Start::Fresh {
                outcome.breach = outcome.breach.or(before.breach);
                return self.blame(&item, outcome, status.as_deref(), age).await;
            }
        }
    }

    /// Emits the outcome of an item (a scenario on one transport) during which a new server died at the age `age`.
    /// Blames the item if another new server lives longer without the item.
    async fn blame(
        &mut self,
        item: &Item,
        outcome: Box<Outcome>,
        status: Option<&str>,
        age: Duration,
    ) -> Alone {
        let profile = item.profile;
        let control = self.restart_if_dead(profile).await;
        let is_innocent = match (&control, self.instances.get(&profile)) {
            (Ok(_), Some(instance)) => !instance.outlives(age + age / 4 + MARGIN).await,
            (Ok(_), None) | (Err(_), _) => false,
        };
        if is_innocent {
            self.emit_death(profile);
            self.ends_by_itself.insert(profile, age);
            let outcome = with_verdict(outcome, Verdict::Error, own_end(age));
            self.emit(EventKind::ScenarioFinished(outcome));
            self.notice(Notice::EndsByItself { after: age });
            return match self.restart_if_dead(profile).await {
                Ok(_) => Alone::Solved,
                Err(error) => Alone::SolvedAndLost(error),
            };
        }
        let death = death(&outcome, status);
        let outcome = with_verdict(outcome, Verdict::Fail, death);
        self.emit(EventKind::ScenarioFinished(outcome));
        match control {
            Ok(_) => {
                self.notice(Notice::TargetEnded {
                    scenario: item.id.clone(),
                });
                Alone::Solved
            }
            Err(error) => Alone::SolvedAndLost(error),
        }
    }

    pub(super) fn live(&self, profile: Option<usize>) -> Option<Arc<LiveTarget>> {
        let instance = self.instances.get(&profile)?;
        Some(Arc::clone(&instance.live))
    }

    /// Returns why a target can't be started again, as a clause for a sentence: "it can't be started again: …".
    fn reason(&self, mut error: StartError) -> String {
        error.mask(&self.target.secrets);
        format!("it can't be started again: {}", error.headline())
    }

    /// Plays an item (a scenario on one transport) and emits the events of its attempts as they come.
    pub(super) async fn play_and_emit(&mut self, item: &Item, live: &LiveTarget) -> Outcome {
        // The channel needs no limit: each attempt sends only a few messages.
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let report = |kind| {
            // Sending can't fail: the receiver lives until the end of this function.
            let _ = sender.send(kind);
        };
        let load = Arc::clone(&self.load);
        let mut playing = pin!(play(item, live, self.settings, &load, report));
        loop {
            tokio::select! {
                biased;
                Some(kind) = receiver.recv() => self.emit(kind),
                played = &mut playing => return played.outcome,
            }
        }
    }

    async fn restart_if_dead(&mut self, profile: Option<usize>) -> Result<Start, StartError> {
        let is_alive = match self.instances.get(&profile) {
            Some(instance) => instance.is_alive().await,
            None => false,
        };
        if is_alive {
            return Ok(Start::Earlier);
        }
        if let Some(dead) = self.instances.remove(&profile) {
            dead.stop().await;
        }
        let start = self.start_instance(profile).await?;
        self.emit(EventKind::TargetRestarted(start));
        Ok(Start::Fresh)
    }
}

/// When the server on which an item (a scenario on one transport) runs was started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    /// The server was started earlier, so other scenarios may have run on it.
    Earlier,
    /// The server was started just for this item, so no other scenario has run on it.
    Fresh,
}
