//! The user of a socket.

/// The user of a socket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) struct User {
    /// The token's `sub`.
    pub(in crate::reference) id: Option<String>,
    /// The token's `role`.
    pub(in crate::reference) role: Option<String>,
}
