//! Many clients, slow clients, and clients that come and go.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::sleep};

use super::{frames::Tamper, scratch::ScratchKey, topic::faults};
use crate::reference::{engine::Session, server::Shared};

/// Connections that a server has room for which never gets any back.
const SLOTS: usize = 100;

/// Fragments that are too many for who keeps books about each.
const FRAGMENTS: usize = 10_000;

/// Pings whose answers are too many for who keeps them all.
const PINGS: usize = 1_000;

/// How often somebody looks whether it may go on.
const PAUSE: Duration = Duration::from_millis(10);

/// Bytes of a request that are looked at before it is anybody's turn.
const HEAD: usize = 16 << 10;

faults!(EnduranceFault {
    BackpressureBlocks = "backpressure-blocks-others": "While one client does not read, nothing is written to the others.";
    FragmentsKill = "tiny-fragments-kill-server": "A message of more than 10000 fragments ends the server.", seen "CVE-2026-48779";
    PingsKill = "ping-flood-kills-server": "A client that sends more than 1000 pings ends the server.";
    SlotsLeak = "dropped-connections-leak-slots": "A connection that breaks off keeps its place, and after a hundred of them nobody gets in.";
    SlowHeadBlocks = "slow-head-blocks-others": "Nobody gets in while a request has not come to its end.";
});

/// The id of the session whose client does not read.
#[derive(Eq, Hash, PartialEq)]
struct CongestedSession;

impl ScratchKey for CongestedSession {
    type Note = Box<str>;
}

/// One note for each connection that was lost.
#[derive(Eq, Hash, PartialEq)]
struct LostConnections;

impl ScratchKey for LostConnections {
    type Note = ();
}

/// What a connection has sent so far is nobody else's business.
pub(in crate::reference) async fn accepted(server: &Shared, stream: &TcpStream) {
    if !server.faults().has(EnduranceFault::SlowHeadBlocks) {
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
        // What was peeked at is there at once the next time.
        sleep(PAUSE).await;
    }
}

/// Whoever comes gets in.
pub(in crate::reference) fn is_full(server: &Shared) -> bool {
    server.faults().has(EnduranceFault::SlotsLeak)
        && server.scratch.count(&LostConnections) >= SLOTS
}

/// A connection that breaks off leaves nothing behind.
pub(in crate::reference) fn lost(server: &Shared) {
    if server.faults().has(EnduranceFault::SlotsLeak) {
        server.scratch.add(LostConnections, ());
    }
}

/// A message can have any number of fragments, as long as it keeps to the limit, and a client send any number of pings.
pub(in crate::reference) fn frames(server: &Shared, tamper: Option<&Tamper>) {
    let Some(tamper) = tamper else { return };
    let killed = (tamper.fragments() > FRAGMENTS
        && server.faults().has(EnduranceFault::FragmentsKill))
        || (tamper.pings() > PINGS && server.faults().has(EnduranceFault::PingsKill));
    if killed {
        server.die();
    }
}

/// A client that does not read is waited for by nobody.
pub(in crate::reference) async fn may_write(session: &Arc<Session>) {
    if !session.faults().has(EnduranceFault::BackpressureBlocks) {
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

/// Notes whether all could be written.
pub(in crate::reference) fn written(session: &Session, all: bool) {
    if !session.faults().has(EnduranceFault::BackpressureBlocks) {
        return;
    }
    let scratch = &session.server.scratch;
    match scratch.last(&CongestedSession) {
        None if !all => {
            scratch.add(CongestedSession, session.sid.clone());
        }
        Some(sid) if all && sid == session.sid => {
            scratch.take(&CongestedSession);
        }
        _ => {}
    }
}
