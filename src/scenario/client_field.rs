//! The fields of a client in variables: `$client.sid`.

/// A field of a client that scenarios can read.
///
/// The runner fills every field in one exhaustive `match`, so each field in this list is also set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientField {
    /// `engine_sid`.
    EngineSid,
    /// `handshake`.
    Handshake,
    /// `namespace`.
    Namespace,
    /// `sid`.
    Sid,
    /// `user`.
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

    /// Returns what the field holds, for the reference of the language.
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
