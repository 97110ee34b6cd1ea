//! Connections that a fault blocks: the server handles their messages only after the block.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{scratch::ScratchKey, topic::TopicFault};
use crate::{
    clock,
    reference::{FaultSet, engine::Session, socket},
    wire::engine_io::PacketData,
};

/// A fault blocks a connection for the time that a slow handler or namespace takes, plus this
/// margin. So a scenario notices the block even on a busy machine.
const MARGIN: Duration = Duration::from_millis(300);

/// When a block is over, the server handles the queued messages with this delay between two of
/// them, so that they stay in the order in which they arrived.
const STEP: Duration = Duration::from_millis(2);

/// The key under which a fault remembers, for one session id, the time from which the server
/// handles the session's messages again.
#[derive(Eq, Hash, PartialEq)]
struct BlockedUntil(Box<str>);

impl ScratchKey for BlockedUntil {
    type Note = Instant;
}

/// Makes the server handle no messages of the connection for the time `pause` plus [`MARGIN`], if
/// `fault` is active.
pub(super) fn block_connection<F: TopicFault>(session: &Session, fault: F, pause: Duration) {
    if session.faults().has(fault) {
        let key = BlockedUntil(session.sid.clone());
        let until = clock::now() + pause + MARGIN;
        session.server.scratch.replace(key, until);
    }
}

impl FaultSet {
    /// Queues the message and returns true if an active fault blocks the connection. The server
    /// then handles the message after the block.
    pub(in crate::reference) fn queue_if_blocked(
        &self,
        session: &Arc<Session>,
        message: &PacketData,
    ) -> bool {
        if self.is_empty() {
            return false;
        }
        let scratch = &session.server.scratch;
        let key = BlockedUntil(session.sid.clone());
        let Some(until) = scratch.last(&key).filter(|until| *until > clock::now()) else {
            return false;
        };
        scratch.replace(key, until + STEP);
        let (session, message) = (Arc::clone(session), message.clone());
        let server = Arc::clone(&session.server);
        server.tasks.spawn(async move {
            tokio::time::sleep_until(until).await;
            socket::receive_at_once(&session, message);
        });
        true
    }
}
