//! What the attempts of a run have in common. Notices that this process is too busy for the timeouts of a server. Then
//! fewer scenarios run at the same time, and attempts that failed meanwhile are played again while nothing else runs.
//!
//! A server whose ping timeout is 200 ms disconnects a client that answers 200 ms late, and an application may wait as
//! shortly for the answers of clients. If a client is late because this machine is busy, what follows says nothing about
//! the server.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Instant,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    attempt::Attempt,
    lanes::{LATE, Lanes, NOTED},
    vain::Vain,
};
use crate::{clock, targets::Observed};

/// The time between two measurements of the lateness.
const BEAT: Duration = Duration::from_millis(10);

/// The number of measurements that are kept.
const KEPT: usize = 4_096;

/// A smaller lateness can change the outcome of an attempt too, if it is this part (1/`SHARE`) of the shortest ping
/// timeout of the attempt's connections.
const SHARE: u32 = 4;

/// The number of journal entries of one connection from which on the target floods its client.
const FLOOD: usize = 10_000;

/// The most attempts that are played again in one run. A server that fails everywhere would otherwise make a run on a busy
/// machine much longer.
const MOST_AGAIN: usize = 16;

/// The time that attempts may run alone in one run and still not pass. Scenarios that wait in vain would otherwise wait
/// one after another.
const TIME_ALONE: Duration = Duration::from_secs(20);

/// How busy this process is, which attempts run beside others, and for what attempts have waited in vain.
///
/// The default value measures nothing, so that no attempt is played again. This is right in simulated time, in which
/// nothing is late.
#[derive(Debug, Default)]
pub(in crate::runner) struct Load {
    running: RwLock<()>,
    late: Arc<Mutex<VecDeque<Late>>>,
    lanes: Arc<Lanes>,
    /// The number of attempts that were played again.
    again: AtomicUsize,
    /// The time for which attempts have run alone and still not passed.
    time_alone: Mutex<Duration>,
    /// The causes for which attempts have waited in vain.
    pub(super) vain: Vain,
    _meter: Option<AbortOnDropHandle<()>>,
}

/// A wait of this process that ended late.
#[derive(Clone, Copy, Debug)]
struct Late {
    at: Instant,
    by: Duration,
}

/// Whether other attempts may run at the same time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Company {
    /// No other attempt runs.
    Alone,
    /// Other attempts may run.
    #[default]
    Others,
}

/// Permits an attempt to run until it is dropped.
#[expect(dead_code, reason = "the guards only hold the lock")]
pub(super) enum Permit<'l> {
    Alone(RwLockWriteGuard<'l, ()>),
    Others(RwLockReadGuard<'l, ()>),
}

impl Load {
    /// Returns a load that measures from now on how late the tasks of this runtime are. `observed` is what the probe saw
    /// of the target.
    pub(in crate::runner) fn measured(observed: &Observed) -> Self {
        let late = Arc::new(Mutex::new(VecDeque::new()));
        let lanes = Arc::new(Lanes::default());
        let meter = tokio::spawn(measure(Arc::clone(&late), Arc::clone(&lanes)));
        Self {
            running: RwLock::default(),
            late,
            lanes,
            again: AtomicUsize::new(0),
            time_alone: Mutex::default(),
            vain: Vain::of(observed),
            _meter: Some(AbortOnDropHandle::new(meter)),
        }
    }

    /// Returns how many scenarios may run at the same time: `most`, or fewer while this process is late.
    pub(in crate::runner) fn lanes(&self, most: usize) -> usize {
        self.lanes.of(most)
    }

    /// Waits until an attempt may run. An attempt that is to run alone waits until all others have ended.
    pub(super) async fn permit(&self, company: Company) -> Permit<'_> {
        match company {
            Company::Alone => Permit::Alone(self.running.write().await),
            Company::Others => Permit::Others(self.running.read().await),
        }
    }

    /// Returns true if an attempt that began at `begun` may have failed only because this process was late.
    ///
    /// Returns false if the target sent very much: then the target itself keeps this process busy.
    pub(super) fn was_too_high_for(&self, attempt: &Attempt<'_>, begun: Instant) -> bool {
        let links: Vec<_> = attempt
            .clients()
            .flat_map(|client| client.links())
            .collect();
        let mut lengths = links
            .iter()
            .map(|link| link.connection.journal().entries().len());
        if lengths.any(|length| length > FLOOD) {
            return false;
        }
        let timeouts = links
            .iter()
            .filter_map(|link| Some(link.connection.handshake()?.ping_timeout));
        let harmful = timeouts
            .min()
            .map_or(LATE, |shortest| LATE.min(shortest / SHARE));
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let mut since = late.iter().rev().take_while(|late| late.at >= begun);
        since.any(|late| late.by >= harmful)
    }

    /// Returns the number of attempts that were played again.
    pub(in crate::runner) fn played_again(&self) -> usize {
        self.again.load(Ordering::Relaxed).min(MOST_AGAIN)
    }

    /// Adds the time of an attempt that ran alone and did not pass.
    pub(super) fn count_time_alone(&self, time: Duration) {
        let mut sum = self
            .time_alone
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *sum += time;
    }

    /// Returns true if attempts have run alone in vain for so long that no further one may.
    pub(super) fn is_out_of_time_alone(&self) -> bool {
        let sum = self
            .time_alone
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *sum >= TIME_ALONE
    }

    /// Returns true if one more attempt may be played again, and counts it.
    pub(super) fn allows_another(&self) -> bool {
        self.again.fetch_add(1, Ordering::Relaxed) < MOST_AGAIN
    }
}

/// Sleeps again and again, and records when this task was woken late.
async fn measure(late: Arc<Mutex<VecDeque<Late>>>, lanes: Arc<Lanes>) {
    loop {
        let until = clock::now() + BEAT;
        clock::at(Some(until)).await;
        let by = until.elapsed();
        lanes.adapt_to(by, until + by);
        if by >= NOTED {
            let mut late = late.lock().unwrap_or_else(PoisonError::into_inner);
            if late.len() == KEPT {
                late.pop_front();
            }
            late.push_back(Late { at: until + by, by });
        }
    }
}
