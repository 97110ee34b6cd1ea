//! One frame on the wire (RFC 6455 section 5.2).

use bytes::{Bytes, BytesMut};

/// What a frame carries (RFC 6455 section 11.8).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum OpCode {
    /// `0x0`: a further fragment of the message under way.
    Continuation,
    /// `0x1`: UTF-8 text.
    Text,
    /// `0x2`: bytes.
    Binary,
    /// `0x8`: the connection ends.
    Close,
    /// `0x9`: are you there?
    Ping,
    /// `0xA`: the answer to a ping.
    Pong,
    /// `0x3..=0x7` and `0xB..=0xF`: reserved; nobody may send them.
    Reserved(u8),
}

/// One WebSocket frame, its payload unmasked.
///
/// Decoding accepts every combination of bits, since evidence about a wrong peer must be kept as it
/// came; [`super::MessageAssembler`] holds frames against the rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// Whether this is the last fragment of its message.
    pub fin: bool,
    /// The three reserved bits, RSV1 as the highest: `0b100` is RSV1.
    pub rsv: u8,
    /// The frame's kind.
    pub opcode: OpCode,
    /// The masking key, where the frame was or is to be masked.
    pub mask: Option<[u8; 4]>,
    /// The payload, unmasked.
    pub payload: Bytes,
}

/// Why bytes can't be a frame, or must not be taken in.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A 64-bit length with its top bit set (RFC 6455 section 5.2).
    #[error("length {length:#018x} has its most significant bit set")]
    LengthOutOfRange {
        /// The length as it came.
        length: u64,
    },
    /// A length that was not written in the fewest bytes (RFC 6455 section 5.2).
    #[error("length {length} was written in {used} bits where fewer suffice")]
    LengthNotMinimal {
        /// The length as it came.
        length: u64,
        /// 16 or 64.
        used: u8,
    },
    /// More than this side takes in.
    #[error("frame of {length} bytes exceeds the limit of {limit}")]
    TooLarge {
        /// The announced payload length in bytes.
        length: u64,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Frame {
    /// Takes one frame off the front of `buffer`; `None` where more bytes are needed.
    ///
    /// # Errors
    ///
    /// See [`FrameError`]; after an error the stream can't be read on.
    pub fn decode(buffer: &mut BytesMut, max_payload: usize) -> Result<Option<Self>, FrameError> {
        let _ = (buffer, max_payload);
        todo!()
    }

    /// Appends the frame as it goes over the wire, masked where [`Frame::mask`] is set.
    pub fn encode(&self, out: &mut BytesMut) {
        let _ = out;
        todo!()
    }

    /// A whole message of text in one frame, unmasked.
    pub fn text(payload: impl Into<super::super::Utf8Bytes>) -> Self {
        Self {
            fin: true,
            rsv: 0,
            opcode: OpCode::Text,
            mask: None,
            payload: payload.into().into_bytes(),
        }
    }

    /// A whole message of bytes in one frame, unmasked.
    pub fn binary(payload: impl Into<Bytes>) -> Self {
        Self {
            fin: true,
            rsv: 0,
            opcode: OpCode::Binary,
            mask: None,
            payload: payload.into(),
        }
    }
}

/// How the payload length is written, right or wrong.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LengthEncoding {
    /// The fewest bytes, as RFC 6455 section 5.2 demands.
    #[default]
    Minimal,
    /// Always the 16-bit form.
    Sixteen,
    /// Always the 64-bit form.
    SixtyFour,
}

/// A frame that may break RFC 6455: a false length, a length in the wrong form, any bits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawFrame {
    /// Everything that a right frame has as well.
    pub frame: Frame,
    /// The form of the length.
    pub length_encoding: LengthEncoding,
    /// The length to announce in place of the payload's own.
    pub declared_length: Option<u64>,
}

impl RawFrame {
    /// Appends the frame exactly as described, whether or not it is legal.
    pub fn encode(&self, out: &mut BytesMut) {
        let _ = out;
        todo!()
    }
}
