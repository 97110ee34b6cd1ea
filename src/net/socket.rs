//! A pair of connected sockets in memory that behave as TCP sockets do on Linux.
//!
//! What one side writes, the other reads in the same pieces, so that a message which is written in pieces also arrives
//! in pieces. An error of a socket is reported once, by the next read or write, and after that reads return the end of
//! the stream and writes fail.

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

/// Bytes that wait for a reader at most; about what Linux buffers on loopback for a peer that does not read.
const CAPACITY: usize = 2 << 20;

/// A writer that found no room is woken when no more than this waits.
const LOW_WATER: usize = CAPACITY * 2 / 3;

/// Bytes that have arrived at a peer that does not read. The rest waits at the sender, where a reset drops it.
const WINDOW: usize = 64 << 10;

/// The number of reads of a socket before it pauses for [`PAUSE`].
const READS_BEFORE_PAUSE: u32 = 200;

/// The simulated time that [`READS_BEFORE_PAUSE`] reads take.
///
/// Simulated time stands still while any task has work to do. Two peers that answer each other without a wait would
/// stop it for ever, so that no timeout could end their exchange.
const PAUSE: Duration = Duration::from_millis(1);

/// One of two connected sockets. Its drop closes it.
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

/// The state of one socket.
#[derive(Debug, Default)]
struct Socket {
    /// What was written by the peer and not read.
    received: VecDeque<Bytes>,
    /// Bytes of `received`.
    length: usize,
    /// Whether the peer's side ends behind `received`.
    is_ended: bool,
    /// Whether this side has sent its end.
    has_ended: bool,
    /// What the next read or write reports.
    error: Option<ErrorKind>,
    /// Whether the connection was reset.
    is_reset: bool,
    /// Whether the owner has dropped the socket.
    is_closed: bool,
    /// Whether the close is a reset.
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
    /// Makes the drop of this socket a reset, as `SO_LINGER` with zero seconds does.
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

    /// Waits for the pause that is due, if one is.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// Counts a read, and starts a pause if it is due.
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

    /// Waits until a read returns at once.
    pub(super) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut connection = self.lock();
        let (own, _) = connection.ends(self.side);
        let is_ready =
            !own.received.is_empty() || own.is_ended || own.error.is_some() || own.is_reset;
        if is_ready {
            return Poll::Ready(());
        }
        own.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Waits for bytes and copies them without taking them; returns how many, 0 at the end of the stream.
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

    /// Writes what there is room for as one piece.
    pub(super) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(slices, None)
    }

    /// Writes as one piece. If there is no room, the task of `context` is woken when there is.
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
            // The peer's kernel answers what arrives for a closed socket with a reset.
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

    /// Waits until a write does not block.
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

    /// Ends this side behind what was written; the peer may go on.
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
        // A close over unread bytes is a reset (RFC 2525 section 2.17).
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
    /// Returns the socket of a side, and its peer.
    fn ends(&mut self, side: Side) -> (&mut Socket, &mut Socket) {
        match side {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        }
    }
}

impl Socket {
    /// Returns what a read finds when nothing is received: the end, an error, or `None` if there is nothing yet.
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

    /// Sends the end of this side to `peer`, unless it was sent.
    fn end(&mut self, peer: &mut Self) -> Option<Waker> {
        if self.is_reset || std::mem::replace(&mut self.has_ended, true) {
            return None;
        }
        peer.is_ended = true;
        peer.reader.take()
    }

    /// Takes in a reset from the peer.
    fn reset(&mut self) -> [Option<Waker>; 2] {
        self.is_reset = true;
        // Linux reports EPIPE, which only writes see, if the peer had ended its side before.
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

/// Wakes tasks. The caller has to unlock the connection first, since a task may drop its stream at once.
fn wake<const N: usize>(wakers: [Option<Waker>; N]) {
    wakers.into_iter().flatten().for_each(Waker::wake);
}
