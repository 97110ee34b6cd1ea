//! Encodes and decodes Engine.IO packets of version 4 (Engine.IO v4, "Packet encoding").

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::Bytes;

use crate::wire::Utf8Bytes;

/// The seven packet types (Engine.IO v4, "Packet encoding").
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PacketType {
    /// `0`: the server's first packet, with the handshake data.
    Open,
    /// `1`: ends the session.
    Close,
    /// `2`: a heartbeat, or the test packet of an upgrade to WebSocket (`2probe`).
    Ping,
    /// `3`: the answer to a ping.
    Pong,
    /// `4`: a message of the application or of Socket.IO.
    Message,
    /// `5`: moves the session from polling to the WebSocket on which the server has answered the client's probe.
    Upgrade,
    /// `6`: a packet without content, with which the server answers a waiting poll request during an upgrade.
    Noop,
}

/// The data of an Engine.IO packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PacketData {
    /// Bytes; only a message can carry them.
    Binary(Bytes),
    /// Text; it can be empty.
    Text(Utf8Bytes),
}

/// An Engine.IO packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packet {
    /// The type of the packet.
    pub kind: PacketType,
    /// The data after the type; it can be empty.
    pub data: PacketData,
}

/// The reason why a message could not be decoded as a packet.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// The encoded packet is an empty string, so it has no type.
    #[error("packet is empty")]
    Empty,
    /// The first character is not a packet type.
    #[error("unknown packet type {found:?}")]
    UnknownType {
        /// The character in the place of the packet type.
        found: char,
    },
    /// The packet is not a message but carries binary data (version 3), or its base64 data can't be decoded.
    #[error("binary data can't be read: {detail}")]
    Binary {
        /// What is wrong with the binary data.
        detail: &'static str,
    },
}

impl PacketType {
    /// Returns the digit that stands for this type in an encoded packet.
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

impl PacketType {
    /// Returns the type for a digit of an encoded packet, `None` for an unknown digit.
    pub fn from_digit(digit: u8) -> Option<Self> {
        Some(match digit {
            b'0' => Self::Open,
            b'1' => Self::Close,
            b'2' => Self::Ping,
            b'3' => Self::Pong,
            b'4' => Self::Message,
            b'5' => Self::Upgrade,
            b'6' => Self::Noop,
            _ => return None,
        })
    }
}

impl Packet {
    /// Creates a packet with text.
    pub fn text(kind: PacketType, data: impl Into<Utf8Bytes>) -> Self {
        Self {
            kind,
            data: PacketData::Text(data.into()),
        }
    }

    /// Creates a packet of type message that carries bytes.
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self {
            kind: PacketType::Message,
            data: PacketData::Binary(data.into()),
        }
    }

    /// Decodes a packet from the text of a WebSocket frame or from one record of a polling payload.
    ///
    /// # Errors
    ///
    /// Fails for an empty text and for an unknown type.
    pub fn decode_text(text: Utf8Bytes) -> Result<Self, PacketError> {
        let bytes = text.into_bytes();
        let Some(first) = bytes.first().copied() else {
            return Err(PacketError::Empty);
        };
        let Some(kind) = PacketType::from_digit(first) else {
            let found = std::str::from_utf8(&bytes)
                .ok()
                .and_then(|text| text.chars().next());
            return Err(PacketError::UnknownType {
                found: found.unwrap_or(char::REPLACEMENT_CHARACTER),
            });
        };
        // The removed type is one ASCII byte, so the rest of the text is valid UTF-8.
        let data = Utf8Bytes::try_from(bytes.slice(1..)).unwrap_or_default();
        Ok(Self {
            kind,
            data: PacketData::Text(data),
        })
    }

    /// Returns the packet as text; binary data becomes `b` and base64, as in a polling payload.
    pub fn encode_text(&self) -> Utf8Bytes {
        match &self.data {
            PacketData::Binary(bytes) => {
                let mut text = String::with_capacity(1 + bytes.len().div_ceil(3) * 4);
                text.push('b');
                BASE64.encode_string(bytes, &mut text);
                Utf8Bytes::from(text)
            }
            PacketData::Text(data) => {
                let data = data.as_str();
                let mut text = String::with_capacity(1 + data.len());
                text.push(char::from(self.kind.digit()));
                text.push_str(data);
                Utf8Bytes::from(text)
            }
        }
    }
}
