//! The journal: everything that was sent and received on one connection, in order.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use tokio::{sync::Notify, task::coop::consume_budget, time::Instant};

use super::{
    Budget, Exceeded, HttpResponse, Illegal,
    budget::{OverBudget, Share},
};
use crate::clock::Moment;
use crate::wire::{
    Utf8Bytes, engine_io, socket_io,
    websocket::{CloseCode, Frame},
};

/// One event on a connection, with its time.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The time of the event.
    pub at: Instant,
    /// The time at which the owner of the connection gave the command to send this. `None` for what arrived, and for
    /// what the client sends by itself, such as a pong.
    pub commanded: Option<Moment>,
    /// What happened: for example, a packet arrived.
    pub what: What,
}

/// The kinds of events on a connection.
#[derive(Clone, Debug)]
pub enum What {
    /// Raw bytes arrived. Recorded if the connection's layer is TCP.
    Bytes(Bytes),
    /// The connection ended. This is always the last entry.
    Ended(Ended),
    /// A WebSocket frame arrived. At layer Socket.IO the journal has only control frames.
    Frame(Frame),
    /// An HTTP response arrived: of a handshake, of a failed poll, or of a POST.
    Http(HttpResponse),
    /// The server sent data that its protocol forbids.
    Illegal {
        /// The rule that the server broke.
        illegal: Illegal,
        /// The data that the protocol forbids.
        raw: Bytes,
    },
    /// A WebSocket message arrived. Recorded if the connection's layer is WebSocket.
    Message(engine_io::PacketData),
    /// The server sent more data than sockspec accepts, although the protocol allows that much.
    Oversize(Exceeded),
    /// An Engine.IO packet arrived. At layer Socket.IO the journal leaves out message packets.
    Packet(engine_io::Packet),
    /// The client sent something.
    Sent(Outgoing),
    /// A Socket.IO packet arrived, with its attachments.
    Socket(socket_io::Packet),
}

/// Data that the client sent.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// The client sent raw bytes on a TCP connection.
    Bytes(Bytes),
    /// The client sent a WebSocket frame.
    Frame(Frame),
    /// The client sent an HTTP request.
    Http {
        /// The method of the request, such as `GET`.
        method: String,
        /// Path and query of the request.
        target: String,
        /// The body of the request.
        body: Bytes,
    },
    /// The client sent an Engine.IO packet. Holds the packet's text.
    Packet(Utf8Bytes),
}

/// Describes how and why a connection ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ended {
    /// How the connection ended.
    pub how: EndedHow,
    /// The code of the close frame.
    pub code: Option<CloseCode>,
    /// The reason in the close frame, or the error that ended the connection.
    pub reason: String,
    /// True if the client ended the connection.
    pub by_us: bool,
    /// True if the server kept the stream open after the closing handshake and the client stopped waiting.
    pub kept_open: bool,
}

/// The ways in which a connection ends.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EndedHow {
    /// One side sent a WebSocket close frame.
    CloseFrame,
    /// One side sent an Engine.IO close packet.
    ClosePacket,
    /// The stream ended without a close frame or a close packet.
    Eof,
    /// A polling request was answered with an error status.
    HttpError,
    /// The client stopped reading, because the server exceeded a limit or sent data that can't be decoded.
    GivenUp,
    /// One side reset the stream.
    Reset,
}

/// The ordered record of a connection. Entries are only added.
#[derive(Debug)]
pub struct Journal {
    entries: Mutex<Vec<Entry>>,
    /// The memory that the journal takes of the run's budget.
    share: Mutex<Share>,
    /// The memory of the payloads and decoded values of all entries in bytes, without the vector of entries itself.
    bytes: AtomicUsize,
    grown: Notify,
}

impl Journal {
    /// Creates an empty journal, whose memory counts towards `budget`.
    pub(super) fn new(budget: &Budget) -> Self {
        Self {
            entries: Mutex::default(),
            share: Mutex::new(budget.share()),
            bytes: AtomicUsize::new(0),
            grown: Notify::new(),
        }
    }

    /// Returns all entries so far. Don't hold the guard over an `.await`.
    pub fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there are more than `seen` entries. Cancel-safe.
    pub async fn longer_than(&self, seen: usize) {
        // Lets other tasks run. Otherwise a caller that waits in a loop would occupy the thread if the journal grows
        // all the time.
        consume_budget().await;
        loop {
            let grown = self.grown.notified();
            tokio::pin!(grown);
            grown.as_mut().enable();
            if self.entries().len() > seen {
                return;
            }
            grown.await;
        }
    }

    /// Waits until the connection has ended. Cancel-safe.
    pub async fn ended(&self) {
        let mut seen = 0;
        loop {
            {
                let entries = self.entries();
                if has_ended(&entries) {
                    return;
                }
                seen = seen.max(entries.len());
            }
            self.longer_than(seen).await;
        }
    }

    /// Appends the entries in `batch`, which hold `bytes` bytes, and returns the new size of the journal. Drops the
    /// entries if the end of the connection is already recorded. All other methods only read the journal.
    pub(super) fn append(&self, batch: &mut Vec<Entry>, bytes: usize) -> Size {
        let size = {
            let mut entries = self.entries();
            if has_ended(&entries) {
                batch.clear();
            }
            entries.append(batch);
            let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
            let mut share = self.share.lock().unwrap_or_else(PoisonError::into_inner);
            Size {
                entries: entries.len(),
                bytes,
                budget: share.resize(entries.capacity() * size_of::<Entry>() + bytes),
            }
        };
        self.grown.notify_waiters();
        size
    }
}

/// The size of a journal, to compare with its limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Size {
    pub(super) entries: usize,
    pub(super) bytes: usize,
    /// Whether the journal is within the budget of the run.
    pub(super) budget: Result<(), OverBudget>,
}

fn has_ended(entries: &[Entry]) -> bool {
    matches!(
        entries.last(),
        Some(Entry {
            what: What::Ended(_),
            ..
        })
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn entry(what: What) -> Entry {
        Entry {
            at: clock::now(),
            commanded: None,
            what,
        }
    }

    fn end() -> Entry {
        entry(What::Ended(Ended {
            how: EndedHow::Eof,
            code: None,
            reason: String::new(),
            by_us: false,
            kept_open: false,
        }))
    }

    #[tokio::test]
    async fn waiters_wake_and_entries_after_the_end_are_dropped() {
        let journal = Journal::new(&Budget::default());
        let grown = journal.longer_than(1);
        let ended = journal.ended();
        let write = async {
            journal.append(&mut vec![entry(What::Bytes(Bytes::new()))], 0);
            tokio::task::yield_now().await;
            journal.append(&mut vec![end()], 0);
            journal.append(&mut vec![entry(What::Bytes(Bytes::new())), end()], 5)
        };
        let ((), (), size) = tokio::join!(grown, ended, write);
        assert_eq!(size.entries, 2);
        assert_eq!(journal.entries().len(), 2);
    }

    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 128, "{}", size_of::<Entry>());
    }
}
