//! The run: one task a scenario, many at once; one dispatcher that owns the order of events.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    event::{Event, Record, RunInfo, Summary},
    host::{self, Host, Instance, StartError, Target},
    judgement,
    lane::Lane,
    outcome::Verdict,
    plan::{Item, Plan},
    play::{Played, play},
    settings::Settings,
};
use crate::clock;

/// Servers of one target that start at the same time.
const STARTS: usize = 3;

/// Runs a plan and tells `emit` what happens, in order.
///
/// An interrupt ends the waiting: nothing more is started, what runs is abandoned, and both are
/// reported as skipped.
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
    let begun = clock::now();
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
    if target.tls.is_insecure() && run.url().starts_with("https:") {
        run.say(Event::Notice(
            "certificates are not verified: another server could answer in place of the target"
                .to_owned(),
        ));
    }
    // Profiles mostly have the same to say.
    let notices: BTreeSet<_> = run
        .instances
        .values()
        .filter_map(Instance::notice)
        .collect();
    for notice in notices {
        run.say(Event::Notice(notice));
    }
    for (tier, count) in &plan.left_out {
        run.say(Event::Notice(format!(
            "{count} of tier {tier} left out; `--include {tier}` runs them"
        )));
    }
    if total > 0 && plan.items.iter().all(|item| item.skip.is_some()) {
        run.say(Event::Notice(
            "nothing is run: each scenario needs what the target does not provide".to_owned(),
        ));
    }
    let (exclusive, mut shared): (Vec<_>, Vec<_>) = plan
        .items
        .into_iter()
        .map(Arc::new)
        .partition(|item| item.scenario.exclusive);
    shared.sort_by_key(|item| !settings.first.contains(&item.scenario.id));
    run.lane(shared, settings.jobs.max(1), &interrupt).await?;
    run.lane(exclusive, 1, &interrupt).await?;
    Ok(run.finish(begun, interrupt.is_cancelled()).await)
}

/// A run while it goes on.
pub(super) struct Run<'r, E> {
    pub(super) target: &'r Target,
    pub(super) settings: &'r Settings,
    /// By profile; `None` is the target as it is.
    pub(super) instances: BTreeMap<Option<usize>, Instance>,
    record: Record,
    emit: E,
    failed: bool,
    /// Whether the target died, and nobody can start it again.
    pub(super) gone: bool,
}

/// What a scenario's task says.
enum Word {
    Started(Arc<Item>),
    Finished(Arc<Item>, Box<Played>),
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
            gone: false,
        };
        let needed = plan.items.iter().filter(|item| item.skip.is_none());
        let mut profiles: BTreeSet<_> = needed.map(|item| item.profile).collect();
        // The first one alone, since it sets up what all of them need.
        if let Some(first) = profiles.pop_first() {
            run.bring_up(first).await?;
        }
        let starts = profiles
            .into_iter()
            .map(|profile| started(target, settings, profile));
        let others: Vec<_> = stream::iter(starts)
            .buffer_unordered(STARTS)
            .try_collect()
            .await?;
        run.instances.extend(others);
        Ok(run)
    }

    pub(super) async fn bring_up(&mut self, profile: Option<usize>) -> Result<(), StartError> {
        if self.instances.contains_key(&profile) {
            return Ok(());
        }
        let (profile, instance) = started(self.target, self.settings, profile).await?;
        self.instances.insert(profile, instance);
        Ok(())
    }

    /// Where the target is; empty where nothing had to be started.
    fn url(&self) -> String {
        match (self.instances.values().next(), &self.target.host) {
            (Some(instance), _) => instance.live.endpoint.url.to_string(),
            (None, Host::Running) => self.target.manifest.url.clone(),
            (None, Host::Embedded(_) | Host::Launched) => String::new(),
        }
    }

    pub(super) fn say(&mut self, event: Event) {
        match &event {
            Event::RunStarted(info) => self.record.info = info.clone(),
            Event::ScenarioFinished(outcome) => {
                self.record.summary.count(outcome);
                self.failed |= matches!(outcome.verdict, Verdict::Fail | Verdict::Error);
                self.record.outcomes.push((**outcome).clone());
            }
            Event::Notice(notice) => self.record.notices.push(notice.clone()),
            Event::ScenarioStarted { .. } | Event::RunFinished(_) => {}
        }
        (self.emit)(event);
    }

    fn skip(&mut self, item: &Item, reason: &str) {
        self.blank(item, Verdict::Skip, reason, Duration::ZERO);
    }

    /// Says of an item that it was not judged.
    pub(super) fn blank(
        &mut self,
        item: &Item,
        verdict: Verdict,
        reason: &str,
        duration: Duration,
    ) {
        let outcome = judgement::blank(item, verdict, Some(reason.to_owned()), duration);
        self.say(Event::ScenarioFinished(Box::new(outcome)));
    }

    /// Runs items, `width` at once.
    async fn lane(
        &mut self,
        items: Vec<Arc<Item>>,
        width: usize,
        interrupt: &CancellationToken,
    ) -> Result<(), StartError> {
        let mut lane = Lane::default();
        for item in items {
            match item.skip.clone() {
                Some(reason) => self.skip(&item, &reason),
                None => lane.waiting.push_back(item),
            }
        }
        if self.gone {
            self.leave_unrun(&mut lane);
        }
        // One word at the start and one at the end of each task: bounded by the number of items.
        let (words, mut heard) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        loop {
            let stopped = interrupt.is_cancelled() || (self.settings.fail_fast && self.failed);
            while !stopped && !lane.dead && tasks.len() < width {
                let Some(item) = lane.waiting.pop_front() else {
                    break;
                };
                let Some(instance) = self.instances.get(&item.profile) else {
                    continue;
                };
                let live = Arc::clone(&instance.live);
                let settings = self.settings.clone();
                let can_die = self.target.can_die();
                let words = words.clone();
                lane.under_way.push((Arc::clone(&item), clock::now()));
                tasks.spawn(async move {
                    // The dispatcher hears until its last task has ended.
                    let _ = words.send(Word::Started(Arc::clone(&item)));
                    let played = Box::new(play(&item, &live, &settings).await);
                    // A process outlives its connections for a moment.
                    if can_die
                        && played.lost_a_connection
                        && played.outcome.verdict != Verdict::Pass
                    {
                        host::until_gone(&live.endpoint).await;
                    }
                    let _ = words.send(Word::Finished(item, played));
                });
            }
            if tasks.is_empty() && (stopped || lane.waiting.is_empty() || lane.dead) {
                if !lane.dead && !interrupt.is_cancelled() {
                    lane.dead = self.died_at_last(&lane).await;
                }
                if !lane.dead {
                    break;
                }
                if interrupt.is_cancelled() {
                    self.leave_unsolved(&mut lane);
                } else {
                    self.after_death(&mut lane).await?;
                }
                lane.dead = false;
                continue;
            }
            tokio::select! {
                // Cancel-safe: `recv` and `join_next` lose nothing, `cancelled` has no state.
                Some(word) = heard.recv() => self.hear(word, &mut lane).await,
                Some(_) = tasks.join_next() => {}
                () = interrupt.cancelled(), if !tasks.is_empty() => tasks.shutdown().await,
                () = lane.next_release() => {}
            }
            // Whoever has ended has said so before.
            while let Ok(word) = heard.try_recv() {
                self.hear(word, &mut lane).await;
            }
            for (_, outcome) in lane.release() {
                self.say(Event::ScenarioFinished(outcome));
            }
        }
        for (_, outcome) in lane.release_all() {
            self.say(Event::ScenarioFinished(outcome));
        }
        self.settle(lane, interrupt);
        Ok(())
    }

    async fn hear(&mut self, word: Word, lane: &mut Lane) {
        match word {
            Word::Started(item) => self.say(Event::ScenarioStarted {
                id: item.id.clone(),
            }),
            Word::Finished(item, played) => {
                lane.under_way.retain(|(other, _)| other.id != item.id);
                let outcome = Box::new(played.outcome);
                let suspicious = outcome.verdict != Verdict::Pass;
                if suspicious && !lane.dead && self.target.can_die() {
                    lane.dead = match self.instances.get(&item.profile) {
                        Some(instance) => !instance.is_alive().await,
                        None => false,
                    };
                }
                if suspicious && lane.dead {
                    lane.suspects.push((item, outcome));
                } else if self.target.can_die() {
                    self.failed |= matches!(outcome.verdict, Verdict::Fail | Verdict::Error);
                    lane.hold(item, outcome);
                } else {
                    self.say(Event::ScenarioFinished(outcome));
                }
            }
        }
    }

    /// Says what became of the items that came to no end.
    fn settle(&mut self, lane: Lane, interrupt: &CancellationToken) {
        for (item, begun) in lane.under_way {
            let (verdict, reason) = if interrupt.is_cancelled() {
                (Verdict::Skip, "interrupted while it ran")
            } else {
                // Its task panicked: a bug, and never the target's fault.
                (Verdict::Error, "sockspec itself failed while it ran this")
            };
            self.blank(&item, verdict, reason, begun.elapsed());
        }
        let reason = if interrupt.is_cancelled() {
            "not run: interrupted"
        } else {
            "not run: an earlier scenario failed"
        };
        for item in lane.waiting {
            self.skip(&item, reason);
        }
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

async fn started(
    target: &Target,
    settings: &Settings,
    profile: Option<usize>,
) -> Result<(Option<usize>, Instance), StartError> {
    let described = profile.and_then(|index| target.manifest.profiles.get(index));
    Ok((profile, target.start(described, settings).await?))
}
