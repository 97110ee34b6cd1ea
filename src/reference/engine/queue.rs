//! The queue of packets that wait for one client.

use std::{collections::VecDeque, sync::Arc};

use super::Outbound;

/// What happens to a packet that can't be written at once.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) enum Delivery {
    /// A packet that can't be written at once waits in the queue.
    #[default]
    Assured,
    /// A packet that can't be written at once is dropped (Socket.IO v5, "volatile events").
    Volatile,
}

/// What happened to a packet that the server wanted to send to a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Sent {
    /// The packet was dropped: the session has ended, or the packet was volatile and could not be
    /// written at once.
    Dropped,
    /// The queue is full; the caller has to close the session.
    Overflow,
    /// The packet waits in the queue until the transport can send it.
    Queued,
}

/// The packets that wait for one client, in the order in which they are sent, and their total size.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Arc<Outbound>>,
    bytes: usize,
}

impl Queue {
    /// Appends packets to the queue.
    pub(super) fn push(&mut self, outbound: Arc<Outbound>) {
        self.bytes += outbound.size();
        self.items.push_back(outbound);
    }

    /// Returns the total size of the waiting packets, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns true if no packet waits for the client.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Replaces all waiting packets by `items`.
    pub(super) fn replace(&mut self, items: Vec<Arc<Outbound>>) {
        self.bytes = items.iter().map(|outbound| outbound.size()).sum();
        self.items = items.into();
    }

    /// Takes all waiting packets out of the queue. An empty queue holds no memory.
    pub(super) fn take(&mut self) -> VecDeque<Arc<Outbound>> {
        self.bytes = 0;
        std::mem::take(&mut self.items)
    }
}
