//! What went over one connection, both ways, in order.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use tokio::{sync::Notify, time::Instant};

use super::{HttpResponse, Illegal};
use crate::wire::{
    Utf8Bytes, engine_io, socket_io,
    websocket::{CloseCode, Frame},
};

/// One thing that happened on a connection.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// Raw bytes arrived (layer TCP).
    Bytes(Bytes),
    /// The connection ended; nothing follows.
    Ended(Ended),
    /// A WebSocket frame arrived (layers below Socket.IO, and control frames always).
    Frame(Frame),
    /// An HTTP response arrived: of the handshake, of a poll with an error, of a POST.
    Http(HttpResponse),
    /// Data arrived that its protocol forbids.
    Illegal {
        /// The rule that the server broke.
        illegal: Illegal,
        /// The data.
        raw: Bytes,
    },
    /// A WebSocket message arrived (layer WebSocket).
    Message(engine_io::PacketData),
    /// More arrived than this side takes, which is no fault of the server's; the text names the limit.
    Oversize(String),
    /// An Engine.IO packet arrived (all of them at layer Engine.IO; at layer Socket.IO those that are no message).
    Packet(engine_io::Packet),
    /// This side sent something.
    Sent(Outgoing),
    /// A Socket.IO packet arrived, its attachments in place.
    Socket(socket_io::Packet),
}

/// What this side sent.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// Raw bytes.
    Bytes(Bytes),
    /// A frame.
    Frame(Frame),
    /// An HTTP request: method, target and body.
    Http {
        /// `GET`.
        method: String,
        /// Path and query.
        target: String,
        /// The body.
        body: Bytes,
    },
    /// The text of an Engine.IO packet.
    Packet(Utf8Bytes),
}

/// The end of a connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ended {
    /// How.
    pub how: EndedHow,
    /// The close frame's code.
    pub code: Option<CloseCode>,
    /// The close frame's reason, or what else is known.
    pub reason: String,
    /// Whether this side ended it.
    pub by_us: bool,
    /// Whether the server kept the stream open although the last word was said, until this side had waited
    /// long enough.
    pub kept_open: bool,
}

/// Ways in which a connection ends.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EndedHow {
    /// A WebSocket close frame.
    CloseFrame,
    /// An Engine.IO close packet.
    ClosePacket,
    /// The stream ended.
    Eof,
    /// A polling request was answered with an error status.
    HttpError,
    /// We stopped reading because the server exceeded our bounds or sent what can't be decoded on.
    GivenUp,
    /// The stream was reset.
    Reset,
}

/// The ordered record of a connection. Its length only grows.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Vec<Entry>>,
    /// Bytes of all payloads, as far as they were counted.
    bytes: AtomicUsize,
    grown: Notify,
}

impl Journal {
    /// All entries so far. Don't hold the guard over an `.await`.
    pub fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there are more than `seen` entries. Cancel-safe.
    pub async fn longer_than(&self, seen: usize) {
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

    /// Moves `batch` to the end; the one place where the journal grows. Nothing follows an end.
    pub(super) fn append(&self, batch: &mut Vec<Entry>, bytes: usize) -> Size {
        let size = {
            let mut entries = self.entries();
            if has_ended(&entries) {
                batch.clear();
            }
            entries.append(batch);
            Size {
                entries: entries.len(),
                bytes: self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes,
            }
        };
        self.grown.notify_waiters();
        size
    }
}

/// What a journal holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Size {
    pub(super) entries: usize,
    pub(super) bytes: usize,
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
    async fn waiters_wake_and_nothing_follows_the_end() {
        let journal = Journal::default();
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
