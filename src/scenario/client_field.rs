//! The fields of a client that scenarios can read, such as `sid` in `$sender.sid` for the client `sender`.

/// A field of a client that scenarios can read, such as `sid` in `$sender.sid`.
///
/// The runner computes the value of each field in a `match` without a wildcard arm. So the compiler reports a new field
/// for which the runner has no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientField {
    /// `engine_sid`: the Engine.IO session id of the client.
    EngineSid,
    /// `handshake`: the data of the open packet.
    Handshake,
    /// `namespace`: the namespace that the steps of the client use if they name none.
    Namespace,
    /// `sid`: the Socket.IO id in the client's namespace.
    Sid,
    /// `user`: the claim `sub` of the JWT in the client's CONNECT packet, or else of a JWT in its handshake request.
    /// The `sid` if the client sent no JWT with a `sub`.
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

    /// Returns the text that describes the field in `docs/language.md`.
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

/// The fields of the open packet (Engine.IO v4, "Handshake"), which scenarios read as `$sender.handshake.sid`. A server
/// can send further fields.
pub const HANDSHAKE_FIELDS: &[&str] = &[
    "maxPayload",
    "pingInterval",
    "pingTimeout",
    "sid",
    "upgrades",
];
