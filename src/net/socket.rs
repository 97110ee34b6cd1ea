//! A pair of connected sockets in memory that behave as TCP sockets do on Linux.
//!
//! One read never joins the bytes of two writes: if the peer writes a message in three pieces, three reads receive it.
//! An error of a socket is reported once, by the next read or write. After that, reads return the end of the stream and
//! writes fail.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::ReadBuf,
    time::{Sleep, sleep},
};

use super::arrived::Arrived;

/// The number of unread bytes at which a writer has to wait; about the number that Linux buffers on loopback.
const CAPACITY: usize = 2 << 20;

/// A writer that waits for room is woken when the number of unread bytes has fallen to this number.
const LOW_WATER: usize = CAPACITY * 2 / 3;

/// The number of unread bytes that a reset leaves readable: TCP's receive window. Unread bytes beyond the window are
/// dropped by a reset, as TCP drops the bytes in the sender's buffer.
const WINDOW: usize = 64 << 10;

/// The number of reads of a socket before it pauses for [`PAUSE`].
const READS_BEFORE_PAUSE: u32 = 200;

/// The simulated time that [`READS_BEFORE_PAUSE`] reads take.
///
/// Simulated time stands still while any task has work to do. Without the pause, two peers that answer each other at
/// once would stop the time for ever, and no timeout could end their exchange.
const PAUSE: Duration = Duration::from_millis(1);

/// One of two connected sockets. Dropping the value closes the socket.
#[derive(Debug)]
pub struct MemoryStream {
    connection: Arc<Mutex<Connection>>,
    side: Side,
    /// The number of reads since the last pause.
    reads: u32,
    /// The pause that the next read has to wait for.
    pause: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Client,
    Server,
}

#[derive(Debug, Default)]
struct Connection {
    client: Socket,
    server: Socket,
}

/// The state of one of the two connected sockets.
#[derive(Debug, Default)]
struct Socket {
    /// The pieces that the peer has written and this side has not read.
    received: VecDeque<Bytes>,
    /// The total number of bytes in `received`.
    length: usize,
    /// True if the peer has ended its side: reads return `received`, then the end of the stream.
    is_ended: bool,
    /// True if this side has ended its own sending.
    has_ended: bool,
    /// The error that the next read or write returns.
    error: Option<ErrorKind>,
    /// True if the connection was reset by either side.
    is_reset: bool,
    /// True if the owner has dropped the socket.
    is_closed: bool,
    /// True if dropping this socket resets the connection.
    resets: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Returns the client's and the server's end of a new connection.
pub(super) fn pair() -> (MemoryStream, MemoryStream) {
    let connection = Arc::new(Mutex::new(Connection::default()));
    let end = |side| MemoryStream {
        connection: Arc::clone(&connection),
        side,
        reads: 0,
        pause: None,
    };
    (end(Side::Client), end(Side::Server))
}

impl MemoryStream {
    /// Makes the connection reset when this socket is dropped later, as `SO_LINGER` with zero seconds does.
    pub(super) fn reset_on_drop(&self) {
        self.lock().ends(self.side).0.resets = true;
    }

    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_pause(context));
        let read = self.poll_received(context, buffer);
        if read.is_ready() {
            self.count_read();
        }
        read
    }

    /// Waits until the pause in simulated time is over, if there is one.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// Counts a read. Starts a pause after every [`READS_BEFORE_PAUSE`] reads.
    fn count_read(&mut self) {
        self.reads += 1;
        if self.reads == READS_BEFORE_PAUSE {
            self.reads = 0;
            self.pause = Some(Box::pin(sleep(PAUSE)));
        }
    }

    fn poll_received(
        &self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut connection = self.lock();
        let (own, peer) = connection.ends(self.side);
        if let Some(piece) = own.received.front_mut() {
            let taken = piece.len().min(buffer.remaining());
            buffer.put_slice(&piece.split_to(taken));
            if piece.is_empty() {
                own.received.pop_front();
            }
            own.length -= taken;
            let waiting = (own.length <= LOW_WATER).then(|| peer.writer.take());
            drop(connection);
            wake([waiting.flatten()]);
            return Poll::Ready(Ok(()));
        }
        match own.state_without_data() {
            Some(Ok(())) => Poll::Ready(Ok(())),
            Some(Err(error)) => Poll::Ready(Err(error.into())),
            None => {
                own.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits until a read would return without waiting: with bytes, with the end of the stream or with an error.
    pub(super) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut connection = self.lock();
        let (own, _) = connection.ends(self.side);
        if own.arrived() != Arrived::Nothing {
            return Poll::Ready(());
        }
        own.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Returns what has arrived and was not read yet.
    pub(super) fn arrived(&self) -> Arrived {
        self.lock().ends(self.side).0.arrived()
    }

    /// Waits for bytes and copies them into `buffer`, so that the next read still returns them. Returns the number of
    /// bytes, 0 at the end of the stream.
    pub(super) async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|context| self.poll_read_ready(context)).await;
        let mut connection = self.lock();
        let (own, _) = connection.ends(self.side);
        if own.received.is_empty() {
            return match own.state_without_data() {
                Some(Err(error)) => Err(error.into()),
                Some(Ok(())) | None => Ok(0),
            };
        }
        let mut copied = 0;
        for piece in &own.received {
            let room = buffer.get_mut(copied..).unwrap_or_default();
            let length = piece.len().min(room.len());
            room[..length].copy_from_slice(&piece[..length]);
            copied += length;
        }
        Ok(copied)
    }

    pub(super) fn poll_write(
        &self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.write(slices, Some(context)) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            written => Poll::Ready(written),
        }
    }

    /// Writes as many bytes as there is room for, as one piece.
    pub(super) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(slices, None)
    }

    /// Writes as many bytes as there is room for, as one piece. If there is no room, wakes the task of `context` when
    /// room becomes free.
    fn write(
        &self,
        slices: &[IoSlice<'_>],
        context: Option<&mut Context<'_>>,
    ) -> io::Result<usize> {
        let mut connection = self.lock();
        let (own, peer) = connection.ends(self.side);
        if let Some(error) = own.error.take() {
            return Err(error.into());
        }
        if own.is_reset || own.has_ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let length: usize = slices.iter().map(|slice| slice.len()).sum();
        if peer.is_closed {
            // The peer has closed its socket. Over TCP, the peer's kernel would answer these bytes with a reset.
            let woken = own.reset();
            drop(connection);
            wake(woken);
            return Ok(length);
        }
        let room = CAPACITY.saturating_sub(peer.length).min(length);
        if room == 0 && length > 0 {
            if let Some(context) = context {
                own.writer = Some(context.waker().clone());
            }
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut piece = BytesMut::with_capacity(room);
        for slice in slices {
            let rest = room - piece.len();
            piece.extend_from_slice(&slice[..rest.min(slice.len())]);
        }
        let woken = (room > 0).then(|| peer.receive(piece.freeze()));
        drop(connection);
        wake([woken.flatten()]);
        Ok(room)
    }

    /// Waits until a write would return without waiting: because there is room, or with an error.
    pub(super) fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut connection = self.lock();
        let (own, peer) = connection.ends(self.side);
        let fails = own.error.is_some() || own.is_reset || own.has_ended || peer.is_closed;
        if fails || peer.length < CAPACITY {
            return Poll::Ready(());
        }
        own.writer = Some(context.waker().clone());
        Poll::Pending
    }

    /// Ends the sending side after the bytes that were written. The peer can still send (a half close).
    pub(super) fn shut_down(&self) {
        let mut connection = self.lock();
        let (own, peer) = connection.ends(self.side);
        let woken = own.end(peer);
        drop(connection);
        wake([woken]);
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        let mut connection = self.lock();
        let (own, peer) = connection.ends(self.side);
        own.is_closed = true;
        // Closing a socket that has unread bytes resets its connection (RFC 2525 section 2.17).
        let woken = if own.is_reset {
            [None, None]
        } else if own.resets || !own.received.is_empty() {
            peer.drop_behind_window();
            peer.reset()
        } else {
            [own.end(peer), peer.writer.take()]
        };
        drop(connection);
        wake(woken);
    }
}

impl Connection {
    /// Returns the socket of `side` and the socket of the peer.
    fn ends(&mut self, side: Side) -> (&mut Socket, &mut Socket) {
        match side {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        }
    }
}

impl Socket {
    /// Returns what has arrived and was not read yet.
    fn arrived(&self) -> Arrived {
        if !self.received.is_empty() {
            Arrived::Bytes
        } else if self.is_ended || self.error.is_some() || self.is_reset {
            Arrived::End
        } else {
            Arrived::Nothing
        }
    }

    /// Returns the result of a read when no unread bytes are left: the end of the stream, an error, or `None` if the
    /// reader has to wait.
    fn state_without_data(&mut self) -> Option<Result<(), ErrorKind>> {
        if self.is_ended {
            return Some(Ok(()));
        }
        match self.error.take() {
            Some(error) => Some(Err(error)),
            None => self.is_reset.then_some(Ok(())),
        }
    }

    fn receive(&mut self, piece: Bytes) -> Option<Waker> {
        self.length += piece.len();
        self.received.push_back(piece);
        self.reader.take()
    }

    /// Ends the sending side, so that `peer` reads the end of the stream. Does nothing if this side has ended
    /// already.
    fn end(&mut self, peer: &mut Self) -> Option<Waker> {
        if self.is_reset || std::mem::replace(&mut self.has_ended, true) {
            return None;
        }
        peer.is_ended = true;
        peer.reader.take()
    }

    /// Marks this socket as reset by the peer. Returns the tasks that have to be woken.
    fn reset(&mut self) -> [Option<Waker>; 2] {
        self.is_reset = true;
        // If the peer ended its side before the reset, Linux reports EPIPE instead of ECONNRESET.
        self.error = Some(if self.is_ended {
            ErrorKind::BrokenPipe
        } else {
            ErrorKind::ConnectionReset
        });
        [self.reader.take(), self.writer.take()]
    }

    fn drop_behind_window(&mut self) {
        while self.length > WINDOW
            && let Some(last) = self.received.back_mut()
        {
            let excess = (self.length - WINDOW).min(last.len());
            last.truncate(last.len() - excess);
            self.length -= excess;
            if last.is_empty() {
                self.received.pop_back();
            }
        }
    }
}

/// Wakes tasks. The caller has to unlock the connection first, because a woken task may drop its stream, and the drop
/// takes the lock.
fn wake<const N: usize>(wakers: [Option<Waker>; N]) {
    wakers.into_iter().flatten().for_each(Waker::wake);
}
