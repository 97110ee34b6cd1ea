//! The signal that tells a session's heartbeat that the client has answered. The code that receives
//! the client's packets sets it.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::{sync::Notify, time::Instant};

use crate::clock;

/// Tells the heartbeat of a session that its client has answered.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    awaited: AtomicBool,
    beat: Notify,
    deadline: Mutex<Option<Instant>>,
}

impl Pulse {
    /// Records the client's part of the heartbeat: a pong in revision 4, a ping in revision 3.
    /// Returns true if the heartbeat was waiting for this packet.
    ///
    /// A packet that arrives while the heartbeat does not wait is ignored. Otherwise a pong sent in
    /// advance would count as the answer to the next ping.
    pub(super) fn beat(&self) -> bool {
        let awaited = self.awaited.swap(false, Ordering::AcqRel);
        if awaited {
            *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.beat.notify_one();
        }
        awaited
    }

    /// Lets the client's next pong or ping count as the answer for which the heartbeat waits. A pong
    /// or ping that arrived before this call does not count.
    pub(super) fn expect(&self) {
        self.awaited.store(true, Ordering::Release);
    }

    /// Sets the time at which the client's next answer is too late.
    pub(super) fn set_deadline(&self, deadline: Instant) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
    }

    /// Returns true if the client's answer is too late. A request can arrive after the deadline, but before the timer
    /// of the heartbeat closes the session.
    pub(super) fn is_overdue(&self) -> bool {
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        deadline.is_some_and(|deadline| clock::now() >= deadline)
    }

    /// Resolves when the client has answered.
    pub(super) async fn answered(&self) {
        self.beat.notified().await;
    }
}
