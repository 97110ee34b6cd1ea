//! Faults under load: many clients, slow clients, and clients that disconnect without notice.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{frames::Tamper, scratch::ScratchKey, topic::faults};
use crate::{
    net::Stream,
    reference::{FaultSet, engine::Session, shared::Shared},
};

/// The number of lost connections after which the fault `dropped-connections-leak-slots` makes the
/// server refuse new connections.
const SLOTS: usize = 100;

/// The number of fragments in one message above which the fault `tiny-fragments-kill-server`
/// crashes the server.
const FRAGMENTS: usize = 10_000;

/// The number of pings on one connection above which the fault `ping-flood-kills-server` crashes
/// the server.
const PINGS: usize = 1_000;

/// The time after which the server, while a fault makes it wait, checks again whether it can go on.
const PAUSE: Duration = Duration::from_millis(10);

/// The size of a request head, in bytes, at which the fault `slow-head-blocks-others` stops waiting
/// for the rest of the head.
const HEAD: usize = 16 << 10;

faults!(EnduranceFault {
    BackpressureBlocks = "backpressure-blocks-others": "While one client does not read what the server sends, the server sends nothing to the other clients.";
    FragmentsKill = "tiny-fragments-kill-server": "The server crashes when a client sends a message in more than 10,000 fragments.", seen "CVE-2026-48779";
    PingsKill = "ping-flood-kills-server": "The server crashes when a client sends more than 1,000 WebSocket pings on one connection.";
    SlotsLeak = "dropped-connections-leak-slots": "The server counts lost connections as still open, and accepts no new connection after a hundred of them.";
    SlowHeadBlocks = "slow-head-blocks-others": "While the head of one HTTP request is incomplete, the server accepts no other connection.";
});

/// The key under which the fault `backpressure-blocks-others` remembers the id of the session whose
/// client does not read.
#[derive(Eq, Hash, PartialEq)]
struct CongestedSession;

impl ScratchKey for CongestedSession {
    type Note = Box<str>;
}

/// The key under which the fault `dropped-connections-leak-slots` counts the lost connections of
/// the server.
#[derive(Eq, Hash, PartialEq)]
struct LostConnections;

impl ScratchKey for LostConnections {
    type Note = ();
}

impl FaultSet {
    /// Waits until the complete head of the request has arrived, if the fault
    /// `slow-head-blocks-others` is active. Meanwhile the server accepts no other connection.
    pub(in crate::reference) async fn wait_for_head(&self, stream: &Stream) {
        if !self.has(EnduranceFault::SlowHeadBlocks) {
            return;
        }
        let mut head = vec![0; HEAD];
        loop {
            match stream.peek(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    let head = head.get(..length).unwrap_or_default();
                    if head.windows(4).any(|end| end == b"\r\n\r\n") || length == HEAD {
                        return;
                    }
                }
            }
            // Without this pause the loop would keep a CPU core busy: `peek` leaves the bytes in
            // the stream, so it returns them again at once.
            sleep(PAUSE).await;
        }
    }

    /// Returns true if the server has reached its connection limit. Without faults it has none.
    pub(in crate::reference) fn is_full(&self, server: &Shared) -> bool {
        self.has(EnduranceFault::SlotsLeak) && server.scratch.count(&LostConnections) >= SLOTS
    }

    /// Records a lost connection, for the fault `dropped-connections-leak-slots`.
    pub(in crate::reference) fn note_lost(&self, server: &Shared) {
        if self.has(EnduranceFault::SlotsLeak) {
            server.scratch.add(LostConnections, ());
        }
    }

    /// Crashes the server if a client has sent too many fragments or pings and a fault for that is
    /// active.
    pub(in crate::reference) fn crash_on_many_frames(
        &self,
        server: &Shared,
        tamper: Option<&Tamper>,
    ) {
        let Some(tamper) = tamper else { return };
        let killed = (tamper.fragments() > FRAGMENTS && self.has(EnduranceFault::FragmentsKill))
            || (tamper.pings() > PINGS && self.has(EnduranceFault::PingsKill));
        if killed {
            server.die();
        }
    }

    /// Waits while another client does not read if the fault `backpressure-blocks-others` is
    /// active.
    pub(in crate::reference) async fn wait_to_write(&self, session: &Arc<Session>) {
        if !self.has(EnduranceFault::BackpressureBlocks) {
            return;
        }
        let others = || {
            let congested = session.server.scratch.last(&CongestedSession);
            congested.is_some_and(|sid| sid != session.sid)
        };
        while session.is_open() && others() {
            sleep(PAUSE).await;
        }
    }

    /// Records that the connection accepted only a part of what the server wrote, for the fault
    /// `backpressure-blocks-others`.
    pub(in crate::reference) fn note_congested(&self, session: &Session) {
        let scratch = &session.server.scratch;
        if self.has(EnduranceFault::BackpressureBlocks) && scratch.last(&CongestedSession).is_none()
        {
            scratch.add(CongestedSession, session.sid.clone());
        }
    }

    /// Records that the connection has accepted everything that the server wrote, for the fault
    /// `backpressure-blocks-others`.
    pub(in crate::reference) fn note_drained(&self, session: &Session) {
        let scratch = &session.server.scratch;
        if self.has(EnduranceFault::BackpressureBlocks)
            && scratch.last(&CongestedSession).as_ref() == Some(&session.sid)
        {
            scratch.take(&CongestedSession);
        }
    }
}
