//! A connected stream with one buffer for received bytes and one for bytes to send.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::{
    Budget, Reading,
    budget::{OverBudget, Share},
    maybe_tls::MaybeTls,
};
use crate::clock;

/// The time limit on writing the outbox when the client ends the connection.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// The limit on reads before the client closes a stream. The reads empty the receive queue, because a close with unread
/// data resets the stream.
const LAST_READS: usize = 64;

/// The largest number of bytes in one read. The number is large so that a flood of small frames costs few system calls.
const SCRATCH: usize = 64 << 10;

thread_local! {
    /// The buffer of all reads of this thread. A connection that waits for data owns no read buffer, so ten thousand
    /// idle connections take little memory.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// A stream and its two buffers. Reading continues while writing is blocked.
#[derive(Debug)]
pub(super) struct Link {
    stream: MaybeTls,
    /// The bytes that have arrived and that no caller has taken.
    pub(super) inbox: BytesMut,
    /// The bytes that still have to be written to the stream.
    pub(super) outbox: BytesMut,
    /// The number of bytes in one write to the stream; `None` writes everything at once.
    piece: Option<usize>,
    flush: Flush,
    /// The part of the run's memory budget that the inbox and `held` take.
    share: Share,
    /// The size in bytes of an incomplete message that was taken out of the inbox. [`Link::hold`] sets it.
    held: usize,
    /// Whether the client reads from the stream.
    pub(super) reading: Reading,
    /// Whether the stream ends with a reset when the link is dropped. The flag is shared, so that it can be set while a
    /// request owns the link.
    pub(super) reset_on_drop: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flush {
    Done,
    /// TLS may still buffer bytes that were written, so a flush is necessary.
    Due,
}

/// The result of one read or write of a [`Link`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// The peer has ended its side of the stream.
    Eof,
    /// Bytes were added to the inbox.
    Received,
    /// Bytes of the outbox were written, or dropped because writing has failed.
    Sent,
}

impl Link {
    /// Creates a link, whose memory counts towards `budget`.
    pub(super) fn new(stream: MaybeTls, budget: &Budget) -> Self {
        Self {
            stream,
            inbox: BytesMut::new(),
            outbox: BytesMut::new(),
            piece: None,
            flush: Flush::Done,
            share: budget.share(),
            held: 0,
            reading: Reading::default(),
            reset_on_drop: Arc::default(),
        }
    }

    /// Limits each write to `piece` bytes until everything in the outbox is written.
    pub(super) fn chop(&mut self, piece: Option<usize>) {
        self.piece = piece.map(|bytes| bytes.max(1));
    }

    /// Returns true while each write is limited to a piece. Bytes that are added to the outbox meanwhile are also
    /// written in pieces.
    pub(super) fn is_chopping(&self) -> bool {
        self.piece.is_some()
    }

    /// Sets the number of bytes of an incomplete message that was taken out of the inbox, so that these bytes also
    /// count towards the run's budget.
    ///
    /// # Errors
    ///
    /// Returns an error if the run's budget is used up.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.held = bytes;
        self.count_memory()
    }

    fn count_memory(&mut self) -> Result<(), OverBudget> {
        let bytes = self.inbox.len() + self.held;
        // Up to the size of one read, memory counts as 0. Most connections never hold more, so they never take a share
        // of the budget.
        self.share.resize(if bytes > SCRATCH { bytes } else { 0 })
    }

    /// Reads or writes once. Cancel-safe.
    ///
    /// A failed write is not an error here, because the peer may have sent data that is still unread.
    pub(super) async fn progress(&mut self) -> io::Result<Progress> {
        poll_fn(|context| {
            if self.poll_send(context).is_ready() {
                return Poll::Ready(Ok(Progress::Sent));
            }
            self.poll_receive(context)
        })
        .await
    }

    /// Writes the outbox, for a limited time.
    pub(super) async fn flush(&mut self) {
        let sent = poll_fn(|context| {
            while !self.outbox.is_empty() || self.flush == Flush::Due {
                ready!(self.poll_send(context));
            }
            Poll::Ready(())
        });
        // If the peer reads nothing, the time runs out and the unwritten bytes are dropped.
        let _ = clock::within(FLUSH_WITHIN, sent).await;
    }

    /// Writes the outbox, then closes the sending side with a FIN. The peer can still send.
    pub(super) async fn end_writing(&mut self) {
        self.flush().await;
        // This fails only if the peer has ended the stream already.
        let _ = self.stream.transport().shutdown().await;
    }

    /// Writes the outbox, then ends the stream with a FIN.
    pub(super) async fn finish(mut self) {
        self.end_writing().await;
        // A close with unread data in the receive queue is sent as a reset (RFC 2525 section 2.17). The number of reads
        // is limited, because a flood would be read forever.
        poll_fn(|context| {
            for _ in 0..LAST_READS {
                let Poll::Ready(Ok(Progress::Received)) = self.poll_receive(context) else {
                    break;
                };
                self.inbox.clear();
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Ends the stream with a reset.
    pub(super) fn reset(self) {
        self.reset_on_drop.store(true, Ordering::Relaxed);
    }

    /// Returns true if the peer has ended the stream, without waiting.
    pub(super) async fn has_ended(&mut self) -> bool {
        poll_fn(|context| {
            Poll::Ready(matches!(
                self.poll_receive(context),
                Poll::Ready(Ok(Progress::Eof) | Err(_))
            ))
        })
        .await
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.outbox.is_empty() && self.flush == Flush::Done {
            // Nothing to write. No waker is needed, because the same task handles the commands that fill the outbox.
            return Poll::Pending;
        }
        match ready!(self.poll_write(context)) {
            Ok(()) => {}
            Err(_) => {
                self.outbox.clear();
                self.flush = Flush::Done;
            }
        }
        if self.outbox.is_empty() {
            self.piece = None;
            // Release the memory, because most connections write rarely.
            self.outbox = BytesMut::new();
        }
        Poll::Ready(())
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outbox.is_empty() {
            let piece = self.piece.unwrap_or(usize::MAX).min(self.outbox.len());
            let bytes = self.outbox.get(..piece).unwrap_or_default();
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outbox.advance(written);
            self.flush = Flush::Due;
            if self.piece.is_some() {
                break;
            }
        }
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.flush = Flush::Done;
        Poll::Ready(Ok(()))
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Progress>> {
        if self.reading == Reading::Stops {
            // The client has stopped reading. No waker is needed, because the same task handles the command that
            // resumes reading.
            return Poll::Pending;
        }
        let progress = ready!(self.poll_read_once(context))?;
        match self.count_memory() {
            Ok(()) => Poll::Ready(Ok(progress)),
            Err(over) => Poll::Ready(Err(io::Error::new(io::ErrorKind::OutOfMemory, over))),
        }
    }

    fn poll_read_once(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Progress>> {
        READ.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) => {}
                // TLS ended without close_notify. HTTP and WebSocket detect missing data by their own framing.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Poll::Ready(Ok(Progress::Eof));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
            let received = buffer.filled();
            if received.is_empty() {
                return Poll::Ready(Ok(Progress::Eof));
            }
            if self.inbox.is_empty() {
                // The bytes that callers have taken out of the inbox share its old storage, so the inbox gets new
                // storage.
                self.inbox = BytesMut::with_capacity(received.len());
            }
            self.inbox.extend_from_slice(received);
            Poll::Ready(Ok(Progress::Received))
        })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if self.reset_on_drop.load(Ordering::Relaxed) {
            self.stream.transport().reset_on_drop();
        }
    }
}
