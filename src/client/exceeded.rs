//! The limits of sockspec that a server's traffic can exceed, although its protocol allows that much.

use std::io;

use super::budget::OverBudget;
use crate::wire::{engine_io::PayloadError, socket_io::DecodeError, websocket::PeerMisbehaved};

/// A limit of sockspec that a server has exceeded. Each limit bounds what one server can cost the run.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Exceeded {
    /// The limit on the bytes of one connection's journal.
    #[error("the journal of the connection exceeds {limit} bytes")]
    JournalBytes {
        /// The limit in bytes.
        limit: usize,
    },
    /// The limit on the number of entries in one connection's journal.
    #[error("the journal of the connection exceeds {limit} entries")]
    JournalEntries {
        /// The limit on the number of entries.
        limit: usize,
    },
    /// The memory that all connections of the run may take together (`--memory`).
    #[error("the connections of the run hold more than {limit} bytes together (`--memory`)")]
    Memory {
        /// The limit in bytes.
        limit: usize,
    },
    /// The limit on a WebSocket message: its size, its number of fragments, or the size of one frame.
    #[error(transparent)]
    Message(PeerMisbehaved),
    /// The limit on the number of packets in one payload.
    #[error(transparent)]
    Payload(PayloadError),
    /// The limit on the size or the nesting of a Socket.IO packet.
    #[error(transparent)]
    Packet(DecodeError),
    /// The limit on a part of an HTTP response, or on the open packet.
    #[error("{what} exceeds {limit} bytes")]
    Response {
        /// The part of the response.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The limit on frames that complete no message.
    #[error("more than {limit} frames on one connection complete no message")]
    UnfinishedFrames {
        /// The limit on the number of frames.
        limit: usize,
    },
}

impl Exceeded {
    /// Returns the limit because of which reading failed with this error; `None` if the error has another cause.
    pub(super) fn of(error: &io::Error) -> Option<Self> {
        let over = error.get_ref()?.downcast_ref::<OverBudget>()?;
        Some((*over).into())
    }
}

impl From<OverBudget> for Exceeded {
    fn from(OverBudget { limit }: OverBudget) -> Self {
        Self::Memory { limit }
    }
}
