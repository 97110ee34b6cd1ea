//! Encodes and decodes frames (RFC 6455 section 5.2).

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// The kind of a frame (RFC 6455 section 11.8).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum OpCode {
    /// `0x0`: a further fragment of a message.
    Continuation,
    /// `0x1`: a text message, or its first fragment.
    Text,
    /// `0x2`: a binary message, or its first fragment.
    Binary,
    /// `0x8`: closes the connection.
    Close,
    /// `0x9`: requests a pong.
    Ping,
    /// `0xA`: the answer to a ping.
    Pong,
    /// `0x3..=0x7` and `0xB..=0xF`: reserved; a peer that sends one breaks the protocol.
    Reserved(u8),
}

/// One WebSocket frame with an unmasked payload.
///
/// Decoding accepts every combination of bits, so that a report can show an illegal frame.
/// [`super::MessageAssembler`] checks the rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// True for the last fragment of a message.
    pub fin: bool,
    /// The three reserved bits; `0b100` is RSV1.
    pub rsv: u8,
    /// The kind of the frame.
    pub opcode: OpCode,
    /// The masking key; `None` for an unmasked frame.
    pub mask: Option<[u8; 4]>,
    /// The payload, unmasked.
    pub payload: Bytes,
}

/// The reason why received bytes are not a legal frame or exceed a limit of this side.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The frame announces its payload length in 64 bits with the top bit set (RFC 6455 section 5.2).
    #[error("length {length:#018x} has its most significant bit set")]
    LengthOutOfRange {
        /// The payload length that the frame announces.
        length: u64,
    },
    /// The frame announces its payload length in more bytes than necessary (RFC 6455 section 5.2).
    #[error("length {length} was written in {used} bits where fewer suffice")]
    LengthNotMinimal {
        /// The payload length that the frame announces.
        length: u64,
        /// The number of bits that the peer used for the length: 16 or 64.
        used: u8,
    },
    /// The announced payload is larger than this side accepts.
    #[error("frame of {length} bytes exceeds the limit of {limit}")]
    TooLarge {
        /// The announced payload length in bytes.
        length: u64,
        /// The largest payload that this side accepts, in bytes.
        limit: usize,
    },
}

impl Frame {
    /// Removes one frame from the start of `buffer`. Returns `None` if more bytes are needed.
    ///
    /// # Errors
    ///
    /// Returns a [`FrameError`] for an illegal or too long frame. After an error, the rest of the stream
    /// can't be decoded.
    pub fn decode(buffer: &mut BytesMut, max_payload: usize) -> Result<Option<Self>, FrameError> {
        let Some(head) = Head::parse(buffer)? else {
            return Ok(None);
        };
        let length = usize::try_from(head.length)
            .ok()
            .filter(|length| *length <= max_payload)
            .ok_or(FrameError::TooLarge {
                length: head.length,
                limit: max_payload,
            })?;
        if buffer.len() - head.size < length {
            return Ok(None);
        }
        buffer.advance(head.size);
        let mut payload = buffer.split_to(length);
        if let Some(key) = head.mask {
            apply_mask(&mut payload, key);
        }
        Ok(Some(Self {
            fin: head.fin,
            rsv: head.rsv,
            opcode: head.opcode,
            mask: head.mask,
            payload: payload.freeze(),
        }))
    }

    /// Appends the encoded frame to `out`; the payload is masked if [`Frame::mask`] is set.
    pub fn encode(&self, out: &mut BytesMut) {
        write_frame(self, LengthEncoding::Minimal, None, out);
    }

    /// Creates an unmasked frame with a complete text message.
    pub fn text(payload: impl Into<super::super::Utf8Bytes>) -> Self {
        Self {
            fin: true,
            rsv: 0,
            opcode: OpCode::Text,
            mask: None,
            payload: payload.into().into_bytes(),
        }
    }

    /// Creates an unmasked frame with a complete binary message.
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

/// The form of the payload length, which can be illegal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LengthEncoding {
    /// The shortest form, which RFC 6455 section 5.2 requires.
    #[default]
    Minimal,
    /// The 16-bit form for every length that fits into 16 bits.
    Sixteen,
    /// The 64-bit form for every length.
    SixtyFour,
}

/// A frame that may break RFC 6455: with a wrong length, a length in a wrong form, or any bits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawFrame {
    /// All of the frame except its length: bits, opcode, mask and payload.
    pub frame: Frame,
    /// The form in which the payload length is written.
    pub length_encoding: LengthEncoding,
    /// The length that the frame announces; `None` for the real length of the payload.
    pub declared_length: Option<u64>,
}

impl RawFrame {
    /// Appends the encoded frame to `out`, even if it is illegal.
    pub fn encode(&self, out: &mut BytesMut) {
        write_frame(&self.frame, self.length_encoding, self.declared_length, out);
    }
}

impl From<Frame> for RawFrame {
    /// Returns a raw frame with the right length in the shortest form.
    fn from(frame: Frame) -> Self {
        Self {
            frame,
            length_encoding: LengthEncoding::Minimal,
            declared_length: None,
        }
    }
}

impl From<u8> for OpCode {
    /// Returns the opcode for the low four bits of a frame's first byte.
    fn from(bits: u8) -> Self {
        match bits & 0x0f {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            reserved => Self::Reserved(reserved),
        }
    }
}

impl From<OpCode> for u8 {
    fn from(opcode: OpCode) -> Self {
        match opcode {
            OpCode::Continuation => 0x0,
            OpCode::Text => 0x1,
            OpCode::Binary => 0x2,
            OpCode::Close => 0x8,
            OpCode::Ping => 0x9,
            OpCode::Pong => 0xa,
            OpCode::Reserved(bits) => bits & 0x0f,
        }
    }
}

impl OpCode {
    /// Returns true for control frames (RFC 6455 section 5.5).
    pub fn is_control(self) -> bool {
        u8::from(self) & 0x8 != 0
    }
}

/// The fields of a frame before its payload.
struct Head {
    fin: bool,
    rsv: u8,
    opcode: OpCode,
    mask: Option<[u8; 4]>,
    length: u64,
    /// The number of bytes before the payload.
    size: usize,
}

impl Head {
    /// Reads the head at the start of `buffer` without removing it. Returns `None` if more bytes are needed.
    fn parse(buffer: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some(([first, second], rest)) = buffer.split_first_chunk::<2>() else {
            return Ok(None);
        };
        let (length, rest) = match second & 0x7f {
            126 => {
                let Some((length, rest)) = rest.split_first_chunk::<2>() else {
                    return Ok(None);
                };
                let length = u64::from(u16::from_be_bytes(*length));
                if length < 126 {
                    return Err(FrameError::LengthNotMinimal { length, used: 16 });
                }
                (length, rest)
            }
            127 => {
                let Some((length, rest)) = rest.split_first_chunk::<8>() else {
                    return Ok(None);
                };
                let length = u64::from_be_bytes(*length);
                if length >> 63 != 0 {
                    return Err(FrameError::LengthOutOfRange { length });
                }
                if length <= u64::from(u16::MAX) {
                    return Err(FrameError::LengthNotMinimal { length, used: 64 });
                }
                (length, rest)
            }
            length => (u64::from(length), rest),
        };
        let (mask, rest) = if second & 0x80 == 0 {
            (None, rest)
        } else {
            let Some((key, rest)) = rest.split_first_chunk::<4>() else {
                return Ok(None);
            };
            (Some(*key), rest)
        };
        Ok(Some(Self {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0b111,
            opcode: OpCode::from(*first),
            mask,
            length,
            size: buffer.len() - rest.len(),
        }))
    }
}

/// The part of a frame that has arrived, if the frame is not complete.
#[derive(Debug)]
pub(super) struct IncompleteFrame<'a> {
    pub(super) rsv: u8,
    pub(super) opcode: OpCode,
    mask: Option<[u8; 4]>,
    payload: &'a [u8],
}

impl<'a> IncompleteFrame<'a> {
    /// Returns the incomplete frame at the start of `received`. Returns `None` if the part before its payload is
    /// incomplete or illegal.
    pub(super) fn parse(received: &'a [u8]) -> Option<Self> {
        let head = Head::parse(received).ok()??;
        Some(Self {
            rsv: head.rsv,
            opcode: head.opcode,
            mask: head.mask,
            payload: received.get(head.size..)?,
        })
    }

    /// Returns the payload that has arrived, without its first `start` bytes and without the mask.
    pub(super) fn unmasked_from(&self, start: usize) -> Vec<u8> {
        let mut piece = self.payload.get(start..).unwrap_or_default().to_vec();
        if let Some(mut key) = self.mask {
            key.rotate_left(start % 4);
            apply_mask(&mut piece, key);
        }
        piece
    }
}

fn write_frame(
    frame: &Frame,
    encoding: LengthEncoding,
    declared_length: Option<u64>,
    out: &mut BytesMut,
) {
    let length = declared_length.unwrap_or(frame.payload.len() as u64);
    let mask_bit = if frame.mask.is_some() { 0x80 } else { 0 };
    out.reserve(14 + frame.payload.len());
    out.put_u8(u8::from(frame.fin) << 7 | (frame.rsv & 0b111) << 4 | u8::from(frame.opcode));
    match (encoding, u16::try_from(length)) {
        (LengthEncoding::Minimal, Ok(short @ 0..=125)) => {
            out.put_u8(mask_bit | u8::try_from(short).unwrap_or(125));
        }
        (LengthEncoding::Minimal | LengthEncoding::Sixteen, Ok(medium)) => {
            out.put_u8(mask_bit | 126);
            out.put_u16(medium);
        }
        _ => {
            out.put_u8(mask_bit | 127);
            out.put_u64(length);
        }
    }
    if let Some(key) = frame.mask {
        out.put_slice(&key);
        let start = out.len();
        out.put_slice(&frame.payload);
        if let Some(payload) = out.get_mut(start..) {
            apply_mask(payload, key);
        }
    } else {
        out.put_slice(&frame.payload);
    }
}

/// XORs `payload` with the key (RFC 6455 section 5.3), eight bytes at a time.
fn apply_mask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, tail) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(key.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_rfc_6455_section_5_7() {
        let hello = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
        let masked = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        for bytes in [&hello[..], &masked[..]] {
            let mut buffer = BytesMut::from(bytes);
            let frame = Frame::decode(&mut buffer, 1_000).unwrap().unwrap();
            assert_eq!(frame.payload, "Hello");
            assert_eq!(frame.opcode, OpCode::Text);
            assert!(buffer.is_empty());
            let mut out = BytesMut::new();
            frame.encode(&mut out);
            assert_eq!(out, bytes);
        }
    }

    #[test]
    fn an_incomplete_frame_stays_in_the_buffer() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let frame = Frame::binary(vec![7; length]);
            let mut encoded = BytesMut::new();
            frame.encode(&mut encoded);
            for cut in [0, 1, 2, 3, 9, encoded.len() - 1] {
                if cut >= encoded.len() {
                    continue;
                }
                let mut part = BytesMut::from(&encoded[..cut]);
                assert_eq!(
                    Frame::decode(&mut part, 100_000),
                    Ok(None),
                    "{length} cut at {cut}"
                );
                assert_eq!(part.len(), cut, "partial input stays in the buffer");
            }
            assert_eq!(Frame::decode(&mut encoded, 100_000), Ok(Some(frame)));
        }
    }

    #[test]
    fn illegal_lengths_are_refused_before_the_payload_arrives() {
        let mut huge = BytesMut::from(&[0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0][..]);
        assert!(matches!(
            Frame::decode(&mut huge, 1_000),
            Err(FrameError::TooLarge { limit: 1_000, .. })
        ));
        let mut negative = BytesMut::from(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0][..]);
        assert!(matches!(
            Frame::decode(&mut negative, 1_000),
            Err(FrameError::LengthOutOfRange { .. })
        ));
        let mut padded = BytesMut::from(&[0x82, 126, 0, 5, 1, 2, 3, 4, 5][..]);
        assert_eq!(
            Frame::decode(&mut padded, 1_000),
            Err(FrameError::LengthNotMinimal {
                length: 5,
                used: 16
            })
        );
    }

    #[test]
    fn a_raw_frame_can_announce_a_wrong_length() {
        let raw = RawFrame {
            frame: Frame::text("hi"),
            length_encoding: LengthEncoding::SixtyFour,
            declared_length: Some(9),
        };
        let mut out = BytesMut::new();
        raw.encode(&mut out);
        assert_eq!(&out[..], &[0x81, 127, 0, 0, 0, 0, 0, 0, 0, 9, b'h', b'i']);
    }
}
