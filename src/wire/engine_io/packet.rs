//! One Engine.IO packet in its version 4 form (Engine.IO v4, "Packet encoding").

use bytes::Bytes;

use crate::wire::Utf8Bytes;

/// The seven packet types (Engine.IO v4, "Packet encoding").
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PacketType {
    /// `0`: the handshake.
    Open,
    /// `1`: the transport can be closed.
    Close,
    /// `2`: heartbeat, or an upgrade's probe.
    Ping,
    /// `3`: the answer to a ping.
    Pong,
    /// `4`: data for the layer above.
    Message,
    /// `5`: the client goes over to the probed transport.
    Upgrade,
    /// `6`: ends a poll while a transport is upgraded.
    Noop,
}

/// What a packet carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PacketData {
    /// Bytes; only messages carry them.
    Binary(Bytes),
    /// Text, possibly empty.
    Text(Utf8Bytes),
}

/// One packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packet {
    /// The type.
    pub kind: PacketType,
    /// The data after the type.
    pub data: PacketData,
}

/// Why text is no packet.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// An empty string has no type.
    #[error("packet is empty")]
    Empty,
    /// The first character is no packet type.
    #[error("unknown packet type {found:?}")]
    UnknownType {
        /// The character that stands in the type's place.
        found: char,
    },
    /// A type other than message came as binary (v3), or its base64 is broken.
    #[error("binary data can't be read: {detail}")]
    Binary {
        /// What is wrong with it.
        detail: &'static str,
    },
}

impl PacketType {
    /// The digit on the wire.
    pub fn digit(self) -> u8 {
        match self {
            Self::Open => b'0',
            Self::Close => b'1',
            Self::Ping => b'2',
            Self::Pong => b'3',
            Self::Message => b'4',
            Self::Upgrade => b'5',
            Self::Noop => b'6',
        }
    }
}

impl Packet {
    /// A packet with text.
    pub fn text(kind: PacketType, data: impl Into<Utf8Bytes>) -> Self {
        Self {
            kind,
            data: PacketData::Text(data.into()),
        }
    }

    /// A message of bytes.
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self {
            kind: PacketType::Message,
            data: PacketData::Binary(data.into()),
        }
    }

    /// Reads the text of a WebSocket frame, or one record of a payload that is not binary.
    ///
    /// # Errors
    ///
    /// Empty text, or an unknown type.
    pub fn decode_text(text: Utf8Bytes) -> Result<Self, PacketError> {
        let _ = text;
        todo!()
    }

    /// The text form; binary data becomes `b` and base64, as in a polling payload.
    pub fn encode_text(&self) -> Utf8Bytes {
        todo!()
    }
}
