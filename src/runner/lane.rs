//! What became of the items of a lane so far.

use std::{collections::VecDeque, sync::Arc};

use tokio::time::Instant;

use super::{host::DYING, outcome::Outcome, plan::Item};
use crate::clock;

/// An item and what came of it.
pub(super) type Judged = (Arc<Item>, Box<Outcome>);

/// What became of the items of a lane so far.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Not started.
    pub(super) waiting: VecDeque<Arc<Item>>,
    /// Started, and not yet told how it ended.
    pub(super) under_way: Vec<(Arc<Item>, Instant)>,
    /// Not passed when the target was found dead: each of them may have killed it.
    pub(super) suspects: Vec<Judged>,
    /// Whether the target was found dead.
    pub(super) dead: bool,
    /// Just ended while the target lived. It is said of them when the target has outlived them for as long as a
    /// process may take to end: until then each may have killed it, whatever it came to.
    held: VecDeque<(Instant, Judged)>,
}

impl Lane {
    /// Keeps an outcome until it is known that the target outlives it.
    pub(super) fn hold(&mut self, item: Arc<Item>, outcome: Box<Outcome>) {
        self.held.push_back((clock::now(), (item, outcome)));
    }

    /// Those that the target has outlived; none while it is dead.
    pub(super) fn release(&mut self) -> Vec<Judged> {
        let old = |(since, _): &(Instant, Judged)| since.elapsed() >= DYING;
        let count = if self.dead {
            0
        } else {
            self.held.iter().take_while(|held| old(held)).count()
        };
        self.held.drain(..count).map(|(_, judged)| judged).collect()
    }

    /// All that are kept.
    pub(super) fn release_all(&mut self) -> Vec<Judged> {
        self.held.drain(..).map(|(_, judged)| judged).collect()
    }

    /// The items whose outcomes are kept.
    pub(super) fn held(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.held.iter().map(|(_, (item, _))| item)
    }

    /// Waits until the next outcome can be released; for ever where none is kept.
    pub(super) async fn next_release(&self) {
        let oldest = self.held.front().filter(|_| !self.dead);
        match oldest {
            Some((since, _)) => tokio::time::sleep(DYING.saturating_sub(since.elapsed())).await,
            None => std::future::pending().await,
        }
    }
}
