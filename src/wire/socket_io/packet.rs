//! One Socket.IO packet, its attachments in place (Socket.IO v5, "Packet types").

use std::fmt;

use crate::data::Data;

/// An acknowledgement number as the peer sent it.
///
/// Kept wider than the protocol needs, so that an oversized id shows up in a report as itself
/// instead of as a parse error.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AckId(pub u64);

impl fmt::Display for AckId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One packet. Whether it travels as type 2 or 5, 3 or 6 follows from its arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    /// `0`: a client asks to join a namespace, or the server says it did.
    Connect {
        /// The namespace, `/` being the main one.
        namespace: String,
        /// The auth payload, or the server's `{sid}`.
        payload: Option<Data>,
    },
    /// `1`: one side leaves the namespace.
    Disconnect {
        /// The namespace.
        namespace: String,
    },
    /// `2` or `5`: an event; the first argument is its name.
    Event {
        /// The namespace.
        namespace: String,
        /// Set where an acknowledgement is asked for.
        id: Option<AckId>,
        /// The event's name.
        name: String,
        /// What follows the name.
        args: Vec<Data>,
    },
    /// `3` or `6`: the answer to an event with an id.
    Ack {
        /// The namespace.
        namespace: String,
        /// The id of the event answered.
        id: AckId,
        /// The answer's values.
        args: Vec<Data>,
    },
    /// `4`: the server refuses the namespace.
    ConnectError {
        /// The namespace.
        namespace: String,
        /// `{message, data?}`, or whatever came.
        payload: Data,
    },
}

impl Packet {
    /// The namespace that the packet belongs to.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Connect { namespace, .. }
            | Self::Disconnect { namespace }
            | Self::Event { namespace, .. }
            | Self::Ack { namespace, .. }
            | Self::ConnectError { namespace, .. } => namespace,
        }
    }
}
