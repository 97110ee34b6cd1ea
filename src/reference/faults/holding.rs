//! Connections that defects hold up: their messages wait until the hold is over.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::table::Defect;
use crate::{
    data::Data,
    reference::{engine::Session, socket},
    wire::engine_io::PacketData,
};

/// Milliseconds after the end of what holds a connection up; far more than timers differ, also on a
/// machine that is busy.
const MARGIN: u64 = 300;

/// Handles nothing of this connection for a while, where `defect` is on.
pub(in crate::reference) fn hold<D: Defect>(session: &Session, defect: D, pause: Duration) {
    if session.faults().has(defect) {
        let until = now() + u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) + MARGIN;
        session.server.scratch.replace(note(session), until);
    }
}

/// Puts a message off while its connection is held up; returns whether it did.
pub(in crate::reference) fn defers(session: &Arc<Session>, message: &PacketData) -> bool {
    if session.faults().is_empty() {
        return false;
    }
    let scratch = &session.server.scratch;
    let Some(until) = scratch.last(&note(session)).as_ref().and_then(Data::as_u64) else {
        return false;
    };
    let now = now();
    if until <= now {
        return false;
    }
    // Each message waits a little longer than the one before, so that their order is kept.
    scratch.replace(note(session), until + 2);
    let (session, message) = (Arc::clone(session), message.clone());
    let server = Arc::clone(&session.server);
    server.tasks.spawn(async move {
        tokio::time::sleep(Duration::from_millis(until - now)).await;
        socket::receive_at_once(&session, message);
    });
    true
}

fn note(session: &Session) -> String {
    format!("hold {}", session.sid)
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
