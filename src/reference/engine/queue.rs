//! What waits for one client.

use std::{collections::VecDeque, sync::Arc};

use super::Outbound;

/// What becomes of a packet that can't be written at once.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) enum Delivery {
    /// It waits.
    #[default]
    Assured,
    /// It is dropped (Socket.IO v5, "volatile events").
    Volatile,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Sent {
    /// Nobody will receive it: the session has ended, or it was volatile.
    Dropped,
    /// More waits than a client may keep waiting; its session must be ended.
    Overflow,
    /// It waits for the transport.
    Queued,
}

/// Packets in the order of sending, and how many bytes they are.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Arc<Outbound>>,
    bytes: usize,
}

impl Queue {
    /// Appends.
    pub(super) fn push(&mut self, outbound: Arc<Outbound>) {
        self.bytes += outbound.size();
        self.items.push_back(outbound);
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Puts these in place of all that waits.
    pub(super) fn replace(&mut self, items: Vec<Arc<Outbound>>) {
        self.bytes = items.iter().map(|outbound| outbound.size()).sum();
        self.items = items.into();
    }

    /// Takes everything; a queue that idles owns no memory.
    pub(super) fn take(&mut self) -> VecDeque<Arc<Outbound>> {
        self.bytes = 0;
        std::mem::take(&mut self.items)
    }
}
