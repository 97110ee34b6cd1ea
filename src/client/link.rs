//! A stream with what has arrived and what is still to be written.

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
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    time::timeout,
};

use super::{Reading, stream::Stream};

/// How long bytes may take to leave when this side ends the connection.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// Reads that empty the receive queue before a close.
const LAST_READS: usize = 64;

/// Bytes of one read. Large, so that a flood of small frames costs few system calls.
const SCRATCH: usize = 64 << 10;

thread_local! {
    /// Reads land here first. A connection that waits for data therefore owns no read buffer, and
    /// ten thousand idle connections cost what they have received, which is nothing.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into_boxed_slice());
}

/// A stream and its two buffers; reading goes on while writing is blocked.
#[derive(Debug)]
pub(super) struct Link {
    stream: Stream,
    /// What arrived and was not taken.
    pub(super) inbox: BytesMut,
    /// What is to be written.
    pub(super) outbox: BytesMut,
    /// Bytes of one write, where the outbox is to leave in pieces.
    piece: Option<usize>,
    flush: Flush,
    /// Whether what arrives is read.
    pub(super) reading: Reading,
    /// Whether the stream ends with a reset when the link is dropped; shared, so that the link of a
    /// request under way can be told.
    pub(super) reset_on_drop: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flush {
    Done,
    /// TLS may still hold bytes that were written.
    Due,
}

/// What happened on a link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// The peer's side of the stream ended.
    Eof,
    /// Bytes were added to the inbox.
    Received,
    /// Bytes of the outbox were written, or dropped because the peer takes none any more.
    Sent,
}

impl Link {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            inbox: BytesMut::new(),
            outbox: BytesMut::new(),
            piece: None,
            flush: Flush::Done,
            reading: Reading::default(),
            reset_on_drop: Arc::default(),
        }
    }

    /// From here to when the outbox is empty, every write is of `piece` bytes.
    pub(super) fn chop(&mut self, piece: Option<usize>) {
        self.piece = piece.map(|bytes| bytes.max(1));
    }

    /// Whether the outbox leaves in pieces; what is added is chopped too.
    pub(super) fn is_chopping(&self) -> bool {
        self.piece.is_some()
    }

    /// Reads or writes once. Cancel-safe.
    ///
    /// A write that fails is no error: the peer's last words may still be unread.
    pub(super) async fn progress(&mut self) -> io::Result<Progress> {
        poll_fn(|context| {
            if self.poll_send(context).is_ready() {
                return Poll::Ready(Ok(Progress::Sent));
            }
            self.poll_receive(context)
        })
        .await
    }

    /// Writes what is in the outbox, for a bounded time.
    pub(super) async fn flush(&mut self) {
        let sent = poll_fn(|context| {
            while !self.outbox.is_empty() || self.flush == Flush::Due {
                ready!(self.poll_send(context));
            }
            Poll::Ready(())
        });
        // A peer that takes nothing loses the rest.
        let _ = timeout(FLUSH_WITHIN, sent).await;
    }

    /// Ends this side of the stream with a FIN after what is in the outbox; the peer may go on.
    pub(super) async fn end_writing(&mut self) {
        self.flush().await;
        // Fails only where the peer was faster.
        let _ = self.stream.transport().shutdown().await;
    }

    /// Ends the stream with a FIN after what is in the outbox.
    pub(super) async fn finish(mut self) {
        self.end_writing().await;
        // A close with unread data in the receive queue would go out as a reset (RFC 2525 section 2.17).
        // Bounded, since a flood would be read for ever.
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

    /// Whether the peer has ended the stream, as far as is known without waiting.
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
            // Nothing to wait for; the task is woken by whoever fills the outbox.
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
            // Releases the memory: most connections write little and seldom.
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
            // Whoever makes it go on wakes the task.
            return Poll::Pending;
        }
        READ.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) => {}
                // TLS without close_notify: for HTTP and WebSocket their own framing tells what is missing.
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
                // Its old storage is shared with what was cut out of it.
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
