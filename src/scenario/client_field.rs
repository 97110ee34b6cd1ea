//! The fields of a client that scenarios can read, such as `sid` in `$sender.sid` for the client `sender`.

/// A field of a client that scenarios can read, such as `sid` in `$sender.sid`.
///
/// The runner sets the fields in a `match` that names every variant, so no field of this enum can stay unset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientField {
    /// `engine_sid`: the Engine.IO session id.
    EngineSid,
    /// `handshake`: the data of the open packet.
    Handshake,
    /// `namespace`: the client's namespace.
    Namespace,
    /// `sid`: the Socket.IO id in the client's namespace.
    Sid,
    /// `user`: the claim `sub` of the first token that the client presented, or the `sid` without a token.
    User,
}

impl ClientField {
    /// All fields, sorted by name.
    pub const ALL: [Self; 5] = [
        Self::EngineSid,
        Self::Handshake,
        Self::Namespace,
        Self::Sid,
        Self::User,
    ];

    /// Returns the name of the field in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::EngineSid => "engine_sid",
            Self::Handshake => "handshake",
            Self::Namespace => "namespace",
            Self::Sid => "sid",
            Self::User => "user",
        }
    }

    /// Returns a description of the field for `docs/language.md`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::EngineSid => "the Engine.IO session id",
            Self::Handshake => "the data of the open packet",
            Self::Namespace => "the client's namespace",
            Self::Sid => "the Socket.IO id in the client's namespace",
            Self::User => {
                "the user: `sub` of the first token that the client presented, else its `sid`"
            }
        }
    }

    /// Returns the names of all fields.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(Self::name)
    }
}
