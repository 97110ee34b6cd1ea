//! Many clients, slow clients, and clients that come and go.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::sleep};

use super::{frames::Tamper, table::defects};
use crate::{
    data::Data,
    reference::{engine::Session, server::Shared},
};

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

/// Under this name stands the session that takes nothing more.
const CONGESTED: &str = "congested";

/// Under this name stands one note for each connection that was lost.
const LOST: &str = "lost";

defects!(Endurance at 25 {
    BackpressureBlocks = "backpressure-blocks-others": "While one client does not read, nothing is written to the others.";
    FragmentsKill = "tiny-fragments-kill-server": "A message of more than 10000 fragments ends the server.", seen "CVE-2026-48779";
    PingsKill = "ping-flood-kills-server": "A client that sends more than 1000 pings ends the server.";
    SlotsLeak = "dropped-connections-leak-slots": "A connection that breaks off keeps its place, and after a hundred of them nobody gets in.";
    SlowHeadBlocks = "slow-head-blocks-others": "Nobody gets in while a request has not come to its end.";
});

/// What a connection has sent so far is nobody else's business.
pub(in crate::reference) async fn accepted(server: &Shared, stream: &TcpStream) {
    if !server.faults().has(Endurance::SlowHeadBlocks) {
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
    server.faults().has(Endurance::SlotsLeak) && server.scratch.count(LOST) >= SLOTS
}

/// A connection that breaks off leaves nothing behind.
pub(in crate::reference) fn lost(server: &Shared) {
    if server.faults().has(Endurance::SlotsLeak) {
        server.scratch.add(LOST, true);
    }
}

/// A message can have any number of fragments, as long as it keeps to the limit, and a client send any number of pings.
pub(in crate::reference) fn frames(server: &Shared, tamper: Option<&Tamper>) {
    let Some(tamper) = tamper else { return };
    let killed = (tamper.fragments() > FRAGMENTS && server.faults().has(Endurance::FragmentsKill))
        || (tamper.pings() > PINGS && server.faults().has(Endurance::PingsKill));
    if killed {
        server.die();
    }
}

/// A client that does not read is waited for by nobody.
pub(in crate::reference) async fn may_write(session: &Arc<Session>) {
    if !session.faults().has(Endurance::BackpressureBlocks) {
        return;
    }
    let own = Data::from(&*session.sid);
    let others = || {
        let congested = session.server.scratch.last(CONGESTED);
        congested.is_some_and(|sid| sid != own)
    };
    while session.is_open() && others() {
        sleep(PAUSE).await;
    }
}

/// Notes whether all could be written.
pub(in crate::reference) fn written(session: &Session, all: bool) {
    if !session.faults().has(Endurance::BackpressureBlocks) {
        return;
    }
    let own = Data::from(&*session.sid);
    let scratch = &session.server.scratch;
    match scratch.last(CONGESTED) {
        None if !all => {
            scratch.add(CONGESTED, own);
        }
        Some(sid) if all && sid == own => {
            scratch.take(CONGESTED);
        }
        _ => {}
    }
}
