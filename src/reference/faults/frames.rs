//! Frames and messages from clients (RFC 6455 sections 5.1 to 5.6 and 8.1).

use std::{
    collections::VecDeque,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::{deflate::Inflater, topic::faults};
use crate::{clock, 
    reference::FaultSet,
    wire::websocket::{CloseReason, DeflateOffer, Frame, FrameError, Message, OpCode},
};

/// How long after the 101 a receiver that is attached late hears nothing.
const DEAF: Duration = Duration::from_millis(500);

faults!(FrameFault {
    BadSkipped = "bad-frames-skipped": "Frames that break a rule are skipped, and the connection goes on.";
    BinaryUtf8Checked = "binary-utf8-checked": "Binary messages must be UTF-8.";
    CloseCodePrivateRefused = "close-code-private-refused": "Close codes from 4000 on are refused.";
    CloseCodeReservedEchoed = "close-code-reserved-echoed": "A close code that may not be sent is echoed.";
    CloseCodeUnassignedIgnored = "close-code-unassigned-ignored": "A close frame with a code that nobody has given a meaning gets no reaction.";
    CloseOneByteAccepted = "close-one-byte-accepted": "A close frame with one byte is a normal close.";
    CloseReasonUtf8Unchecked = "close-reason-utf8-unchecked": "A close reason that is no UTF-8 is a normal close.";
    ControlDelayed = "control-delayed-until-message-end": "A ping between fragments is answered when the message is whole.";
    DataAfterCloseHandled = "data-after-close-handled": "Frames behind a close frame are still handled.";
    EarlyLost = "frames-before-open-packet-lost": "Frames that come within half a second of the 101 are lost.", seen "receivers attached after an asynchronous step";
    FragmentedControlAccepted = "fragmented-control-accepted": "FIN is not looked at on control frames.";
    FragmentsCheckedAlone = "text-fragments-checked-alone": "Every fragment of a text must be UTF-8 by itself.";
    FragmentsSeparate = "fragments-delivered-separately": "Each fragment is a message.";
    HalfCloseIgnored = "half-close-ignored": "A client whose side of the stream has ended is kept.";
    InterleavedAccepted = "interleaved-message-accepted": "A message that begins inside another is appended to it.";
    InterleavedTakesOver = "interleaved-message-takes-over": "A message that begins inside another takes its fragments for its own.";
    InvalidUtf8Accepted = "invalid-utf8-accepted": "Text that is no UTF-8 is repaired.";
    InvalidUtf8FragmentsAccepted = "invalid-utf8-fragments-accepted": "Text in fragments that is no UTF-8 is repaired when it is whole.";
    LengthFormHangs = "frame-length-form-hangs": "A length in a longer form than it needs is read as one without end.";
    LengthMisread = "frame-length-misread": "Frames of 125, 126, 65535 or 65536 bytes are read one byte short.";
    LengthUnbounded = "frame-length-unbounded": "A frame of any announced length is waited for.", seen "CVE-2016-10542";
    LongControlAccepted = "long-control-frame-accepted": "A control frame of more than 125 bytes is answered.";
    NeedOneRead = "frames-need-one-read": "A frame that does not come in one read fails the connection.";
    OneAtATime = "one-frame-per-read": "Of several frames in one read only the first is handled.";
    OrphanAccepted = "orphan-continuation-accepted": "A continuation of nothing begins a message.";
    PongCloses = "pong-frame-closes": "A pong frame that answers no ping fails the connection.";
    ReservedBitsIgnored = "reserved-bits-ignored": "Reserved bits are not looked at.";
    ReservedOpCodeIgnored = "reserved-opcode-ignored": "Frames with a reserved opcode are skipped.";
    UnmaskedAccepted = "unmasked-frame-accepted": "Frames without a mask are handled.";
});

/// What stands between the decoder and the rules: frames as defects would have them.
///
/// A stream has one only where faults are on.
#[derive(Debug)]
pub(in crate::reference) struct Tamper {
    faults: FaultSet,
    born: Instant,
    under_way: Option<UnderWay>,
    /// Fragments for whoever comes next.
    gathered: Option<(OpCode, BytesMut)>,
    held: VecDeque<Frame>,
    reserved_close: Option<Bytes>,
    /// Whether everything that comes is taken for the payload of one endless frame.
    endless: bool,
    inflater: Option<Inflater>,
    fragments: usize,
    pings: usize,
}

/// What a message under way is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum UnderWay {
    Binary,
    /// Text that goes to the rules as bytes, to be repaired when it is whole.
    Disguised,
    Text,
}

impl Tamper {
    /// What these faults need, on a connection with or without compression.
    pub(in crate::reference) fn new(
        faults: &FaultSet,
        deflate: Option<&DeflateOffer>,
    ) -> Option<Box<Self>> {
        (!faults.is_empty()).then(|| {
            Box::new(Self {
                faults: faults.clone(),
                born: clock::now(),
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

    /// Fragments of the message under way.
    pub(in crate::reference) fn fragments(&self) -> usize {
        self.fragments
    }

    /// Pings that came so far.
    pub(in crate::reference) fn pings(&self) -> usize {
        self.pings
    }

    /// The end of the client's side of the stream is the end (RFC 6455 section 7.1.4).
    pub(in crate::reference) fn outlives_client(&self) -> bool {
        self.has(FrameFault::HalfCloseIgnored)
    }

    /// Bytes that a close frame is answered with in place of the right ones.
    pub(in crate::reference) fn reserved_close(&self) -> Option<Bytes> {
        self.reserved_close.clone()
    }

    /// Whether what was read is of no use any more; takes it then.
    pub(in crate::reference) fn swallows(&mut self, incoming: &mut BytesMut) -> bool {
        if self.endless {
            incoming.clear();
        }
        self.endless
    }

    /// Bytes that are no frame fail the connection; returns whether they are waited out instead.
    pub(in crate::reference) fn bears(&mut self, error: &FrameError) -> bool {
        let too_long = !matches!(error, FrameError::LengthNotMinimal { .. });
        let bears = self.has(FrameFault::BadSkipped)
            || (self.has(FrameFault::LengthUnbounded) && too_long)
            || (self.has(FrameFault::LengthFormHangs) && !too_long);
        self.endless = bears;
        bears
    }

    /// A frame that breaks a rule fails the connection.
    pub(in crate::reference) fn skips_bad_frames(&self) -> bool {
        self.has(FrameFault::BadSkipped)
    }

    /// A frame that is not there yet is waited for.
    pub(in crate::reference) fn incomplete(
        &mut self,
        incoming: &BytesMut,
    ) -> Result<Option<Frame>, FrameError> {
        if self.has(FrameFault::NeedOneRead) && !incoming.is_empty() {
            let length = incoming.len() as u64;
            return Err(FrameError::LengthOutOfRange { length });
        }
        Ok(self.released(true))
    }

    /// All frames of a read are handled.
    pub(in crate::reference) fn decoded(&self, incoming: &mut BytesMut) {
        if self.has(FrameFault::OneAtATime) {
            incoming.clear();
        }
    }

    /// A frame as it goes on to the rules; `None` where it goes no further for now.
    pub(in crate::reference) fn received(&mut self, mut frame: Frame) -> Option<Frame> {
        self.fragments = match (frame.opcode, frame.fin) {
            (OpCode::Continuation, false) => self.fragments + 1,
            (OpCode::Continuation | OpCode::Text | OpCode::Binary, _) => 0,
            _ => self.fragments,
        };
        self.pings += usize::from(frame.opcode == OpCode::Ping);
        if let Some(inflater) = &mut self.inflater {
            frame = inflater.received(frame)?;
        }
        if self.has(FrameFault::EarlyLost) && self.born.elapsed() < DEAF {
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
            self.control(frame)
        } else if self.has(FrameFault::InterleavedTakesOver) {
            self.gathered(frame)
        } else {
            Some(self.data(frame))
        }
    }

    /// A frame that was held back, once its time has come.
    pub(in crate::reference) fn released(&mut self, buffer_empty: bool) -> Option<Frame> {
        let due = match self.held.front()?.opcode {
            OpCode::Close => buffer_empty,
            _ => self.under_way.is_none(),
        };
        due.then(|| self.held.pop_front())?
    }

    /// A whole message as it goes on to Engine.IO.
    pub(in crate::reference) fn whole(&mut self, message: Message) -> Message {
        match message {
            Message::Binary(bytes) if self.under_way == Some(UnderWay::Disguised) => {
                self.under_way = None;
                Message::Text(String::from_utf8_lossy(&bytes).into_owned().into())
            }
            message => message,
        }
    }

    fn control(&mut self, mut frame: Frame) -> Option<Frame> {
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
            frame.payload = self.close_payload(frame.payload);
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

    fn close_payload(&mut self, payload: Bytes) -> Bytes {
        match CloseReason::decode(&payload) {
            Ok(reason) => {
                let private = reason.code.is_some_and(|code| code.0 >= 4000);
                if private && self.has(FrameFault::CloseCodePrivateRefused) {
                    // 1005 may not be sent, so that the rules refuse it.
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

    fn data(&mut self, mut frame: Frame) -> Frame {
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
        self.fragment(&mut frame, not_utf8);
        frame
    }

    /// All fragments that there are, as one message of the kind that began last.
    fn gathered(&mut self, frame: Frame) -> Option<Frame> {
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

    fn fragment(&mut self, frame: &mut Frame, not_utf8: bool) {
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

/// Whether a close frame's code is one to which no standard gives a meaning that RFC 6455 knows (section 7.4.2).
fn is_unassigned(payload: &[u8]) -> bool {
    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
    matches!(code, Some(1012..=1014 | 5000..))
}
/// Whether what was handled behind a close frame is answered before the connection ends.
pub(in crate::reference) fn answers_behind_close(faults: &FaultSet) -> bool {
    faults.has(FrameFault::DataAfterCloseHandled)
}
