//! Faults in work that takes time: work that ends too early, is cut off, or ends other work.

use std::{sync::Arc, time::Duration};

use super::{scratch::ScratchKey, topic::faults};
use crate::reference::{
    FaultSet,
    app::Failure,
    socket::{Close, Socket, SocketId},
};

faults!(TimerFault {
    AckAtMostOneSecond = "ack-late-at-most-1000": "When a client asks for an acknowledgement after more than one second (`ack-late`), the server acknowledges after one second.";
    AcksShareTimer = "late-acks-share-a-timer": "When a client asks for two acknowledgements after a delay (`ack-late`), the server sends only the one that was asked for last.", seen "one timer as a field of the socket";
    CrashClosesLater = "crash-closes-later": "When a handler crashes, the server closes the connection of the client 1.5 seconds later.";
    JoinsShareTimer = "late-joins-share-a-timer": "When a client joins two rooms slowly (`join-room-late`), the server completes only the join that was asked for last.", seen "one timer as a field of the socket";
    SlowAtOnce = "slow-namespace-at-once": "The server replies to a CONNECT to a slow namespace at once, not after the time that the decision takes.";
});

/// The delay of the fault `crash-closes-later`.
const MOMENT: Duration = Duration::from_millis(1500);

/// Work that a client asks for and that takes some time.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(in crate::reference) enum SlowWork {
    /// An acknowledgement after a delay.
    Ack,
    /// A join after a delay.
    Join,
}

/// The key under which faults count the pieces of slow work that the socket with this id has asked
/// for.
#[derive(Eq, Hash, PartialEq)]
struct Begun {
    socket: SocketId,
    work: SlowWork,
}

impl ScratchKey for Begun {
    type Note = ();
}

impl FaultSet {
    /// Records that a client asks for slow work. Returns the number of the work for
    /// [`FaultSet::is_cancelled`].
    pub(in crate::reference) fn begin_slow_work(&self, socket: &Socket, work: SlowWork) -> usize {
        if !self.shares_timer(work) {
            return 0;
        }
        let scratch = &socket.session().server.scratch;
        scratch.add(begun(socket, work), ())
    }

    /// Returns true if an active fault ends slow work of a client because the client has asked for
    /// more work of the same kind meanwhile.
    pub(in crate::reference) fn is_cancelled(
        &self,
        socket: &Socket,
        work: SlowWork,
        number: usize,
    ) -> bool {
        let scratch = &socket.session().server.scratch;
        self.shares_timer(work) && scratch.count(&begun(socket, work)) > number
    }

    fn shares_timer(&self, work: SlowWork) -> bool {
        match work {
            SlowWork::Ack => self.has(TimerFault::AcksShareTimer),
            SlowWork::Join => self.has(TimerFault::JoinsShareTimer),
        }
    }

    /// Returns how long a slow namespace takes to reply to a CONNECT. Without faults this is
    /// `right`.
    pub(in crate::reference) fn delay_of_slow_namespace(&self, right: Duration) -> Duration {
        if self.has(TimerFault::SlowAtOnce) {
            Duration::ZERO
        } else {
            right
        }
    }
}

/// Returns the delay of an acknowledgement that a client asks for. Without faults this is `right`.
pub(super) fn limit_delay(faults: &FaultSet, right: Duration) -> Duration {
    if faults.has(TimerFault::AckAtMostOneSecond) {
        right.min(Duration::from_secs(1))
    } else {
        right
    }
}

/// Closes a client's connection some time after the handler of its event has crashed, if the fault
/// `crash-closes-later` is active.
pub(super) fn close_after_crash(socket: &Arc<Socket>, failure: &Failure) {
    let is_crash = matches!(failure, Failure::Internal { .. });
    if !is_crash || !socket.faults().has(TimerFault::CrashClosesLater) {
        return;
    }
    let socket = Arc::clone(socket);
    let server = Arc::clone(&socket.session().server);
    server.tasks.spawn(async move {
        tokio::time::sleep(MOMENT).await;
        socket.disconnect(Close::Connection);
    });
}

fn begun(socket: &Socket, work: SlowWork) -> Begun {
    Begun {
        socket: socket.id().clone(),
        work,
    }
}
