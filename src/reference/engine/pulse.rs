//! The signal with which the receiver of packets tells a session's heartbeat that the client has
//! answered.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Tells the heartbeat of a session that its client has answered.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    awaited: AtomicBool,
    beat: Notify,
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
            self.beat.notify_one();
        }
        awaited
    }

    /// Makes the client's next answer count. Answers that arrived before this call are ignored.
    pub(super) fn expect(&self) {
        self.awaited.store(true, Ordering::Release);
    }

    /// Resolves when the client has answered.
    pub(super) async fn answered(&self) {
        self.beat.notified().await;
    }
}
