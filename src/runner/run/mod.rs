//! Runs a plan: one task per scenario, and one dispatcher that emits all events in order.

pub(super) mod batch;
pub(super) mod belied;
mod fence_notices;
pub(super) mod file_descriptors;
pub(super) mod servers;
pub(super) mod suspect;
pub(super) mod unstarted;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use self::{batch::Batch, belied::belied, suspect::suspect};
use crate::{
    clock,
    runner::{
        findings::error_kind::ErrorKind,
        judgement::{self, cause, citation},
        plan::{Item, Plan},
        play::{load::Load, play, schedule::Played},
        record::{
            Record,
            event::{Event, EventKind, RunInfo, TargetStart},
            notice::Notice,
            summary::Summary,
            verdict::Verdict,
        },
        running_target::{
            host::{Host, Instance, StartError, Target},
            listening,
        },
        settings::Settings,
    },
    scenario::Tier,
    targets::Masked,
};

/// Runs a plan and passes every event to `emit`, in order.
///
/// An interrupt stops the run: no more scenarios start, running ones are abandoned, and both are reported as skipped.
///
/// # Errors
///
/// Returns an error if the target, or a profile that a scenario needs, can't be started.
pub async fn run(
    plan: Plan,
    target: &Target,
    settings: &Arc<Settings>,
    interrupt: CancellationToken,
    emit: impl FnMut(&Masked<Event>),
) -> Result<Masked<Record>, StartError> {
    let Plan { items, left_out } = plan;
    let mut run = Run::new(target, settings, interrupt, emit);
    let starts = run.start_instances(&items).await?;
    run.announce(&items, starts, &left_out);
    let (together, mut alone) = run.batches(items);
    run.run_batch(together, settings.jobs.max(1)).await;
    alone.extend(run.take_without_server());
    run.run_batch(alone, 1).await;
    Ok(run.finish().await)
}

/// A run in progress.
pub(super) struct Run<'r, E> {
    pub(super) target: &'r Target,
    pub(super) settings: &'r Arc<Settings>,
    /// The running servers by profile (a variant of the target with other settings); `None` is the target without a
    /// profile.
    pub(super) instances: BTreeMap<Option<usize>, Instance>,
    /// The target, to start a server of its own for each exclusive scenario; `None` if these scenarios share the
    /// servers of all scenarios.
    pub(super) target_of_exclusive: Option<Arc<Target>>,
    /// The exclusive items (scenarios, each on one transport) whose own server could not be started.
    pub(super) without_server: Vec<Arc<Item>>,
    /// How busy this process is.
    pub(super) load: Arc<Load>,
    pub(super) interrupt: CancellationToken,
    started: Instant,
    record: Record,
    emit: E,
    has_failed: bool,
    /// Why no more scenarios can run: the target died and can't be started again.
    pub(super) lost: Option<String>,
    /// The servers that end even if no scenario runs, by profile. Holds how long after its start each server ends.
    pub(super) ends_by_itself: BTreeMap<Option<usize>, Duration>,
    /// The notices about the manifest's fence so far.
    pub(super) noticed_fences: BTreeSet<String>,
}

/// A message from the task of a scenario to the dispatcher.
enum Message {
    /// An event for the dispatcher to emit.
    Happened(EventKind),
    /// The scenario has ended. Holds the result of playing it.
    Finished(Arc<Item>, Box<Played>),
    /// The server that the exclusive scenario needs for itself could not be started.
    NoServer(Arc<Item>),
}

impl<'r, E: FnMut(&Masked<Event>)> Run<'r, E> {
    fn new(
        target: &'r Target,
        settings: &'r Arc<Settings>,
        interrupt: CancellationToken,
        emit: E,
    ) -> Self {
        Self {
            target,
            settings,
            instances: BTreeMap::new(),
            target_of_exclusive: None,
            without_server: Vec::new(),
            load: Arc::new(Load::measured(&target.manifest.observed)),
            interrupt,
            started: clock::now(),
            record: Record::default(),
            emit,
            has_failed: false,
            lost: None,
            ends_by_itself: BTreeMap::new(),
            noticed_fences: BTreeSet::new(),
        }
    }

    /// Emits the events that come before the first scenario.
    fn announce(&mut self, items: &[Item], starts: Vec<TargetStart>, left_out: &[(Tier, usize)]) {
        let manifest = &self.target.manifest;
        let url = self.url();
        let is_unchecked = self.target.tls.is_insecure() && url.starts_with("https:");
        self.emit(EventKind::RunStarted(RunInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target: manifest.name.clone(),
            target_version: manifest.version.clone(),
            url,
            provides: manifest.provides.iter().cloned().collect(),
            scenarios: items.len(),
            jobs: self.settings.jobs,
            seed: self.settings.seed,
            requirements: citation::of_items(items, &self.settings.requirements),
        }));
        for start in starts {
            self.emit(EventKind::TargetStarted(start));
        }
        if is_unchecked {
            self.notice(Notice::CertificatesNotChecked);
        }
        self.notice_fences();
        let mut notices = Vec::new();
        let unlisted = &manifest.observed.unlisted_greetings;
        if !unlisted.is_empty() {
            notices.push(Notice::UnlistedGreetings {
                events: unlisted.clone(),
            });
        }
        if !manifest.observed.unanswered.is_empty() {
            let requests = manifest.observed.unanswered.iter();
            notices.push(Notice::Silent {
                requests: requests.map(|kind| kind.in_words().to_owned()).collect(),
            });
        }
        for (tier, count) in left_out {
            notices.push(Notice::TierLeftOut {
                tier: *tier,
                count: *count,
            });
        }
        if !items.is_empty() && items.iter().all(|item| item.skip.is_some()) {
            notices.push(Notice::NothingRuns);
        }
        for notice in notices {
            self.notice(notice);
        }
    }

    /// Returns the address of the target, or an empty text if no server had to be started.
    fn url(&self) -> String {
        match (self.instances.values().next(), &self.target.host) {
            (Some(instance), _) => instance.live.endpoint.url.to_string(),
            (None, Host::Running) => self.target.manifest.url.clone(),
            (None, Host::Embedded(_) | Host::Launched) => String::new(),
        }
    }

    /// Adds an event to the record and emits it.
    pub(super) fn emit(&mut self, mut kind: EventKind) {
        if let EventKind::ScenarioFinished(outcome) = &mut kind {
            outcome.known = self.settings.known.find(outcome);
            self.has_failed |= outcome.verdict.is_red() && outcome.known.is_none();
        }
        let event = self.target.secrets.masked(Event {
            at: self.started.elapsed(),
            kind,
        });
        self.record.add(&event);
        (self.emit)(&event);
    }

    /// Emits a notice: a fact about the run that is not a verdict.
    pub(super) fn notice(&mut self, notice: Notice) {
        self.emit(EventKind::Noticed(notice));
    }

    /// Emits the outcome of a scenario that was not judged.
    pub(super) fn emit_unjudged(
        &mut self,
        item: &Item,
        verdict: Verdict,
        reason: &str,
        duration: Duration,
    ) {
        let reason = Some(reason.to_owned());
        let mut outcome = judgement::outcome_without_evidence(item, verdict, reason, duration);
        outcome.cause = cause::of_reason(&outcome);
        self.emit(EventKind::ScenarioFinished(Box::new(outcome)));
    }

    /// Emits that the user interrupted the run. Emits this only once, and nothing if there was no interrupt.
    fn emit_interrupt(&mut self) {
        if self.interrupt.is_cancelled() && !self.record.summary.interrupted {
            self.emit(EventKind::Interrupted);
        }
    }

    fn skip(&mut self, item: &Item, reason: &str) {
        self.emit_unjudged(item, Verdict::Skip, reason, Duration::ZERO);
    }

    /// Runs the items (scenarios, each on one transport) of a batch, at most `width` at once.
    async fn run_batch(&mut self, items: Vec<Arc<Item>>, width: usize) {
        let mut batch = Batch::default();
        for item in items {
            match item.skip.clone() {
                Some(reason) => self.skip(&item, &reason),
                None => batch.waiting.push_back(item),
            }
        }
        self.skip_if_lost(&mut batch);
        // Each task sends a few messages, so the number of items bounds the queue.
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let interrupt = self.interrupt.clone();
        let deadline = self.started.checked_add(self.settings.max_time);
        loop {
            let must_stop = interrupt.is_cancelled()
                || self.is_out_of_time()
                || (self.settings.fail_fast && self.has_failed);
            if !must_stop {
                self.start_tasks(&mut batch, &mut tasks, &sender, width);
            }
            let has_more = !must_stop && !batch.waiting.is_empty() && !batch.is_target_dead;
            if tasks.is_empty() && !has_more {
                if !self.handle_death(&mut batch).await {
                    break;
                }
                continue;
            }
            tokio::select! {
                // All branches are cancel-safe: `recv` and `join_next` lose nothing, `cancelled` and the sleeps have
                // no state.
                Some(message) = receiver.recv() => self.handle(message, &mut batch).await,
                Some(_) = tasks.join_next() => {}
                () = interrupt.cancelled(), if !tasks.is_empty() => {
                    self.emit_interrupt();
                    tasks.shutdown().await;
                }
                () = clock::at(deadline), if !tasks.is_empty() => tasks.shutdown().await,
                () = batch.next_outlived() => {}
                () = batch.next_slow() => {}
            }
            // Handle the messages of a task that has ended: the task has sent all of them, but some may still be in the
            // queue.
            while let Ok(message) = receiver.try_recv() {
                self.handle(message, &mut batch).await;
            }
            for (id, running) in batch.take_slow() {
                self.emit(EventKind::ScenarioSlow { id, running });
            }
            for (_, outcome) in batch.take_outlived() {
                self.emit(EventKind::ScenarioFinished(outcome));
            }
        }
        for (_, outcome) in batch.take_kept() {
            self.emit(EventKind::ScenarioFinished(outcome));
        }
        self.report_unfinished(batch);
    }

    /// Starts tasks for the scenarios that wait, while fewer than `width` tasks run.
    fn start_tasks(
        &self,
        batch: &mut Batch,
        tasks: &mut JoinSet<()>,
        sender: &mpsc::UnboundedSender<Message>,
        width: usize,
    ) {
        while !batch.is_target_dead && tasks.len() < self.load.lanes(width) {
            if !self.has_files_for_next(batch) {
                break;
            }
            let Some(item) = batch.waiting.pop_front() else {
                break;
            };
            let Some(server) = self.server_for(&item) else {
                continue;
            };
            let settings = Arc::clone(self.settings);
            let load = Arc::clone(&self.load);
            let can_die = self.target.can_die();
            let sender = sender.clone();
            batch.start(Arc::clone(&item));
            tasks.spawn(async move {
                let Some(server) = server.ready(&item, &settings).await else {
                    let _ = sender.send(Message::NoServer(item));
                    return;
                };
                let live = server.live();
                // Sending can't fail: the dispatcher receives until its last task has ended.
                let report = |kind| {
                    let _ = sender.send(Message::Happened(kind));
                };
                report(EventKind::ScenarioStarted {
                    id: item.id.clone(),
                });
                let played = Box::new(play(&item, live, &settings, &load, report).await);
                // Wait for the end of a process that may be dying: its connections can end before the process does.
                if can_die && played.lost_a_connection && played.outcome.verdict != Verdict::Pass {
                    listening::until_gone(&live.endpoint).await;
                }
                server.stop().await;
                let _ = sender.send(Message::Finished(item, played));
            });
        }
    }

    /// Returns true if the limit on open files allows the next waiting scenario to run beside the running ones. If none
    /// runs, returns true in any case, because the need of a scenario is only an estimate.
    fn has_files_for_next(&self, batch: &Batch) -> bool {
        let (Some(limit), Some(next)) = (self.settings.file_limit, batch.waiting.front()) else {
            return true;
        };
        let in_use = batch.files_in_use(&self.target.host);
        let needed = file_descriptors::needed(next, &self.target.host);
        in_use == 0 || in_use + needed <= file_descriptors::for_connections(limit)
    }

    /// Returns true if the time limit of the run has passed.
    pub(super) fn is_out_of_time(&self) -> bool {
        self.started.elapsed() >= self.settings.max_time
    }

    async fn handle(&mut self, message: Message, batch: &mut Batch) {
        let (item, played) = match message {
            Message::Happened(kind) => return self.emit(kind),
            Message::Finished(item, played) => (item, played),
            Message::NoServer(item) => {
                batch.end(&item);
                self.without_server.push(item);
                return;
            }
        };
        batch.end(&item);
        let outcome = Box::new(played.outcome);
        let has_passed = outcome.verdict == Verdict::Pass;
        if !has_passed && !batch.is_target_dead && self.target.can_die() {
            batch.is_target_dead = match self.instances.get(&item.profile) {
                Some(instance) => !instance.is_alive().await,
                None => false,
            };
            if batch.is_target_dead {
                self.emit_death(item.profile);
            }
        }
        if !has_passed && batch.is_target_dead {
            batch.suspects.push((item, outcome));
        } else if self.target.can_die() {
            let is_known = self.settings.known.find(&outcome).is_some();
            self.has_failed |= outcome.verdict.is_red() && !is_known;
            batch.keep(item, outcome);
        } else {
            self.emit(EventKind::ScenarioFinished(outcome));
        }
    }

    /// Checks whether the target is dead after all tasks have ended, and handles its death.
    ///
    /// Returns true if the target was dead and the batch continues.
    async fn handle_death(&mut self, batch: &mut Batch) -> bool {
        if !batch.is_target_dead && !self.interrupt.is_cancelled() {
            batch.is_target_dead = self.died_of_last_items(batch).await;
        }
        if !batch.is_target_dead {
            return false;
        }
        if self.interrupt.is_cancelled() || self.is_out_of_time() {
            self.report_unsolved(batch);
        } else {
            self.find_killer(batch).await;
        }
        batch.is_target_dead = false;
        true
    }

    /// Emits the outcomes of the scenarios that have not ended when the run ends.
    fn report_unfinished(&mut self, batch: Batch) {
        if !self.interrupt.is_cancelled() && self.is_out_of_time() {
            return self.report_out_of_time(batch);
        }
        let is_interrupted = self.interrupt.is_cancelled();
        for (item, running) in batch.running() {
            let (verdict, reason) = if is_interrupted {
                (Verdict::Skip, "interrupted while the scenario ran")
            } else {
                // Without an interrupt, a scenario is unfinished only if its task panicked. That is a bug of the
                // runner, never the target's fault.
                (
                    Verdict::Error,
                    "sockspec itself failed while it ran this scenario",
                )
            };
            self.emit_unjudged(item, verdict, reason, running);
        }
        let reason = if is_interrupted {
            "not run: interrupted"
        } else {
            "not run: an earlier scenario failed"
        };
        for item in batch.waiting {
            self.skip(&item, reason);
        }
    }

    /// Emits the outcomes of the scenarios that have not ended when the time limit of the run passes. They are errors:
    /// without them, the run could pass.
    fn report_out_of_time(&mut self, batch: Batch) {
        let limit = humantime::format_duration(self.settings.max_time);
        let running = batch
            .running()
            .map(|(item, running)| (item, running, "while the scenario ran"));
        let waiting = batch.waiting.iter();
        let waiting =
            waiting.map(|item| (&**item, Duration::ZERO, "before the scenario could start"));
        for (item, running, when) in running.chain(waiting) {
            let reason =
                format!("The time limit of the run, {limit} (`--max-time`), passed {when}.");
            let mut outcome =
                judgement::outcome_without_evidence(item, Verdict::Error, Some(reason), running);
            outcome.error = Some(ErrorKind::TimeLimit);
            outcome.cause = cause::of_reason(&outcome);
            self.emit(EventKind::ScenarioFinished(Box::new(outcome)));
        }
    }

    async fn finish(mut self) -> Masked<Record> {
        self.emit_interrupt();
        self.notice_fences();
        let suspect = suspect(&self.record.outcomes);
        for notice in belied(&self.record.outcomes).into_iter().chain(suspect) {
            self.notice(notice);
        }
        match self.load.played_again() {
            0 => {}
            attempts => self.notice(Notice::PlayedAgain { attempts }),
        }
        for (_, instance) in std::mem::take(&mut self.instances) {
            instance.stop().await;
        }
        if let Some(launched) = self.target.take_running() {
            launched.stop().await;
        }
        let summary = Summary {
            duration: self.started.elapsed(),
            ..self.record.summary
        };
        self.emit(EventKind::RunFinished(summary));
        self.target.secrets.masked(self.record)
    }
}
