//! The rules of the Socket.IO protocol, as JSON and as msgpack, that the bytes of one packet can break.

use std::fmt;

/// A rule of the Socket.IO protocol that a packet breaks (Socket.IO v5, "Packet encoding").
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxRule {
    /// A packet that can't be acknowledged carries an acknowledgement id.
    #[error("{0} carries an acknowledgement id")]
    AckIdNotAllowed(PacketKind),
    /// The acknowledgement id has more than 64 bits.
    #[error("acknowledgement id {0} is out of range")]
    AckIdOutOfRange(String),
    /// The acknowledgement id of a msgpack packet is not a whole number, or is negative. Holds the value as JSON.
    #[error("acknowledgement id {0} is not a whole number that is not negative")]
    AckIdNotWhole(String),
    /// An acknowledgement has no id.
    #[error("ACK without an id")]
    AckWithoutId,
    /// A binary packet has no digits and no `-` after its type.
    #[error("number of attachments is not followed by '-'")]
    AttachmentsNotEnded,
    /// Bytes follow the value of a msgpack packet.
    #[error("bytes follow the packet")]
    BytesAfterPacket,
    /// A packet ends before a value that its msgpack announces.
    #[error("packet is cut short")]
    CutShort,
    /// The data of a packet is not JSON.
    #[error("data of {packet} is not JSON: {cause}")]
    DataNotJson {
        /// The type of the packet.
        packet: PacketKind,
        /// The first mistake in the JSON.
        cause: String,
    },
    /// A DISCONNECT carries data.
    #[error("DISCONNECT carries data")]
    DataOfDisconnect,
    /// A date of a msgpack packet is out of range.
    #[error("a date is out of range")]
    DateOutOfRange,
    /// The text of a packet is empty.
    #[error("packet is empty")]
    Empty,
    /// The name of an event is not a string. Holds the type of the name.
    #[error("the event's name is {0} instead of a string")]
    EventNameNotString(&'static str),
    /// An event has no name.
    #[error("EVENT without a name")]
    EventWithoutName,
    /// A value of a msgpack packet has an extension type that no JSON value corresponds to.
    #[error("extension type {0} has no JSON form")]
    ExtensionType(u8),
    /// A key of a msgpack map is not a string.
    #[error("a map's key is not a string")]
    KeyNotString,
    /// A length of a msgpack packet does not fit into the memory of this machine.
    #[error("a length is out of range")]
    LengthOutOfRange,
    /// The namespace of a msgpack packet is not a string. Holds the type of the namespace.
    #[error("namespace is {0} instead of a string")]
    NamespaceNotString(&'static str),
    /// A msgpack packet has no namespace.
    #[error("packet without a namespace")]
    NoNamespace,
    /// A msgpack packet has no type.
    #[error("packet without a type")]
    NoType,
    /// A binary packet announces no attachments.
    #[error("number of attachments is 0")]
    NoAttachments,
    /// A packet that needs data has none.
    #[error("{0} without data")]
    NoData(PacketKind),
    /// A msgpack packet is not a map.
    #[error("packet is not a map")]
    NotMap,
    /// A string of a msgpack packet is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
    /// No msgpack value starts with this byte.
    #[error("{0:#04x} starts no value")]
    StartsNoValue(u8),
    /// The type of the packet does not exist. Holds the type as the packet has it.
    #[error("unknown packet type {0}")]
    UnknownType(String),
    /// The data of a packet has another type of value than the protocol requires.
    #[error("data of {packet} is not {expected}")]
    WrongData {
        /// The type of the packet.
        packet: PacketKind,
        /// The type of value that the data has to have, with its article: "an array".
        expected: &'static str,
    },
}

/// A type of packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PacketKind {
    /// The answer to an event.
    Ack,
    /// The request to join a namespace, and its reply.
    Connect,
    /// The refusal of a CONNECT.
    ConnectError,
    /// The end of a membership in a namespace.
    Disconnect,
    /// An event.
    Event,
}

impl fmt::Display for PacketKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ack => "ACK",
            Self::Connect => "CONNECT",
            Self::ConnectError => "CONNECT_ERROR",
            Self::Disconnect => "DISCONNECT",
            Self::Event => "EVENT",
        })
    }
}
