//! Socket.IO packets (Socket.IO v5, "Packet types"). The attachments of a packet stand in its arguments, as byte
//! strings.

use std::fmt;

use crate::data::Data;

/// The event names that only Socket.IO libraries may use, not applications (Socket.IO v5, "Packet types", EVENT).
pub const RESERVED_EVENTS: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// An acknowledgement id.
///
/// The type is wider than the protocol needs, so that a report can show an oversized id.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AckId(pub u64);

impl fmt::Display for AckId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One packet. An event is encoded as type 5 instead of 2, and an acknowledgement as type 6 instead of 3, if
/// its arguments contain bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    /// `0`: a client's request to join a namespace, or the server's reply.
    Connect {
        /// The namespace; the main namespace is `/`.
        namespace: String,
        /// The client's auth payload, or the server's `{sid}`.
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
        /// The ack id; `None` if the event requests no acknowledgement.
        id: Option<AckId>,
        /// The name of the event.
        name: String,
        /// The arguments of the event after its name.
        args: Vec<Data>,
    },
    /// `3` or `6`: the acknowledgement of an event.
    Ack {
        /// The namespace.
        namespace: String,
        /// The ack id of the event.
        id: AckId,
        /// The arguments of the acknowledgement.
        args: Vec<Data>,
    },
    /// `4`: the server's refusal of a CONNECT.
    ConnectError {
        /// The namespace.
        namespace: String,
        /// `{message, data?}` from a server that follows the protocol; any value from other servers.
        payload: Data,
    },
}

impl Packet {
    /// Returns the namespace of the packet.
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
