//! The state that all connections of one server share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    Config, FaultSet,
    arrivals::Arrivals,
    engine::{Ending, HandlerFactory, SessionHandler, Sessions},
    faults::Scratch,
    tasks::Tasks,
};

/// The state that all connections of one server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) sessions: Sessions,
    pub(super) arrivals: Arrivals,
    handlers: Box<dyn HandlerFactory>,
    pub(super) tasks: Tasks,
    pub(super) scratch: Scratch,
    /// Cancelled when the server stops accepting connections.
    closing: CancellationToken,
}

impl Shared {
    /// Returns the state of a server that has no connection yet. `handlers` creates the Socket.IO
    /// state of each session.
    pub(super) fn new(config: Config, handlers: impl HandlerFactory + 'static) -> Arc<Self> {
        Arc::new(Self {
            sessions: Sessions::new(),
            arrivals: Arrivals::default(),
            handlers: Box::new(handlers),
            config,
            tasks: Tasks::new(),
            scratch: Scratch::default(),
            closing: CancellationToken::new(),
        })
    }

    /// Returns the faults that are switched on.
    pub(super) fn faults(&self) -> &FaultSet {
        &self.config.faults
    }

    /// Returns the handler of a new session, which holds its Socket.IO state; `None` on a bare
    /// Engine.IO server.
    pub(super) fn open_handler(&self) -> Option<Box<dyn SessionHandler>> {
        self.handlers.open_handler(&self.config)
    }

    /// Makes the server accept no further connections.
    pub(super) fn stop_accepting(&self) {
        self.closing.cancel();
    }

    /// Resolves when the server stops.
    pub(super) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Stops the listener and drops every connection at once, without close packets or close
    /// frames.
    pub(super) fn die(&self) {
        self.closing.cancel();
        self.tasks.abort_all();
        // Sessions and their sockets refer to each other by `Arc`. Closing the sessions breaks
        // these cycles, so that the memory is freed.
        self.sessions.close_all(Ending::ServerStops);
    }
}
