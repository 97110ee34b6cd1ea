//! The order in which the requests of clients arrive.
//!
//! The requests of one session come on several connections, and each connection has its own task. The runtime may run
//! these tasks in any order. So a request that depends on the order asks the kernel what has arrived on the other
//! connections, and waits until their tasks have begun to handle it.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind, IoSlice},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
};

use crate::{
    clock,
    net::{Arrived, Stream},
};

/// How many connections a request looks at: the newest that wait for a request. The limit keeps the cost of a request
/// small on a server with thousands of idle connections.
const NEWEST: usize = 32;

/// How long a request waits for others at most. The wait is for tasks of this server, so it is usually short.
const PATIENCE: Duration = Duration::from_secs(1);

/// The connections on which no request is being handled, by number.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    accepted: u64,
    connections: BTreeMap<u64, Arc<Connection>>,
}

/// A client's connection, as long as it is used for HTTP.
#[derive(Debug)]
pub(super) struct Connection {
    /// The connections are numbered in the order in which the server accepted them.
    number: u64,
    state: Mutex<State>,
    /// Wakes requests that wait for a request on this connection.
    moved: Notify,
}

#[derive(Debug)]
struct State {
    /// `None` while the connection's task holds the stream itself.
    stream: Option<Stream>,
    stage: Stage,
}

/// How far the current request of a connection is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// The server waits for a request, or for the rest of its head.
    Idle,
    /// The server has read bytes, and is looking for the end of the head.
    Reading,
    /// The head is complete. The request waits until the requests before it are handled.
    Waiting,
    /// The request is being handled.
    Handling,
    /// The response is being written. The server reads the next request after that.
    Answered,
    /// The connection has ended, or has become a WebSocket.
    Ended,
}

/// A request in the order of all requests. Dropping this value says that the request has its response.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    arrivals: &'a Arrivals,
    connection: Arc<Connection>,
}

/// The stream of a connection, through which hyper reads requests and writes responses.
#[derive(Debug)]
pub(super) struct HttpStream(Arc<Connection>);

impl Arrivals {
    /// Adds a connection that the server has accepted.
    pub(super) fn add(&self, stream: Stream) -> Arc<Connection> {
        let mut waiting = self.lock();
        waiting.accepted += 1;
        let connection = Arc::new(Connection {
            number: waiting.accepted,
            state: Mutex::new(State {
                stream: Some(stream),
                stage: Stage::Idle,
            }),
            moved: Notify::new(),
        });
        waiting
            .connections
            .insert(connection.number, Arc::clone(&connection));
        connection
    }

    /// Begins a request, whose head is complete.
    pub(super) fn begin(&self, connection: &Arc<Connection>) -> Turn<'_> {
        connection.lock().stage = Stage::Waiting;
        Turn {
            arrivals: self,
            connection: Arc::clone(connection),
        }
    }

    /// Removes a connection that has ended or has become a WebSocket, and returns its stream.
    pub(super) fn remove(&self, connection: &Connection) -> Option<Stream> {
        self.lock().connections.remove(&connection.number);
        connection.move_to(Stage::Ended);
        connection.lock().stream.take()
    }

    /// Waits until the server has begun to handle the requests that arrived on connections with these numbers.
    async fn await_unhandled(&self, numbers: impl std::ops::RangeBounds<u64>) {
        let unhandled: Vec<Arc<Connection>> = {
            let waiting = self.lock();
            let newest = waiting.connections.range(numbers).rev().take(NEWEST);
            newest
                .map(|(_, connection)| Arc::clone(connection))
                .filter(|connection| connection.has_unhandled())
                .collect()
        };
        let all = async {
            for connection in &unhandled {
                connection.handled().await;
            }
        };
        // If another connection's task makes no progress, this request goes on without it.
        let _ = clock::within(PATIENCE, all).await;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Waits until the server has begun to handle all requests that arrived on connections that are older than this
    /// one.
    pub(super) async fn await_older(&self) {
        self.arrivals
            .await_unhandled(..self.connection.number)
            .await;
    }

    /// Waits until the server has begun to handle all requests that have arrived. This request has to be handled
    /// already, so that no request waits for it.
    pub(super) async fn await_all(&self) {
        self.arrivals.await_unhandled(..).await;
    }

    /// Says that the server has begun to handle this request, so that the requests after it are next.
    pub(super) fn handled(&self) {
        self.arrivals
            .lock()
            .connections
            .remove(&self.connection.number);
        self.connection.move_to(Stage::Handling);
    }

    /// Returns the connection of this request.
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.connection.move_to(Stage::Answered);
        let connection = Arc::clone(&self.connection);
        self.arrivals
            .lock()
            .connections
            .insert(connection.number, connection);
    }
}

impl Connection {
    /// Returns true if the client has closed or reset the connection.
    pub(super) fn is_closed_by_client(&self) -> bool {
        let state = self.lock();
        let stream = state.stream.as_ref();
        stream.is_some_and(|stream| stream.arrived() == Arrived::End)
    }

    /// Waits until the client has closed or reset the connection. Waits forever if the client sends its next request
    /// before this one is answered.
    pub(super) async fn closed_by_client(&self) {
        std::future::poll_fn(|context| match &self.lock().stream {
            Some(stream) => stream.poll_end(context),
            None => Poll::Pending,
        })
        .await;
    }

    /// Takes the stream, for work before the first request. [`Connection::put_back`] has to follow.
    pub(super) fn take_stream(&self) -> Option<Stream> {
        self.lock().stream.take()
    }

    /// Puts the stream back.
    pub(super) fn put_back(&self, stream: Stream) {
        self.lock().stream = Some(stream);
    }

    /// Returns true if a request has arrived that the server has not begun to handle.
    fn has_unhandled(&self) -> bool {
        let state = self.lock();
        match state.stage {
            Stage::Idle => {
                let stream = state.stream.as_ref();
                stream.is_some_and(|stream| stream.arrived() == Arrived::Bytes)
            }
            Stage::Reading | Stage::Waiting => true,
            Stage::Handling | Stage::Answered | Stage::Ended => false,
        }
    }

    /// Resolves when the server has begun to handle the requests that have arrived.
    async fn handled(&self) {
        loop {
            let mut moved = pin!(self.moved.notified());
            moved.as_mut().enable();
            if !self.has_unhandled() {
                return;
            }
            moved.await;
        }
    }

    fn move_to(&self, stage: Stage) {
        let mut state = self.lock();
        if state.stage != Stage::Ended {
            state.stage = stage;
        }
        drop(state);
        self.moved.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpStream {
    /// Returns the stream of this connection, for hyper.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self(connection)
    }

    /// Calls `act` with the stream. Fails if the connection's task has taken the stream.
    fn with<T>(
        &self,
        act: impl FnOnce(Pin<&mut Stream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut self.0.lock().stream {
            Some(stream) => act(Pin::new(stream)),
            None => Poll::Ready(Err(ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let mut state = self.0.lock();
        let Some(stream) = &mut state.stream else {
            return Poll::Ready(Err(ErrorKind::NotConnected.into()));
        };
        let read = Pin::new(stream).poll_read(context, buffer);
        state.stage = match state.stage {
            // These bytes belong to the body of the current request.
            Stage::Waiting | Stage::Handling | Stage::Ended => return read,
            // The stage changes under the same lock that the bytes are read under. So no other request sees this
            // connection without unread bytes before its request is known.
            Stage::Idle | Stage::Reading | Stage::Answered if buffer.filled().len() > before => {
                Stage::Reading
            }
            Stage::Idle | Stage::Reading | Stage::Answered => Stage::Idle,
        };
        drop(state);
        self.0.moved.notify_waiters();
        read
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(context))
    }
}
