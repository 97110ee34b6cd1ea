//! The signal from the receiver of packets to the heartbeat of a session.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Tells the heartbeat of a session that its client has answered.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    awaited: AtomicBool,
    beat: Notify,
}

impl Pulse {
    /// Records a pong (v4) or a ping (v3), and returns true if the heartbeat was waiting for it. An
    /// unsolicited one is ignored: a pong sent in advance must not count as the next one.
    pub(super) fn beat(&self) -> bool {
        let awaited = self.awaited.swap(false, Ordering::AcqRel);
        if awaited {
            self.beat.notify_one();
        }
        awaited
    }

    /// Waits for an answer from now on.
    pub(super) fn expect(&self) {
        self.awaited.store(true, Ordering::Release);
    }

    /// Resolves when the client has answered.
    pub(super) async fn beaten(&self) {
        self.beat.notified().await;
    }
}
