//! The factory that creates the Socket.IO state of each session of one server.

use std::sync::Arc;

use super::{LeaveHandler, Namespaces, Peer};
use crate::reference::{
    Config, Contract,
    engine::{HandlerFactory, SessionHandler},
};

/// Creates the Socket.IO state ([`Peer`]) of each session of one server. All of them share the
/// namespaces of the server.
#[derive(Debug)]
pub(in crate::reference) struct PeerFactory {
    namespaces: Arc<Namespaces>,
}

impl PeerFactory {
    /// Returns a factory with no namespaces yet. A namespace calls `on_leave` after a socket has left it.
    pub(in crate::reference) fn new(config: &Config, on_leave: LeaveHandler) -> Self {
        let namespaces = Namespaces::new(config.recovery, on_leave);
        Self {
            namespaces: Arc::new(namespaces),
        }
    }
}

impl HandlerFactory for PeerFactory {
    fn open_handler(&self, config: &Config) -> Option<Box<dyn SessionHandler>> {
        match config.contract {
            // A bare Engine.IO server has no Socket.IO state. A plain WebSocket endpoint opens no
            // sessions at all.
            Contract::Engine | Contract::WebSocket => None,
            Contract::Official | Contract::Sockspec => {
                Some(Box::new(Peer::new(config, &self.namespaces)))
            }
        }
    }
}
