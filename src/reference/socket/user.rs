//! The user of a socket.

/// The user of a socket, as the claims of the client's token name it. Without a token all fields
/// are `None`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) struct User {
    /// The claim `sub` of the user's token; `None` if there is none.
    pub(in crate::reference) id: Option<String>,
    /// The claim `name` of the user's token, for display; `None` if there is none.
    pub(in crate::reference) name: Option<String>,
    /// The claim `role` of the user's token; `None` if there is none.
    pub(in crate::reference) role: Option<String>,
}
