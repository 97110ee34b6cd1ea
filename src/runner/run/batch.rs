//! A batch: the items (scenarios, each on one transport) that run at the same time, and the state of each item.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::file_descriptors;
use crate::{
    clock,
    runner::{
        plan::Item,
        record::{outcome::Outcome, verdict::Verdict},
        running_target::{host::Host, listening::DYING},
    },
};

/// How long a scenario runs before the run reports it as slow.
const SLOW_AFTER: Duration = Duration::from_secs(10);

/// An item (a scenario on one transport) with its outcome.
pub(in crate::runner) type Judged = (Arc<Item>, Box<Outcome>);

/// A batch: the items (scenarios, each on one transport) that run at the same time.
#[derive(Debug, Default)]
pub(in crate::runner) struct Batch {
    /// The items (scenarios, each on one transport) that have not started.
    pub(in crate::runner) waiting: VecDeque<Arc<Item>>,
    /// The items (scenarios, each on one transport) that had not passed when the target was found dead. Each of them
    /// may have killed the target.
    pub(in crate::runner) suspects: Vec<Judged>,
    /// Whether the target was found dead.
    pub(super) is_target_dead: bool,
    running: Vec<Running>,
    /// The items (scenarios, each on one transport) that ended a moment ago, with their outcomes. A process needs a
    /// moment to die, so each of these items may have killed the target, even an item that passed. An outcome is
    /// emitted if the target is still alive when the time [`DYING`] has passed since the item's end.
    kept: VecDeque<(Instant, Judged)>,
}

/// An item (a scenario on one transport) whose task has not ended.
#[derive(Debug)]
struct Running {
    item: Arc<Item>,
    since: Instant,
    is_reported_slow: bool,
}

impl Batch {
    /// Records that the task of an item starts.
    pub(in crate::runner) fn start(&mut self, item: Arc<Item>) {
        self.running.push(Running {
            item,
            since: clock::now(),
            is_reported_slow: false,
        });
    }

    /// Records that the task of an item has ended.
    pub(in crate::runner) fn end(&mut self, item: &Item) {
        self.running.retain(|running| running.item.id != item.id);
    }

    /// Returns how many file descriptors the running items need at most; this is an estimate.
    pub(super) fn files_in_use(&self, host: &Host) -> usize {
        let running = self.running.iter();
        running
            .map(|running| file_descriptors::needed(&running.item, host))
            .sum()
    }

    /// Returns the items whose tasks have not ended, and for how long each has been running.
    pub(in crate::runner) fn running(&self) -> impl Iterator<Item = (&Item, Duration)> {
        self.running
            .iter()
            .map(|running| (&*running.item, running.since.elapsed()))
    }

    /// Returns ids and running times of the items that have become slow since the last call of this function.
    pub(super) fn take_slow(&mut self) -> Vec<(String, Duration)> {
        let slow = self
            .running
            .iter_mut()
            .filter(|running| !running.is_reported_slow && running.since.elapsed() >= SLOW_AFTER);
        slow.map(|running| {
            running.is_reported_slow = true;
            (running.item.id.clone(), running.since.elapsed())
        })
        .collect()
    }

    /// Waits until the next running item becomes slow. Waits forever if no item can become slow.
    pub(super) async fn next_slow(&self) {
        let unreported = self
            .running
            .iter()
            .filter(|running| !running.is_reported_slow);
        match unreported.map(|running| running.since).min() {
            Some(since) => sleep_until(since + SLOW_AFTER).await,
            None => std::future::pending().await,
        }
    }

    /// Keeps the outcome of an item (a scenario on one transport) until it is known that the item did not kill the
    /// target.
    pub(in crate::runner) fn keep(&mut self, item: Arc<Item>, outcome: Box<Outcome>) {
        self.kept.push_back((clock::now(), (item, outcome)));
    }

    /// Returns the items (scenarios, each on one transport) whose outcomes are kept until it is known whether the item
    /// killed the target.
    pub(in crate::runner) fn kept(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.kept.iter().map(|(_, (item, _))| item)
    }

    /// Takes the outcomes of scenarios that ended more than [`DYING`] ago: these scenarios did not kill the target, so
    /// their outcomes need not be kept any longer. Takes no outcomes if the target is dead.
    pub(super) fn take_outlived(&mut self) -> Vec<Judged> {
        let is_outlived = |(since, _): &(Instant, Judged)| since.elapsed() >= DYING;
        let count = if self.is_target_dead {
            0
        } else {
            self.kept
                .iter()
                .take_while(|kept| is_outlived(kept))
                .count()
        };
        self.kept.drain(..count).map(|(_, judged)| judged).collect()
    }

    /// Takes every item (a scenario on one transport) that may have killed the target. Items that passed are at the end
    /// of the queue.
    pub(in crate::runner) fn take_candidates(&mut self) -> VecDeque<Judged> {
        let mut candidates = std::mem::take(&mut self.suspects);
        candidates.extend(self.take_kept());
        candidates.sort_by_key(|(_, outcome)| outcome.verdict == Verdict::Pass);
        candidates.into()
    }

    /// Takes all outcomes that were kept to find out whether the target survives, even those of scenarios that ended
    /// just now.
    pub(super) fn take_kept(&mut self) -> Vec<Judged> {
        self.kept.drain(..).map(|(_, judged)| judged).collect()
    }

    /// Waits until the next outcome need not be kept any longer, that is, until [`DYING`] after the end of its
    /// scenario. Waits forever if no outcome is kept or the target is dead.
    pub(super) async fn next_outlived(&self) {
        match self.kept.front().filter(|_| !self.is_target_dead) {
            Some((since, _)) => sleep_until(*since + DYING).await,
            None => std::future::pending().await,
        }
    }
}
