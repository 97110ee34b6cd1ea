//! The run: one task a scenario, many at once; one dispatcher that owns the order of events.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Instant,
};

use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    attempt::Attempt,
    event::{Event, Record, RunInfo, Summary},
    host::{Instance, StartError, Target},
    judgement::{self, Merge},
    log,
    outcome::{Outcome, Verdict},
    plan::{Item, Plan},
    settings::Settings,
    site::Site,
};

/// Runs a plan and tells `emit` what happens, in order.
///
/// An interrupt ends the waiting: nothing more is started, what runs is abandoned, and everything
/// that was not run is reported as skipped.
///
/// # Errors
///
/// The target, or one of its profiles that a scenario needs, can't be started.
pub async fn run(
    plan: Plan,
    target: &Target,
    settings: &Settings,
    interrupt: CancellationToken,
    emit: impl FnMut(Event),
) -> Result<Record, StartError> {
    let begun = Instant::now();
    let mut run = Run::start(target, settings, &plan, emit).await?;
    let total = plan.items.len();
    run.say(Event::RunStarted(RunInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: target.manifest.name.clone(),
        url: run.url(),
        provides: target.manifest.provides.iter().cloned().collect(),
        scenarios: total,
        jobs: settings.jobs,
        seed: settings.seed,
    }));
    for (tier, count) in &plan.left_out {
        run.say(Event::Notice(format!(
            "{count} of tier {tier} left out; `--include {tier}` runs them"
        )));
    }
    let (exclusive, shared): (Vec<_>, Vec<_>) = plan
        .items
        .into_iter()
        .map(Arc::new)
        .partition(|item| item.scenario.exclusive);
    run.lane(shared, settings.jobs.max(1), &interrupt).await?;
    run.lane(exclusive, 1, &interrupt).await?;
    Ok(run.finish(begun, interrupt.is_cancelled()).await)
}

/// A run while it goes on.
struct Run<'r, E> {
    target: &'r Target,
    settings: &'r Settings,
    /// By profile; `None` is the target as it is.
    instances: BTreeMap<Option<usize>, Instance>,
    record: Record,
    emit: E,
    failed: bool,
}

/// What a scenario's task says.
enum Word {
    Started(Arc<Item>),
    Finished(Arc<Item>, Box<Outcome>),
}

impl<'r, E: FnMut(Event)> Run<'r, E> {
    async fn start(
        target: &'r Target,
        settings: &'r Settings,
        plan: &Plan,
        emit: E,
    ) -> Result<Self, StartError> {
        let mut run = Self {
            target,
            settings,
            instances: BTreeMap::new(),
            record: Record::default(),
            emit,
            failed: false,
        };
        for item in plan.items.iter().filter(|item| item.skip.is_none()) {
            run.bring_up(item.profile).await?;
        }
        Ok(run)
    }

    async fn bring_up(&mut self, profile: Option<usize>) -> Result<(), StartError> {
        if self.instances.contains_key(&profile) {
            return Ok(());
        }
        let described = profile.and_then(|index| self.target.manifest.profiles.get(index));
        let instance = self.target.start(described, self.settings).await?;
        self.instances.insert(profile, instance);
        Ok(())
    }

    fn url(&self) -> String {
        self.instances.values().next().map_or_else(
            || self.target.manifest.url.clone(),
            |instance| instance.site.endpoint.url.to_string(),
        )
    }

    fn say(&mut self, event: Event) {
        match &event {
            Event::RunStarted(info) => self.record.info = info.clone(),
            Event::ScenarioFinished(outcome) => {
                self.record.summary.count(outcome.verdict, outcome.flaky);
                self.failed |= matches!(outcome.verdict, Verdict::Fail | Verdict::Error);
                self.record.outcomes.push((**outcome).clone());
            }
            Event::Notice(notice) => self.record.notices.push(notice.clone()),
            Event::ScenarioStarted { .. } | Event::RunFinished(_) => {}
        }
        (self.emit)(event);
    }

    fn skip(&mut self, item: &Item, reason: &str) {
        let outcome = judgement::blank(
            item,
            Verdict::Skip,
            Some(reason.to_owned()),
            std::time::Duration::ZERO,
        );
        self.say(Event::ScenarioFinished(Box::new(outcome)));
    }

    /// Runs items, `width` at once.
    async fn lane(
        &mut self,
        items: Vec<Arc<Item>>,
        width: usize,
        interrupt: &CancellationToken,
    ) -> Result<(), StartError> {
        let mut waiting = VecDeque::new();
        for item in items {
            match item.skip.clone() {
                Some(reason) => self.skip(&item, &reason),
                None => waiting.push_back(item),
            }
        }
        // One word at the start and one at the end of each task: bounded by the number of items.
        let (words, mut heard) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let mut suspects: Vec<(Arc<Item>, Box<Outcome>)> = Vec::new();
        let mut dead = false;
        loop {
            let stopped = interrupt.is_cancelled() || (self.settings.fail_fast && self.failed);
            while !stopped && !dead && tasks.len() < width {
                let Some(item) = waiting.pop_front() else {
                    break;
                };
                let Some(instance) = self.instances.get(&item.profile) else {
                    continue;
                };
                let site = Arc::clone(&instance.site);
                let settings = self.settings.clone();
                let words = words.clone();
                tasks.spawn(async move {
                    // The dispatcher hears until its last task has ended.
                    let _ = words.send(Word::Started(Arc::clone(&item)));
                    let outcome = Box::new(play(&item, &site, &settings).await);
                    let _ = words.send(Word::Finished(item, outcome));
                });
            }
            if tasks.is_empty() && (stopped || waiting.is_empty() || dead) {
                if !dead {
                    break;
                }
                self.after_death(std::mem::take(&mut suspects), &mut waiting)
                    .await?;
                dead = false;
                continue;
            }
            tokio::select! {
                // Cancel-safe: `recv` and `join_next` lose nothing, `cancelled` has no state.
                Some(word) = heard.recv() => match word {
                    Word::Started(item) => self.say(Event::ScenarioStarted { id: item.id.clone() }),
                    Word::Finished(item, outcome) => {
                        let suspicious = matches!(outcome.verdict, Verdict::Fail | Verdict::Error);
                        if suspicious && !dead {
                            dead = match self.instances.get(&item.profile) {
                                Some(instance) => !instance.is_alive().await,
                                None => false,
                            };
                        }
                        if suspicious && dead {
                            suspects.push((item, outcome));
                        } else {
                            self.say(Event::ScenarioFinished(outcome));
                        }
                    }
                },
                Some(_) = tasks.join_next() => {
                    while let Ok(word) = heard.try_recv() {
                        match word {
                            Word::Started(item) => self.say(Event::ScenarioStarted { id: item.id.clone() }),
                            Word::Finished(item, outcome) if dead && matches!(outcome.verdict, Verdict::Fail | Verdict::Error) => suspects.push((item, outcome)),
                            Word::Finished(_, outcome) => self.say(Event::ScenarioFinished(outcome)),
                        }
                    }
                }
                () = interrupt.cancelled(), if !tasks.is_empty() => {
                    tasks.shutdown().await;
                }
            }
        }
        let reason = if interrupt.is_cancelled() {
            "not run: interrupted"
        } else {
            "not run: an earlier scenario failed"
        };
        for item in waiting {
            self.skip(&item, reason);
        }
        Ok(())
    }

    /// Brings a dead target up again and finds out which of the scenarios that were under way killed it.
    async fn after_death(
        &mut self,
        suspects: Vec<(Arc<Item>, Box<Outcome>)>,
        waiting: &mut VecDeque<Arc<Item>>,
    ) -> Result<(), StartError> {
        if !self.target.can_restart() {
            let alone = suspects.len() == 1;
            for (item, mut outcome) in suspects {
                let others = "it went away while this and other scenarios ran; `--jobs 1` names the one that kills it";
                outcome.verdict = if alone { Verdict::Fail } else { Verdict::Error };
                outcome.reason = Some(if alone {
                    died(None)
                } else {
                    format!("The target died: {others}.")
                });
                let _ = item;
                self.say(Event::ScenarioFinished(outcome));
            }
            for item in waiting.drain(..) {
                let mut outcome =
                    judgement::blank(&item, Verdict::Error, None, std::time::Duration::ZERO);
                outcome.reason = Some("Not run: the target died before.".to_owned());
                self.say(Event::ScenarioFinished(Box::new(outcome)));
            }
            return Ok(());
        }
        for (item, outcome) in suspects {
            self.revive(item.profile).await?;
            let Some(instance) = self.instances.get(&item.profile) else {
                continue;
            };
            let site = Arc::clone(&instance.site);
            let mut again = Box::new(play(&item, &site, self.settings).await);
            let exited = match self.instances.get(&item.profile) {
                Some(instance) if !instance.is_alive().await => Some(instance.exited()),
                _ => None,
            };
            if let Some(exited) = exited {
                again.verdict = Verdict::Fail;
                let sentence = died(exited.as_deref());
                if let Some(breach) = &mut again.breach {
                    breach.sentence.clone_from(&sentence);
                }
                again.breach = again.breach.or(outcome.breach);
                again.reason = Some(sentence);
                self.revive(item.profile).await?;
                self.say(Event::Notice(format!(
                    "{} ended the target; it was started again",
                    item.id
                )));
            }
            self.say(Event::ScenarioFinished(again));
        }
        Ok(())
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

    async fn finish(mut self, begun: Instant, interrupted: bool) -> Record {
        self.record.outcomes.sort_by(|a, b| a.id.cmp(&b.id));
        for (_, instance) in std::mem::take(&mut self.instances) {
            instance.stop().await;
        }
        let summary = Summary {
            interrupted,
            duration: begun.elapsed(),
            ..self.record.summary
        };
        self.record.summary = summary;
        self.say(Event::RunFinished(summary));
        self.record
    }
}

fn died(exited: Option<&str>) -> String {
    match exited {
        Some(status) => format!("The target died: its process ended with {status}."),
        None => "The target died: nothing listens on its port any more.".to_owned(),
    }
}

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
        &unique(item, settings, number),
    );
    let finished = attempt.run().instrument(log::scenario(item, number)).await;
    judgement::judge(item, settings, &attempt, finished)
}

/// Differs for every attempt of a run, and for every run with another seed.
fn unique(item: &Item, settings: &Settings, number: usize) -> String {
    let mut hasher = DefaultHasher::new();
    (settings.seed, &item.id, number).hash(&mut hasher);
    format!("{:012x}", hasher.finish() & 0xffff_ffff_ffff)
}
