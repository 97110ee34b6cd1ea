//! Joins frames to messages and checks the rules of RFC 6455 sections 5.1 to 5.5 and 8.1.

use bytes::{Bytes, BytesMut};

use super::{
    super::Utf8Bytes, CloseReason, Deflate, Frame, OpCode, PeerMisbehaved, Role,
    frame::IncompleteFrame, utf8::Utf8Check,
};

/// The limit on the fragments of one message. RFC 6455 section 5.4 sets no limit. Without one, a peer could send empty
/// fragments for ever, and the message would never reach the size limit.
const FRAGMENTS: usize = 1 << 17;

/// A complete message or a control frame.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// A binary message.
    Binary(Bytes),
    /// A close frame.
    Close(CloseReason),
    /// A ping with its payload.
    Ping(Bytes),
    /// A pong with its payload.
    Pong(Bytes),
    /// A text message.
    Text(Utf8Bytes),
}

/// Joins fragments to messages and checks every frame against the rules of RFC 6455.
#[derive(Debug)]
pub struct MessageAssembler {
    role: Role,
    max_message: usize,
    deflate: Option<Deflate>,
    partial: Option<PartialMessage>,
    early: Option<EarlyCheck>,
}

/// The check of the text in a frame that has not arrived completely.
#[derive(Debug)]
struct EarlyCheck {
    text: Utf8Check,
    /// The number of bytes of the frame's payload that have been checked.
    checked: usize,
}

/// A message whose last fragment has not arrived yet.
#[derive(Debug)]
struct PartialMessage {
    text: bool,
    compressed: bool,
    payload: BytesMut,
    /// The number of fragments.
    fragments: usize,
    /// The number of bytes at the start of `payload` that are valid UTF-8.
    valid_utf8: usize,
}

impl MessageAssembler {
    /// Creates an assembler for the side `role` that accepts messages of at most `max_message` bytes.
    ///
    /// With `deflate`, the assembler inflates a message whose first frame has RSV1 set (RFC 7692
    /// section 6.2).
    pub fn new(role: Role, max_message: usize, deflate: Option<Deflate>) -> Self {
        Self {
            role,
            max_message,
            deflate,
            partial: None,
            early: None,
        }
    }

    /// Checks the text in a frame that has not arrived completely, so that a text that can't become valid is refused
    /// before its last byte. `received` is the start of the frame.
    ///
    /// # Errors
    ///
    /// Returns [`PeerMisbehaved::NotUtf8`] if no further bytes could make the text valid (RFC 6455 section 8.1).
    pub fn check_incomplete(&mut self, received: &[u8]) -> Result<(), PeerMisbehaved> {
        let Some(frame) = IncompleteFrame::parse(received) else {
            return Ok(());
        };
        let is_text = match (frame.opcode, &self.partial) {
            (OpCode::Text, None) => frame.rsv == 0,
            (OpCode::Continuation, Some(partial)) => partial.text && !partial.compressed,
            _ => false,
        };
        if !is_text {
            return Ok(());
        }
        let mut early = match self.early.take() {
            Some(early) => early,
            None => EarlyCheck::after(self.partial.as_ref())?,
        };
        let piece = frame.unmasked_from(early.checked);
        early.checked += piece.len();
        early.text.push(&piece)?;
        self.early = Some(early);
        Ok(())
    }

    /// Returns the largest allowed payload of one frame.
    ///
    /// A compressed frame can be larger than the limit on messages, because compression can make a message longer.
    pub fn max_frame(&self) -> usize {
        match &self.deflate {
            Some(_) => Deflate::compressed_bound(self.max_message),
            None => self.max_message,
        }
    }

    /// Returns the number of bytes that have arrived of a message whose last fragment is missing.
    pub fn held(&self) -> usize {
        self.partial
            .as_ref()
            .map_or(0, |message| message.payload.len())
    }

    /// Adds the next frame. Returns a message if the frame completes one.
    ///
    /// # Errors
    ///
    /// Returns the rule that the frame breaks. The caller has to fail the connection (RFC 6455
    /// section 7.1.7).
    pub fn push(&mut self, frame: Frame) -> Result<Option<Message>, PeerMisbehaved> {
        self.early = None;
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
            return control_message(frame).map(Some);
        }
        if starts_message && self.partial.is_some() {
            return Err(PeerMisbehaved::MessageInsideMessage);
        }
        let text = frame.opcode == OpCode::Text;
        let mut message = match self.partial.take() {
            Some(partial) => partial,
            None if !starts_message => return Err(PeerMisbehaved::ContinuationOfNothing),
            None if frame.fin => return self.complete(frame.payload, text, compressed).map(Some),
            None => PartialMessage::new(text, compressed),
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
        message.fragments += 1;
        if message.fragments > FRAGMENTS {
            return Err(PeerMisbehaved::TooManyFragments { limit: FRAGMENTS });
        }
        message.payload.extend_from_slice(&frame.payload);
        if frame.fin {
            let payload = message.payload.freeze();
            return self
                .complete(payload, message.text, message.compressed)
                .map(Some);
        }
        if message.text && !message.compressed {
            message.check_utf8()?;
        }
        self.partial = Some(message);
        Ok(None)
    }

    /// Inflates a complete payload if it is compressed, checks it, and returns it as a message.
    fn complete(
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

impl EarlyCheck {
    /// Returns the check of the next frame. It starts with the incomplete character at the end of the fragments in
    /// `partial`.
    fn after(partial: Option<&PartialMessage>) -> Result<Self, PeerMisbehaved> {
        let mut text = Utf8Check::default();
        if let Some(partial) = partial {
            text.push(
                partial
                    .payload
                    .get(partial.valid_utf8..)
                    .unwrap_or_default(),
            )?;
        }
        Ok(Self { text, checked: 0 })
    }
}

impl PartialMessage {
    fn new(text: bool, compressed: bool) -> Self {
        Self {
            text,
            compressed,
            payload: BytesMut::new(),
            fragments: 0,
            valid_utf8: 0,
        }
    }

    /// Fails if no further bytes could make the text valid UTF-8 (RFC 6455 section 8.1).
    fn check_utf8(&mut self) -> Result<(), PeerMisbehaved> {
        let unchecked = self.payload.get(self.valid_utf8..).unwrap_or_default();
        match std::str::from_utf8(unchecked) {
            Ok(_) => self.valid_utf8 = self.payload.len(),
            // A fragment may end inside a character.
            Err(error) if error.error_len().is_none() => self.valid_utf8 += error.valid_up_to(),
            Err(_) => return Err(PeerMisbehaved::NotUtf8),
        }
        Ok(())
    }
}

fn control_message(frame: Frame) -> Result<Message, PeerMisbehaved> {
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
    fn control_frames_are_allowed_between_fragments() {
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
    fn each_broken_rule_has_its_own_error() {
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

    #[test]
    fn a_message_has_a_limited_number_of_fragments() {
        let mut assembler = assembler();
        assembler.push(frame(false, OpCode::Text, b"")).unwrap();
        let empty = || frame(false, OpCode::Continuation, b"");
        for _ in 1..FRAGMENTS {
            assert_eq!(assembler.push(empty()), Ok(None));
        }
        let error = PeerMisbehaved::TooManyFragments { limit: FRAGMENTS };
        assert_eq!(assembler.push(empty()), Err(error));
    }

    /// Tests rules and examples of RFC 7692, sections 6 and 7.2.3: RSV1 marks a compressed message.
    #[test]
    fn only_the_first_frame_of_a_compressed_message_has_rsv1() {
        let deflate = || Some(Deflate::new(Role::Client, &DeflateOffer::default()));
        let compressed = |fin, opcode, payload| Frame {
            rsv: 0b100,
            ..frame(fin, opcode, payload)
        };
        let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
        let complete = compressed(true, OpCode::Text, hello);
        assert_eq!(
            assembler().push(complete.clone()),
            Err(PeerMisbehaved::ReservedBits(0b100))
        );
        let mut assembler = MessageAssembler::new(Role::Client, 10, deflate());
        let text = Ok(Some(Message::Text("Hello".into())));
        assert_eq!(assembler.push(complete), text);
        // Without RSV1 on its first frame, a message is not compressed.
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

    /// A compressed message can consist of stored (uncompressed) blocks, which are larger than their content. So it can
    /// be longer than the limit on messages.
    #[test]
    fn a_compressed_message_may_be_larger_than_the_limit() {
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
    fn invalid_utf8_is_found_early_and_a_split_character_is_allowed() {
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

    /// Gives the bytes to an assembler one by one. Returns the number of bytes after which the assembler refused the
    /// text.
    fn taken_before_refusal(bytes: &[u8]) -> Option<usize> {
        let mut assembler = MessageAssembler::new(Role::Server, 100, None);
        let mut buffer = BytesMut::new();
        bytes.iter().enumerate().find_map(|(at, byte)| {
            buffer.extend_from_slice(&[*byte]);
            let refused = match Frame::decode(&mut buffer, 100).unwrap() {
                Some(frame) => assembler.push(frame).is_err(),
                None => assembler.check_incomplete(&buffer).is_err(),
            };
            refused.then_some(at + 1)
        })
    }

    /// The cases 6.4.3 and 6.4.4 of the Autobahn test suite: the bytes of one frame arrive in pieces.
    #[test]
    fn invalid_utf8_is_refused_within_its_frame() {
        let masked = |fin, opcode, payload: &'static [u8]| {
            let mut bytes = BytesMut::new();
            let mask = Some([0x21, 0x43, 0x65, 0x87]);
            Frame {
                mask,
                ..frame(fin, opcode, payload)
            }
            .encode(&mut bytes);
            bytes
        };
        let wrong = masked(true, OpCode::Text, b"\xce\xba\xf4\x90\x80\x80edited");
        assert_eq!(taken_before_refusal(&wrong), Some(6 + 4));
        let start = masked(false, OpCode::Text, b"ab\xf4");
        let ping = masked(true, OpCode::Ping, b"\xff");
        let rest = masked(true, OpCode::Continuation, b"\x90\x80\x80edited");
        let before = start.len() + ping.len();
        let fragments = [start, ping, rest].concat();
        assert_eq!(taken_before_refusal(&fragments), Some(before + 6 + 1));
        let binary = masked(true, OpCode::Binary, b"\xff\xff");
        let right = masked(true, OpCode::Text, "\u{20ac}\u{10ffff}".as_bytes());
        assert_eq!(taken_before_refusal(&[binary, right].concat()), None);
    }
}
