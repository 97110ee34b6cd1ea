//! The id of a socket.

use std::{fmt, sync::Arc};

use crate::reference::engine::random_id;

/// The id of a socket. It is also the name of the room in which only this socket is.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(in crate::reference) struct SocketId(Arc<str>);

impl SocketId {
    /// Returns a random id.
    pub(super) fn random() -> Self {
        Self(random_id().into())
    }

    /// Returns the id as text.
    pub(in crate::reference) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SocketId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
