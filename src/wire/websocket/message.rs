//! From frames to messages: the rules of RFC 6455 sections 5.1 to 5.5 and 8.1.

use bytes::{Bytes, BytesMut};

use super::{super::Utf8Bytes, CloseReason, Deflate, Frame, FrameError, OpCode};

/// Which side of the connection receives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Frames from the server must not be masked (RFC 6455 section 5.1).
    Client,
    /// Frames from the client must be masked (RFC 6455 section 5.1).
    Server,
}

/// A whole message or control frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// Bytes.
    Binary(Bytes),
    /// The close frame.
    Close(CloseReason),
    /// A ping and what it carries.
    Ping(Bytes),
    /// A pong and what it carries.
    Pong(Bytes),
    /// Text.
    Text(Utf8Bytes),
}

/// A rule of RFC 6455 or RFC 7692 that the peer broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// RFC 6455 section 7.4.
    #[error("close code {0} must not stand in a close frame")]
    CloseCodeNotAllowed(u16),
    /// RFC 6455 section 5.5.1.
    #[error("close frame carries a single byte")]
    ClosePayloadOfOneByte,
    /// RFC 6455 section 5.4.
    #[error("continuation frame without a message under way")]
    ContinuationOfNothing,
    /// RFC 6455 section 5.5.
    #[error("control frame is fragmented")]
    ControlFrameFragmented,
    /// RFC 6455 section 5.5.
    #[error("control frame carries {0} bytes, more than 125")]
    ControlFrameTooLong(usize),
    /// RFC 7692 section 7.2.
    #[error("compressed message can't be inflated")]
    DeflateData,
    /// RFC 6455 section 5.2.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// RFC 6455 section 5.1.
    #[error("frame from the server is masked")]
    MaskedFrame,
    /// A message over this side's limit.
    #[error("message exceeds the limit of {limit} bytes")]
    MessageTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// RFC 6455 section 5.4.
    #[error("a message starts before the one under way has ended")]
    MessageInsideMessage,
    /// RFC 6455 section 8.1.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// RFC 6455 section 5.2.
    #[error("reserved bits {0:#05b} are set without an extension that uses them")]
    ReservedBits(u8),
    /// RFC 6455 section 5.2.
    #[error("opcode {0:#x} is reserved")]
    ReservedOpCode(u8),
    /// RFC 6455 section 5.1.
    #[error("frame from the client is not masked")]
    UnmaskedFrame,
}

/// Puts fragments together and holds every frame against the rules.
#[derive(Debug)]
pub struct MessageAssembler {
    role: Role,
    max_message: usize,
    deflate: Option<Deflate>,
    under_way: Option<UnderWay>,
}

/// A message of which the first fragments have arrived.
#[derive(Debug)]
struct UnderWay {
    text: bool,
    compressed: bool,
    payload: BytesMut,
    /// Bytes at the front of `payload` that are known to be UTF-8.
    checked: usize,
}

impl MessageAssembler {
    /// An assembler for the side `role` that takes messages of at most `max_message` bytes.
    ///
    /// With `deflate`, a message whose first frame has RSV1 set is inflated (RFC 7692 section 6.2).
    pub fn new(role: Role, max_message: usize, deflate: Option<Deflate>) -> Self {
        Self {
            role,
            max_message,
            deflate,
            under_way: None,
        }
    }

    /// Bytes that one frame may have: where messages are compressed, one at the limit can be larger on
    /// the wire than it is.
    pub fn max_frame(&self) -> usize {
        match &self.deflate {
            Some(_) => Deflate::compressed_bound(self.max_message),
            None => self.max_message,
        }
    }

    /// Takes the next frame; gives the message that it completes.
    ///
    /// # Errors
    ///
    /// The rule that the frame breaks. The connection must be failed then (RFC 6455 section 7.1.7).
    pub fn push(&mut self, frame: Frame) -> Result<Option<Message>, PeerMisbehaved> {
        match (self.role, frame.mask) {
            (Role::Client, Some(_)) => return Err(PeerMisbehaved::MaskedFrame),
            (Role::Server, None) => return Err(PeerMisbehaved::UnmaskedFrame),
            (Role::Client, None) | (Role::Server, Some(_)) => {}
        }
        if let OpCode::Reserved(code) = frame.opcode {
            return Err(PeerMisbehaved::ReservedOpCode(code));
        }
        // RSV1 marks a compressed message, on its first frame only (RFC 7692 section 6.1).
        let starts_message = matches!(frame.opcode, OpCode::Text | OpCode::Binary);
        let compressed = frame.rsv == 0b100 && self.deflate.is_some() && starts_message;
        if frame.rsv != 0 && !compressed {
            return Err(PeerMisbehaved::ReservedBits(frame.rsv));
        }
        if frame.opcode.is_control() {
            return control(frame).map(Some);
        }
        if starts_message && self.under_way.is_some() {
            return Err(PeerMisbehaved::MessageInsideMessage);
        }
        let text = frame.opcode == OpCode::Text;
        let mut message = match self.under_way.take() {
            Some(under_way) => under_way,
            None if !starts_message => return Err(PeerMisbehaved::ContinuationOfNothing),
            None if frame.fin => return self.whole(frame.payload, text, compressed).map(Some),
            None => UnderWay {
                text,
                compressed,
                payload: BytesMut::new(),
                checked: 0,
            },
        };
        let limit = if message.compressed {
            Deflate::compressed_bound(self.max_message)
        } else {
            self.max_message
        };
        if message.payload.len() + frame.payload.len() > limit {
            return Err(PeerMisbehaved::MessageTooLarge {
                limit: self.max_message,
            });
        }
        message.payload.extend_from_slice(&frame.payload);
        if frame.fin {
            let payload = message.payload.freeze();
            return self
                .whole(payload, message.text, message.compressed)
                .map(Some);
        }
        if message.text && !message.compressed {
            message.check_utf8()?;
        }
        self.under_way = Some(message);
        Ok(None)
    }

    fn whole(
        &mut self,
        payload: Bytes,
        text: bool,
        compressed: bool,
    ) -> Result<Message, PeerMisbehaved> {
        let payload = match self.deflate.as_mut().filter(|_| compressed) {
            Some(deflate) => deflate.decompress(&payload, self.max_message)?,
            None => payload,
        };
        if payload.len() > self.max_message {
            return Err(PeerMisbehaved::MessageTooLarge {
                limit: self.max_message,
            });
        }
        if !text {
            return Ok(Message::Binary(payload));
        }
        Utf8Bytes::try_from(payload)
            .map(Message::Text)
            .map_err(|_| PeerMisbehaved::NotUtf8)
    }
}

impl UnderWay {
    /// Fails as soon as no continuation could make the text UTF-8 (RFC 6455 section 8.1).
    fn check_utf8(&mut self) -> Result<(), PeerMisbehaved> {
        let fresh = self.payload.get(self.checked..).unwrap_or_default();
        match std::str::from_utf8(fresh) {
            Ok(_) => self.checked = self.payload.len(),
            // A character may be cut at the end of a fragment.
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(PeerMisbehaved::NotUtf8),
        }
        Ok(())
    }
}

fn control(frame: Frame) -> Result<Message, PeerMisbehaved> {
    if !frame.fin {
        return Err(PeerMisbehaved::ControlFrameFragmented);
    }
    if frame.payload.len() > 125 {
        return Err(PeerMisbehaved::ControlFrameTooLong(frame.payload.len()));
    }
    Ok(match frame.opcode {
        OpCode::Ping => Message::Ping(frame.payload),
        OpCode::Pong => Message::Pong(frame.payload),
        _ => Message::Close(CloseReason::decode(&frame.payload)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::websocket::DeflateOffer;

    fn frame(fin: bool, opcode: OpCode, payload: &'static [u8]) -> Frame {
        Frame {
            fin,
            rsv: 0,
            opcode,
            mask: None,
            payload: Bytes::from_static(payload),
        }
    }

    fn assembler() -> MessageAssembler {
        MessageAssembler::new(Role::Client, 10, None)
    }

    #[test]
    fn control_frames_may_stand_between_fragments() {
        let mut assembler = assembler();
        assert_eq!(assembler.push(frame(false, OpCode::Text, b"a")), Ok(None));
        assert_eq!(
            assembler.push(frame(true, OpCode::Ping, b"p")),
            Ok(Some(Message::Ping(Bytes::from_static(b"p"))))
        );
        assert_eq!(
            assembler.push(frame(true, OpCode::Continuation, b"b")),
            Ok(Some(Message::Text("ab".into())))
        );
    }

    #[test]
    fn every_rule_has_its_error() {
        let masked = Frame {
            mask: Some([1; 4]),
            ..frame(true, OpCode::Text, b"")
        };
        assert_eq!(assembler().push(masked), Err(PeerMisbehaved::MaskedFrame));
        let unmasked =
            MessageAssembler::new(Role::Server, 10, None).push(frame(true, OpCode::Text, b""));
        assert_eq!(unmasked, Err(PeerMisbehaved::UnmaskedFrame));
        let reserved = Frame {
            rsv: 0b010,
            ..frame(true, OpCode::Text, b"")
        };
        assert_eq!(
            assembler().push(reserved),
            Err(PeerMisbehaved::ReservedBits(0b010))
        );
        let cases = [
            (
                frame(true, OpCode::Reserved(3), b""),
                PeerMisbehaved::ReservedOpCode(3),
            ),
            (
                frame(true, OpCode::Continuation, b""),
                PeerMisbehaved::ContinuationOfNothing,
            ),
            (
                frame(false, OpCode::Ping, b""),
                PeerMisbehaved::ControlFrameFragmented,
            ),
            (
                frame(true, OpCode::Ping, &[0; 126]),
                PeerMisbehaved::ControlFrameTooLong(126),
            ),
            (frame(true, OpCode::Text, b"\xff"), PeerMisbehaved::NotUtf8),
            (
                frame(true, OpCode::Text, b"12345678901"),
                PeerMisbehaved::MessageTooLarge { limit: 10 },
            ),
            (
                frame(true, OpCode::Close, b"x"),
                PeerMisbehaved::ClosePayloadOfOneByte,
            ),
        ];
        for (frame, error) in cases {
            assert_eq!(assembler().push(frame), Err(error));
        }
        let mut inside = assembler();
        inside.push(frame(false, OpCode::Text, b"a")).unwrap();
        assert_eq!(
            inside.push(frame(true, OpCode::Text, b"b")),
            Err(PeerMisbehaved::MessageInsideMessage)
        );
    }

    /// RFC 7692 sections 6 and 7.2.3.
    #[test]
    fn rsv1_marks_a_compressed_message_on_its_first_frame_only() {
        let deflate = || Some(Deflate::new(Role::Client, &DeflateOffer::default()));
        let compressed = |fin, opcode, payload| Frame {
            rsv: 0b100,
            ..frame(fin, opcode, payload)
        };
        let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
        let whole = compressed(true, OpCode::Text, hello);
        assert_eq!(
            assembler().push(whole.clone()),
            Err(PeerMisbehaved::ReservedBits(0b100))
        );
        let mut assembler = MessageAssembler::new(Role::Client, 10, deflate());
        let text = Ok(Some(Message::Text("Hello".into())));
        assert_eq!(assembler.push(whole), text);
        // Without the bit, a message is not compressed.
        assert_eq!(assembler.push(frame(true, OpCode::Text, b"Hello")), text);
        let first = || compressed(false, OpCode::Text, &hello[..2]);
        assert_eq!(assembler.push(first()), Ok(None));
        let ping = frame(true, OpCode::Ping, b"");
        assert_eq!(assembler.push(ping), Ok(Some(Message::Ping(Bytes::new()))));
        let last = frame(true, OpCode::Continuation, &hello[2..]);
        assert_eq!(assembler.push(last), text);
        for second in [
            compressed(true, OpCode::Continuation, &hello[2..]),
            compressed(true, OpCode::Ping, b""),
        ] {
            let mut assembler = MessageAssembler::new(Role::Client, 10, deflate());
            assert_eq!(assembler.push(first()), Ok(None));
            assert_eq!(
                assembler.push(second),
                Err(PeerMisbehaved::ReservedBits(0b100))
            );
        }
        let mut assembler = MessageAssembler::new(Role::Client, 10, deflate());
        let not_utf8 = compressed(true, OpCode::Text, b"\x00\x01\x00\xfe\xff\xff\x00");
        assert_eq!(assembler.push(not_utf8), Err(PeerMisbehaved::NotUtf8));
    }

    /// Stored blocks take more room than what they hold.
    #[test]
    fn a_message_at_the_limit_may_be_larger_while_it_is_compressed() {
        let limit = 1_000;
        let payload = vec![7; limit];
        let stored = [&[0, 0xe8, 0x03, 0x17, 0xfc][..], &payload, &[0]].concat();
        let negotiated = DeflateOffer::default();
        let deflate = || Some(Deflate::new(Role::Client, &negotiated));
        let mut assembler = MessageAssembler::new(Role::Client, limit, deflate());
        assert!(stored.len() > limit && stored.len() <= assembler.max_frame());
        let compressed = Frame {
            rsv: 0b100,
            ..Frame::binary(stored)
        };
        assert_eq!(
            assembler.push(compressed),
            Ok(Some(Message::Binary(payload.into())))
        );
        let plain = MessageAssembler::new(Role::Client, limit, None);
        assert_eq!(plain.max_frame(), limit);
    }

    #[test]
    fn utf8_is_checked_as_early_as_can_be_and_not_earlier() {
        let mut cut = assembler();
        assert_eq!(cut.push(frame(false, OpCode::Text, b"\xe2\x82")), Ok(None));
        assert_eq!(
            cut.push(frame(true, OpCode::Continuation, b"\xac")),
            Ok(Some(Message::Text("\u{20ac}".into())))
        );
        let mut wrong = assembler();
        assert_eq!(
            wrong.push(frame(false, OpCode::Text, b"a\xff")),
            Err(PeerMisbehaved::NotUtf8)
        );
    }
}
