//! The state that all connections of one server share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    Config, FaultSet,
    engine::{Ending, Sessions},
    faults::Scratch,
    socket::{LeaveHandler, Namespaces},
    tasks::Tasks,
};

/// The state that all connections of one server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) sessions: Sessions,
    pub(super) namespaces: Namespaces,
    pub(super) tasks: Tasks,
    pub(super) scratch: Scratch,
    /// Cancelled when the server stops accepting connections.
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

    /// Returns the faults that are switched on.
    pub(super) fn faults(&self) -> &FaultSet {
        &self.config.faults
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
