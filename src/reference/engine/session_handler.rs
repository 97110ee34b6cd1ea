//! The interface between an Engine.IO session and the protocol above it, Socket.IO.

use std::{any::Any, fmt::Debug};

use crate::reference::Config;

/// The state of one session in the protocol above Engine.IO, which is Socket.IO.
///
/// The session stores its handler as a trait object, because Engine.IO does not know Socket.IO.
/// Socket.IO gets its own type back with a downcast.
pub(in crate::reference) trait SessionHandler:
    Any + Debug + Send + Sync
{
    /// Returns true if the client has ever joined a namespace.
    fn has_joined(&self) -> bool;

    /// Is called when the session has ended, for the given reason.
    fn session_ended(&self, reason: &str);
}

/// Creates a handler, which holds the Socket.IO state, for each session of one server.
pub(in crate::reference) trait HandlerFactory: Debug + Send + Sync {
    /// Returns the handler for a new session; `None` on a bare Engine.IO server.
    fn open_handler(&self, config: &Config) -> Option<Box<dyn SessionHandler>>;
}
