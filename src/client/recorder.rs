//! The recorder that writes the journal of one connection.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Bounds, Ended, EndedHow, Entry, Exceeded, Illegal, Journal, Outgoing, What,
    footprint::footprint,
};
use crate::clock::{self, Moment};

/// The limit on the bytes of illegal data that one journal entry keeps.
const EVIDENCE: usize = 4 << 10;

/// Collects entries and appends them to the journal in batches. A read that brings a thousand frames then locks the
/// journal once and wakes its readers once.
#[derive(Debug)]
pub(super) struct Recorder {
    journal: Arc<Journal>,
    bounds: Bounds,
    batch: Vec<Entry>,
    /// The memory of the entries in the batch, which are not in the journal yet, in bytes.
    bytes: usize,
    /// The number of received frames that have added no entry to the journal.
    unrecorded: usize,
    /// The limit that the server has exceeded; `None` if it has kept to all limits.
    exceeded: Option<Exceeded>,
    now: Instant,
    /// The time of the command that is being carried out; `None` if the client acts by itself.
    commanded: Option<Moment>,
}

impl Recorder {
    pub(super) fn new(journal: Arc<Journal>, bounds: Bounds) -> Self {
        Self {
            journal,
            bounds,
            batch: Vec::new(),
            bytes: 0,
            unrecorded: 0,
            exceeded: None,
            now: clock::now(),
            commanded: None,
        }
    }

    /// Returns another recorder that writes to the same journal.
    pub(super) fn for_same_journal(&self) -> Self {
        Self::new(Arc::clone(&self.journal), self.bounds)
    }

    /// Sets the time of the following entries to the current time. The connection's task calls this when it wakes up.
    pub(super) fn tick(&mut self) {
        self.now = clock::now();
    }

    /// Marks the entries for what the client sends from now on: a command that was given at `commanded` is the cause,
    /// or nothing if `None`.
    pub(super) fn obey(&mut self, commanded: Option<Moment>) {
        self.commanded = commanded;
    }

    /// Adds an entry that holds `bytes` bytes of payload.
    pub(super) fn record(&mut self, what: What, bytes: usize) {
        self.bytes += bytes + footprint(&what);
        let commanded = match &what {
            What::Sent(_) => self.commanded,
            _ => None,
        };
        self.batch.push(Entry {
            at: self.now,
            commanded,
            what,
        });
    }

    /// Adds an entry for data that the client sends.
    pub(super) fn sent(&mut self, outgoing: Outgoing) {
        let bytes = match &outgoing {
            Outgoing::Bytes(bytes) => bytes.len(),
            Outgoing::Frame(frame) => frame.payload.len(),
            Outgoing::Http { body, .. } => body.len(),
            Outgoing::Packet(text) => text.len(),
        };
        self.record(What::Sent(outgoing), bytes);
    }

    /// Adds an entry for received data that its protocol forbids; `raw` is the data.
    pub(super) fn illegal(&mut self, illegal: impl Into<Illegal>, raw: &[u8]) {
        let raw = Bytes::copy_from_slice(raw.get(..EVIDENCE).unwrap_or(raw));
        let bytes = raw.len();
        let illegal = illegal.into();
        self.record(What::Illegal { illegal, raw }, bytes);
    }

    /// Adds an entry that says that the server sent more than sockspec accepts.
    pub(super) fn oversize(&mut self, limit: Exceeded) {
        self.exceeded = Some(limit.clone());
        self.record(What::Oversize(limit), 0);
    }

    /// Counts a frame that adds no entry. Such frames cost time, so they have the same limit as entries.
    pub(super) fn count_unrecorded(&mut self) {
        self.unrecorded += 1;
    }

    /// Returns the limit that the server has exceeded; `None` if it kept to all of them.
    pub(super) fn exceeded(&self) -> Option<&Exceeded> {
        self.exceeded.as_ref()
    }

    /// Appends the batch to the journal.
    ///
    /// # Errors
    ///
    /// Returns an error if the journal exceeds its limits; the caller has to end the connection.
    pub(super) fn flush(&mut self) -> Result<(), Ended> {
        if self.batch.is_empty() && self.unrecorded <= self.bounds.entries {
            return Ok(());
        }
        let size = self
            .journal
            .append(&mut self.batch, std::mem::take(&mut self.bytes));
        // The new batch owns no memory, because most connections are idle most of the time.
        self.batch = Vec::new();
        let limit = if size.entries > self.bounds.entries {
            Exceeded::JournalEntries {
                limit: self.bounds.entries,
            }
        } else if size.bytes > self.bounds.journal {
            Exceeded::JournalBytes {
                limit: self.bounds.journal,
            }
        } else if self.unrecorded > self.bounds.entries {
            Exceeded::UnfinishedFrames {
                limit: self.bounds.entries,
            }
        } else if let Err(over) = size.budget {
            over.into()
        } else {
            return Ok(());
        };
        self.oversize(limit.clone());
        // The recorder that appends the end of the connection is another one. So this entry has to be in the journal
        // before the connection ends.
        let bytes = std::mem::take(&mut self.bytes);
        self.journal.append(&mut self.batch, bytes);
        Err(given_up(limit.to_string()))
    }

    /// Adds the end of the connection and appends the batch.
    pub(super) fn end(mut self, ended: Ended) {
        self.tick();
        self.record(What::Ended(ended), 0);
        // The connection has ended, so a journal over its limits needs no handling.
        let _ = self.flush();
    }
}

impl Drop for Recorder {
    /// Appends what is left of the batch: what the client sent just before it reset the connection, or the response
    /// that refused the handshake.
    fn drop(&mut self) {
        if !self.batch.is_empty() {
            self.journal.append(&mut self.batch, self.bytes);
        }
    }
}

/// Returns the end of a connection that the client stops reading because of `reason`.
pub(super) fn given_up(reason: String) -> Ended {
    Ended {
        how: EndedHow::GivenUp,
        code: None,
        reason,
        by_us: true,
        kept_open: false,
    }
}

/// If the connection's task is aborted, for example because the last handle was dropped, records that the connection
/// has ended. Without an end in the journal, the readers of the journal would wait forever.
#[derive(Debug)]
pub(super) struct EndOnDrop(pub(super) Option<Recorder>);

impl EndOnDrop {
    /// Records `ended`, the real end of the connection.
    pub(super) fn end(mut self, ended: Ended) {
        if let Some(recorder) = self.0.take() {
            recorder.end(ended);
        }
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        if let Some(recorder) = self.0.take() {
            recorder.end(Ended {
                how: EndedHow::Eof,
                code: None,
                reason: "the connection was dropped".to_owned(),
                by_us: true,
                kept_open: false,
            });
        }
    }
}
