//! What all connections of one server share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    Config, FaultSet,
    engine::{Ending, Sessions},
    faults::Scratch,
    socket::{LeaveHandler, Namespaces},
    tasks::Tasks,
};

/// What all connections of one server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) sessions: Sessions,
    pub(super) namespaces: Namespaces,
    pub(super) tasks: Tasks,
    pub(super) scratch: Scratch,
    /// Cancelled when no further connections are to be accepted.
    closing: CancellationToken,
}

impl Shared {
    /// Returns the state of a server that has no connection yet. The server calls `on_leave` when a
    /// socket has left its namespace.
    pub(super) fn new(config: Config, on_leave: LeaveHandler) -> Arc<Self> {
        Arc::new(Self {
            sessions: Sessions::new(),
            namespaces: Namespaces::new(config.recovery, on_leave),
            config,
            tasks: Tasks::new(),
            scratch: Scratch::default(),
            closing: CancellationToken::new(),
        })
    }

    /// The faults switched on.
    pub(super) fn faults(&self) -> &FaultSet {
        &self.config.faults
    }

    /// Accepts no further connections.
    pub(super) fn stop_accepting(&self) {
        self.closing.cancel();
    }

    /// Resolves when the server stops.
    pub(super) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Ends the listener and every connection at once, without a word to anybody.
    pub(super) fn die(&self) {
        self.closing.cancel();
        self.tasks.abort_all();
        // Sessions and sockets hold on to each other until they are closed.
        self.sessions.close_all(Ending::ServerStops);
    }
}
