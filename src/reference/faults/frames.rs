//! Faults in the handling of WebSocket frames and messages from clients (RFC 6455 sections 5.1 to
//! 5.6 and 8.1).

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::{deflate::Inflater, topic::faults};
use crate::{
    clock,
    reference::FaultSet,
    wire::websocket::{CloseReason, DeflateOffer, Frame, FrameError, Message, OpCode},
};

/// How long after the 101 response the fault `frames-before-open-packet-lost` drops frames.
const EARLY_PERIOD: Duration = Duration::from_millis(500);

faults!(FrameFault {
    BadSkipped = "bad-frames-skipped": "When a client sends an invalid WebSocket frame, the server ignores the frame, where it has to close the connection.";
    BinaryUtf8Checked = "binary-utf8-checked": "When a client's binary message is not valid UTF-8, the server closes the connection, although bytes may have any value.";
    CloseCodePrivateRefused = "close-code-private-refused": "When a client sends a close frame with a code from 4000 on, the server treats the code as invalid, although applications may use it.";
    CloseCodeReservedEchoed = "close-code-reserved-echoed": "When a client sends a close frame with a forbidden code, such as 1005, the server answers with the same code.";
    CloseCodeUnassignedIgnored = "close-code-unassigned-ignored": "When a client sends a close frame with a code that RFC 6455 does not define, the server ignores the frame and keeps the connection.";
    CloseOneByteAccepted = "close-one-byte-accepted": "The server accepts a close frame whose payload is one byte, which is too short for a close code.";
    CloseReasonUtf8Unchecked = "close-reason-utf8-unchecked": "The server accepts a close frame whose reason is not valid UTF-8.";
    ControlDelayed = "control-delayed-until-message-end": "When a ping arrives between the fragments of a message, the server answers it only after the message is complete.";
    DataAfterCloseHandled = "data-after-close-handled": "The server handles frames that a client sends after its close frame.";
    EarlyLost = "frames-before-open-packet-lost": "The server drops the frames that a client sends within 500 ms after the 101 response.", seen "receivers attached after an asynchronous step";
    FragmentedControlAccepted = "fragmented-control-accepted": "The server accepts fragmented control frames (frames without the FIN bit).";
    FragmentsCheckedAlone = "text-fragments-checked-alone": "The server requires valid UTF-8 in each fragment of a text message, although a character may be split between two fragments.";
    FragmentsSeparate = "fragments-delivered-separately": "The server handles each fragment of a message as a message of its own.";
    HalfCloseIgnored = "half-close-ignored": "When a client has closed its side of the TCP stream, the server keeps the connection open.";
    InterleavedAccepted = "interleaved-message-accepted": "When a message starts before another one is complete, the server appends the second message to the first.";
    InterleavedTakesOver = "interleaved-message-takes-over": "When a message starts before another one is complete, the server puts the fragments of the first message into the second.";
    InvalidUtf8Accepted = "invalid-utf8-accepted": "When a client's text message is not valid UTF-8, the server replaces the invalid bytes and handles the message, where it has to close the connection.";
    InvalidUtf8FragmentsAccepted = "invalid-utf8-fragments-accepted": "When a client's fragmented text message is not valid UTF-8, the server replaces the invalid bytes and handles the message, where it has to close the connection.";
    LengthFormHangs = "frame-length-form-hangs": "When the length in a frame is not written in the shortest form, the server waits for ever, where it has to close the connection.";
    LengthMisread = "frame-length-misread": "The server loses the last byte of frames with a payload of 125, 126, 65535 or 65536 bytes.";
    LengthUnbounded = "frame-length-unbounded": "When a frame announces a payload above maxPayload, the server waits for all of it, where it has to close the connection.", seen "CVE-2016-10542";
    LongControlAccepted = "long-control-frame-accepted": "The server accepts control frames with a payload of more than 125 bytes, where it has to close the connection.";
    NeedOneRead = "frames-need-one-read": "The server closes the connection if one frame arrives in more than one read of the TCP stream.";
    OneAtATime = "one-frame-per-read": "When one read of the TCP stream returns several frames, the server handles only the first.";
    OrphanAccepted = "orphan-continuation-accepted": "The server treats a continuation frame that belongs to no message as the start of a message.";
    PongCloses = "pong-frame-closes": "When a client sends a WebSocket pong frame that answers no ping, the server closes the connection.";
    ReservedBitsIgnored = "reserved-bits-ignored": "The server accepts frames in which reserved bits are set, where it has to close the connection.";
    ReservedOpCodeIgnored = "reserved-opcode-ignored": "The server ignores frames with a reserved opcode, where it has to close the connection.";
    UnmaskedAccepted = "unmasked-frame-accepted": "The server accepts unmasked frames from clients, where it has to close the connection.";
});

/// Changes a client's frames after they are decoded and before the protocol checks, as the active
/// faults demand.
///
/// A connection has this state only if faults are active.
#[derive(Debug)]
pub(in crate::reference) struct Tamper {
    faults: FaultSet,
    created: Instant,
    under_way: Option<UnderWay>,
    /// For the fault `interleaved-message-takes-over`: the fragments so far, joined, of all
    /// messages whose last fragment is missing.
    gathered: Option<(OpCode, BytesMut)>,
    held: VecDeque<Frame>,
    reserved_close: Option<Bytes>,
    /// Whether the stream treats all further bytes as the payload of a frame that never ends.
    endless: bool,
    inflater: Option<Inflater>,
    fragments: usize,
    pings: usize,
}

/// The type of a message whose last fragment has not arrived.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum UnderWay {
    Binary,
    /// Text that the protocol checks see as binary data, so that they do not check its UTF-8. When
    /// the message is complete, its invalid UTF-8 is replaced.
    Disguised,
    Text,
}

impl Tamper {
    /// Returns the state for one new connection; `None` if no fault is active.
    pub(in crate::reference) fn new(
        faults: &FaultSet,
        deflate: Option<&DeflateOffer>,
    ) -> Option<Box<Self>> {
        (!faults.is_empty()).then(|| {
            Box::new(Self {
                faults: faults.clone(),
                created: clock::now(),
                under_way: None,
                gathered: None,
                held: VecDeque::new(),
                reserved_close: None,
                endless: false,
                fragments: 0,
                pings: 0,
                inflater: deflate.and_then(|_| Inflater::new(faults)),
            })
        })
    }

    /// Returns the number of fragments that have arrived of the unfinished message.
    pub(in crate::reference) fn fragments(&self) -> usize {
        self.fragments
    }

    /// Returns the number of pings that have arrived.
    pub(in crate::reference) fn pings(&self) -> usize {
        self.pings
    }

    /// Returns true if the fault `half-close-ignored` is active. A right server closes when its
    /// client has closed its side (RFC 6455 section 7.1.4).
    pub(in crate::reference) fn keeps_half_closed(&self) -> bool {
        self.has(FrameFault::HalfCloseIgnored)
    }

    /// Returns the payload with which the fault `close-code-reserved-echoed` answers a close frame.
    pub(in crate::reference) fn reserved_close_payload(&self) -> Option<Bytes> {
        self.reserved_close.clone()
    }

    /// Discards the bytes that were read and returns true if the stream is inside a frame that
    /// never ends.
    pub(in crate::reference) fn discards_input(&mut self, incoming: &mut BytesMut) -> bool {
        if self.endless {
            incoming.clear();
        }
        self.endless
    }

    /// Returns true if an active fault makes the server wait for ever after this invalid frame.
    /// Without faults the server fails the connection.
    pub(in crate::reference) fn waits_after(&mut self, error: &FrameError) -> bool {
        let too_long = !matches!(error, FrameError::LengthNotMinimal { .. });
        let waits = self.has(FrameFault::BadSkipped)
            || (self.has(FrameFault::LengthUnbounded) && too_long)
            || (self.has(FrameFault::LengthFormHangs) && !too_long);
        self.endless = waits;
        waits
    }

    /// Returns true if the fault `bad-frames-skipped` is active.
    pub(in crate::reference) fn skips_bad_frames(&self) -> bool {
        self.has(FrameFault::BadSkipped)
    }

    /// Returns a control frame that a fault has delayed, if the server has to handle it now. The
    /// server calls this when the bytes that it has read contain no further complete frame.
    ///
    /// # Errors
    ///
    /// Returns an error if the remaining bytes are an incomplete frame and the fault
    /// `frames-need-one-read` is active.
    pub(in crate::reference) fn handle_incomplete(
        &mut self,
        incoming: &BytesMut,
    ) -> Result<Option<Frame>, FrameError> {
        if self.has(FrameFault::NeedOneRead) && !incoming.is_empty() {
            let length = incoming.len() as u64;
            return Err(FrameError::LengthOutOfRange { length });
        }
        Ok(self.release_at_end())
    }

    /// Discards the rest of a read if the fault `one-frame-per-read` is active.
    pub(in crate::reference) fn discard_rest(&self, incoming: &mut BytesMut) {
        if self.has(FrameFault::OneAtATime) {
            incoming.clear();
        }
    }

    /// Returns the frame to pass to the protocol checks; `None` if a fault drops the frame or
    /// delays it.
    pub(in crate::reference) fn alter_frame(&mut self, mut frame: Frame) -> Option<Frame> {
        self.fragments = match (frame.opcode, frame.fin) {
            (OpCode::Continuation, false) => self.fragments + 1,
            (OpCode::Continuation | OpCode::Text | OpCode::Binary, _) => 0,
            _ => self.fragments,
        };
        self.pings += usize::from(frame.opcode == OpCode::Ping);
        if let Some(inflater) = &mut self.inflater {
            frame = inflater.received(frame)?;
        }
        if self.has(FrameFault::EarlyLost) && self.created.elapsed() < EARLY_PERIOD {
            return None;
        }
        if self.has(FrameFault::UnmaskedAccepted) && frame.mask.is_none() {
            frame.mask = Some([0; 4]);
        }
        if self.has(FrameFault::ReservedBitsIgnored) {
            frame.rsv = 0;
        }
        if self.has(FrameFault::ReservedOpCodeIgnored)
            && matches!(frame.opcode, OpCode::Reserved(_))
        {
            return None;
        }
        let length = frame.payload.len();
        if self.has(FrameFault::LengthMisread) && matches!(length, 125 | 126 | 65_535 | 65_536) {
            frame.payload.truncate(length - 1);
        }
        if frame.opcode.is_control() {
            self.alter_control(frame)
        } else if self.has(FrameFault::InterleavedTakesOver) {
            self.gather_fragments(frame)
        } else {
            Some(self.alter_data(frame))
        }
    }

    /// Returns the oldest control frame that a fault has delayed, if the message that the frame
    /// interrupted is complete. Does not return a close frame.
    pub(in crate::reference) fn release_frame(&mut self) -> Option<Frame> {
        let is_close = self.held.front()?.opcode == OpCode::Close;
        (!is_close && self.under_way.is_none()).then(|| self.held.pop_front())?
    }

    /// Returns the oldest control frame that a fault has delayed, when the bytes that were read
    /// contain no further frame. Unlike [`Tamper::release_frame`], this also returns a close frame.
    fn release_at_end(&mut self) -> Option<Frame> {
        match self.held.front()?.opcode {
            OpCode::Close => self.held.pop_front(),
            _ => self.release_frame(),
        }
    }

    /// Returns a complete message as the active faults change it, before Engine.IO receives it.
    pub(in crate::reference) fn alter_message(&mut self, message: Message) -> Message {
        match message {
            Message::Binary(bytes) if self.under_way == Some(UnderWay::Disguised) => {
                self.under_way = None;
                Message::Text(String::from_utf8_lossy(&bytes).into_owned().into())
            }
            message => message,
        }
    }

    /// Returns the control frame to pass to the protocol checks; `None` if a fault drops the frame
    /// or delays it.
    fn alter_control(&mut self, mut frame: Frame) -> Option<Frame> {
        if self.has(FrameFault::FragmentedControlAccepted) {
            frame.fin = true;
        }
        if self.has(FrameFault::LongControlAccepted) {
            frame.payload.truncate(125);
        }
        if self.has(FrameFault::PongCloses) && frame.opcode == OpCode::Pong {
            frame.opcode = OpCode::Reserved(0xb);
        }
        if frame.opcode == OpCode::Close {
            if self.has(FrameFault::CloseCodeUnassignedIgnored) && is_unassigned(&frame.payload) {
                return None;
            }
            frame.payload = self.alter_close_payload(frame.payload);
            if self.has(FrameFault::DataAfterCloseHandled) && frame.mask.is_some() {
                self.held.push_back(frame);
                return None;
            }
        }
        if self.has(FrameFault::ControlDelayed)
            && self.under_way.is_some()
            && frame.opcode == OpCode::Ping
        {
            self.held.push_back(frame);
            return None;
        }
        Some(frame)
    }

    fn alter_close_payload(&mut self, payload: Bytes) -> Bytes {
        match CloseReason::decode(&payload) {
            Ok(reason) => {
                let private = reason.code.is_some_and(|code| code.0 >= 4000);
                if private && self.has(FrameFault::CloseCodePrivateRefused) {
                    // No peer may send the close code 1005, so the protocol checks refuse this
                    // payload.
                    return Bytes::from_static(&[0x03, 0xed]);
                }
                payload
            }
            Err(_) if payload.len() == 1 && self.has(FrameFault::CloseOneByteAccepted) => {
                Bytes::new()
            }
            Err(_) if payload.len() > 1 => {
                let (code, reason) = payload.split_at(2);
                let code_is_good = CloseReason::decode(code).is_ok();
                let reason_is_good = std::str::from_utf8(reason).is_ok();
                if !reason_is_good && code_is_good && self.has(FrameFault::CloseReasonUtf8Unchecked)
                {
                    return payload.slice(..2);
                }
                if !code_is_good && self.has(FrameFault::CloseCodeReservedEchoed) {
                    self.reserved_close = Some(payload);
                    return Bytes::from_static(&[0x03, 0xe8]);
                }
                payload
            }
            Err(_) => payload,
        }
    }

    fn alter_data(&mut self, mut frame: Frame) -> Frame {
        let starts = frame.opcode != OpCode::Continuation;
        if starts && self.under_way.is_some() && self.has(FrameFault::InterleavedAccepted) {
            frame.opcode = OpCode::Continuation;
        }
        if !starts && self.under_way.is_none() && self.has(FrameFault::OrphanAccepted) {
            frame.opcode = OpCode::Text;
        }
        if self.has(FrameFault::FragmentsSeparate) {
            frame.fin = true;
            if frame.opcode == OpCode::Continuation {
                frame.opcode = OpCode::Text;
            }
        }
        let not_utf8 = std::str::from_utf8(&frame.payload).is_err();
        if frame.fin
            && frame.opcode == OpCode::Text
            && not_utf8
            && self.has(FrameFault::InvalidUtf8Accepted)
        {
            let repaired = String::from_utf8_lossy(&frame.payload).into_owned();
            frame.payload = Bytes::from(repaired);
        }
        if frame.fin
            && frame.opcode == OpCode::Binary
            && not_utf8
            && self.has(FrameFault::BinaryUtf8Checked)
        {
            frame.opcode = OpCode::Text;
        }
        self.alter_fragment(&mut frame, not_utf8);
        frame
    }

    /// Joins the fragments of all unfinished messages and returns them as one message. This message
    /// is text or binary like the message that started last.
    fn gather_fragments(&mut self, frame: Frame) -> Option<Frame> {
        let (kind, payload) = self
            .gathered
            .get_or_insert_with(|| (frame.opcode, BytesMut::new()));
        if frame.opcode != OpCode::Continuation {
            *kind = frame.opcode;
        }
        payload.extend_from_slice(&frame.payload);
        if !frame.fin {
            return None;
        }
        let (opcode, payload) = self.gathered.take()?;
        Some(Frame {
            opcode,
            payload: payload.freeze(),
            ..frame
        })
    }

    fn alter_fragment(&mut self, frame: &mut Frame, not_utf8: bool) {
        let kind = match frame.opcode {
            OpCode::Text => Some(UnderWay::Text),
            OpCode::Binary => Some(UnderWay::Binary),
            _ => self.under_way,
        };
        if self.has(FrameFault::FragmentsCheckedAlone) && kind == Some(UnderWay::Text) && not_utf8 {
            frame.payload = Bytes::from_static(&[0xff]);
        }
        let disguises = frame.opcode == OpCode::Text && !frame.fin;
        self.under_way = if disguises && self.has(FrameFault::InvalidUtf8FragmentsAccepted) {
            frame.opcode = OpCode::Binary;
            Some(UnderWay::Disguised)
        } else if frame.fin && kind != Some(UnderWay::Disguised) {
            None
        } else {
            kind
        };
    }

    fn has(&self, fault: FrameFault) -> bool {
        self.faults.has(fault)
    }
}

/// Returns true if a close frame with this payload has a code from 1012 to 1014, which RFC 6455
/// does not define, or from 5000 on, which is outside the ranges of its section 7.4.2.
fn is_unassigned(payload: &[u8]) -> bool {
    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
    matches!(code, Some(1012..=1014 | 5000..))
}

impl FaultSet {
    /// Returns true if the fault `data-after-close-handled` is active, so that answers to frames
    /// after a close frame are still sent.
    pub(in crate::reference) fn answers_behind_close(&self) -> bool {
        self.has(FrameFault::DataAfterCloseHandled)
    }
}
