//! The protocol above Engine.IO, as a session sees it.

use std::{any::Any, fmt::Debug};

use crate::reference::Config;

/// The state of one session in the protocol above Engine.IO.
///
/// The session stores its handler without knowing the type. The protocol finds its own type with a
/// downcast.
pub(in crate::reference) trait SessionHandler:
    Any + Debug + Send + Sync
{
    /// Returns true if the client has ever joined a namespace.
    fn has_joined(&self) -> bool;

    /// Handles the end of the session.
    fn session_ended(&self, reason: &str);
}

/// Creates the handlers for the sessions of one server.
pub(in crate::reference) trait HandlerFactory: Debug + Send + Sync {
    /// Returns the handler for a new session; `None` on a bare Engine.IO server.
    fn open_handler(&self, config: &Config) -> Option<Box<dyn SessionHandler>>;
}
