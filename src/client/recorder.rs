//! The pen of one connection's journal.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Bounds, Ended, EndedHow, Entry, Illegal, Journal, Outgoing, What};
use crate::clock;

/// Most bytes of one illegal thing that are kept as evidence.
const EVIDENCE: usize = 4 << 10;

/// Collects what happens and hands it to the journal in batches, so that a read of a thousand
/// frames takes the lock once and wakes readers once.
#[derive(Debug)]
pub(super) struct Recorder {
    journal: Arc<Journal>,
    bounds: Bounds,
    batch: Vec<Entry>,
    /// Bytes of the batch.
    bytes: usize,
    now: Instant,
}

impl Recorder {
    pub(super) fn new(journal: Arc<Journal>, bounds: Bounds) -> Self {
        Self {
            journal,
            bounds,
            batch: Vec::new(),
            bytes: 0,
            now: clock::now(),
        }
    }

    /// Another pen for the same journal.
    pub(super) fn again(&self) -> Self {
        Self::new(Arc::clone(&self.journal), self.bounds)
    }

    /// The task woke up: what is recorded from here on happened at this moment.
    pub(super) fn tick(&mut self) {
        self.now = clock::now();
    }

    /// Adds an entry that holds `bytes` bytes of payload.
    pub(super) fn record(&mut self, what: What, bytes: usize) {
        self.bytes += bytes;
        self.batch.push(Entry { at: self.now, what });
    }

    /// Adds what this side sends.
    pub(super) fn sent(&mut self, outgoing: Outgoing) {
        let bytes = match &outgoing {
            Outgoing::Bytes(bytes) => bytes.len(),
            Outgoing::Frame(frame) => frame.payload.len(),
            Outgoing::Http { body, .. } => body.len(),
            Outgoing::Packet(text) => text.len(),
        };
        self.record(What::Sent(outgoing), bytes);
    }

    /// Adds received data that its protocol forbids; `raw` is the data.
    pub(super) fn illegal(&mut self, illegal: impl Into<Illegal>, raw: &[u8]) {
        let raw = Bytes::copy_from_slice(raw.get(..EVIDENCE).unwrap_or(raw));
        let bytes = raw.len();
        let illegal = illegal.into();
        self.record(What::Illegal { illegal, raw }, bytes);
    }

    /// Adds that more came than this side takes.
    pub(super) fn oversize(&mut self, limit: String) {
        let bytes = limit.len();
        self.record(What::Oversize(limit), bytes);
    }

    /// Hands everything over.
    ///
    /// # Errors
    ///
    /// The journal is larger than our bounds: the connection is to be given up.
    pub(super) fn flush(&mut self) -> Result<(), Ended> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let size = self
            .journal
            .append(&mut self.batch, std::mem::take(&mut self.bytes));
        // Most connections are idle most of the time: an empty batch owns no memory.
        self.batch = Vec::new();
        let limit = if size.entries > self.bounds.entries {
            format!("the journal exceeds {} entries", self.bounds.entries)
        } else if size.bytes > self.bounds.journal {
            format!("the journal exceeds {} bytes", self.bounds.journal)
        } else {
            return Ok(());
        };
        // Handed over with the end.
        self.oversize(limit.clone());
        Err(given_up(limit))
    }

    /// Adds the end and hands everything over.
    pub(super) fn end(mut self, ended: Ended) {
        self.tick();
        self.record(What::Ended(ended), 0);
        // Nothing more is recorded, so the bounds don't matter.
        let _ = self.flush();
    }
}

/// This side stops: `reason` says why.
pub(super) fn given_up(reason: String) -> Ended {
    Ended {
        how: EndedHow::GivenUp,
        code: None,
        reason,
        by_us: true,
        kept_open: false,
    }
}

/// Writes an end into the journal if the connection's task stops without one, so that nobody waits
/// for ever: the last handle was dropped.
#[derive(Debug)]
pub(super) struct EndOnDrop(pub(super) Option<Recorder>);

impl EndOnDrop {
    /// Writes the end that is known.
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
