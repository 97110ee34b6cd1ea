//! Frames and messages (RFC 6455 sections 5 to 8; Engine.IO v4, "WebSocket").

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::table::defects;
use crate::{
    reference::FaultSet,
    wire::{
        engine_io::{Packet, PacketData, PacketType},
        websocket::{CloseReason, Frame, LengthEncoding, OpCode, RawFrame},
    },
};

defects!(WebSocket at 19 {
    BinaryUtf8Checked = "binary-utf8-checked": "Binary messages must be UTF-8.";
    CloseCodeReservedEchoed = "close-code-reserved-echoed": "A close code that may not be sent is echoed.";
    CloseOneByteAccepted = "close-one-byte-accepted": "A close frame with one byte is a normal close.";
    CloseReasonUtf8Unchecked = "close-reason-utf8-unchecked": "A close reason that is no UTF-8 is a normal close.";
    CloseUnanswered = "close-unanswered": "A close frame is answered by the end of the connection only.";
    ControlDelayed = "control-delayed-until-message-end": "A ping between fragments is answered when the message is whole.";
    DataAfterCloseHandled = "data-after-close-handled": "Frames behind a close frame are still handled.";
    FragmentedControlAccepted = "fragmented-control-accepted": "FIN is not looked at on control frames.";
    FragmentsSeparate = "fragments-delivered-separately": "Each fragment is a message.";
    InterleavedAccepted = "interleaved-message-accepted": "A message that begins inside another is appended to it.";
    InvalidPacketIgnored = "invalid-engine-packet-ignored": "A text that is no packet is skipped.", seen "python-engineio 4.15.1";
    InvalidUtf8Accepted = "invalid-utf8-accepted": "Text that is no UTF-8 is repaired.";
    LengthBoundary = "length-boundary-off-by-one": "Payloads of about 126 and about 65536 bytes are announced as one byte less.";
    LengthNotMinimal = "length-not-minimal": "Short lengths are written in 16 bits.";
    LongControlAccepted = "long-control-frame-accepted": "A control frame of more than 125 bytes is answered.";
    MasksFrames = "server-masks-frames": "The server masks its frames.";
    OrphanAccepted = "orphan-continuation-accepted": "A continuation of nothing begins a message.";
    PingUnanswered = "ping-unanswered": "Ping frames get no pong.";
    PongPayloadDropped = "pong-payload-dropped": "Pong frames are empty.";
    ReservedBitsIgnored = "reserved-bits-ignored": "Reserved bits are not looked at.";
    ReservedOpCodeIgnored = "reserved-opcode-ignored": "Frames with a reserved opcode are skipped.";
    SplitsAtSeparator = "record-separator-splits-frames": "A record separator in a text frame splits it into packets.";
    UnmaskedAccepted = "unmasked-frame-accepted": "Frames without a mask are handled.";
});

/// What stands between the decoder and the rules: frames as defects would have them.
///
/// A stream has one only where faults are on.
#[derive(Debug)]
pub(in crate::reference) struct Tamper {
    faults: FaultSet,
    under_way: bool,
    held: VecDeque<Frame>,
    reserved_close: Option<Bytes>,
}

impl Tamper {
    /// What these faults need.
    pub(in crate::reference) fn new(faults: &FaultSet) -> Option<Box<Self>> {
        (!faults.is_empty()).then(|| {
            Box::new(Self {
                faults: faults.clone(),
                under_way: false,
                held: VecDeque::new(),
                reserved_close: None,
            })
        })
    }

    /// A frame as it goes on to the rules; `None` where it goes no further for now.
    pub(in crate::reference) fn received(&mut self, mut frame: Frame) -> Option<Frame> {
        if self.has(WebSocket::UnmaskedAccepted) && frame.mask.is_none() {
            frame.mask = Some([0; 4]);
        }
        if self.has(WebSocket::ReservedBitsIgnored) {
            frame.rsv = 0;
        }
        if self.has(WebSocket::ReservedOpCodeIgnored) && matches!(frame.opcode, OpCode::Reserved(_))
        {
            return None;
        }
        if frame.opcode.is_control() {
            self.control(frame)
        } else {
            Some(self.data(frame))
        }
    }

    /// A frame that was held back, once its time has come.
    pub(in crate::reference) fn released(&mut self, buffer_empty: bool) -> Option<Frame> {
        let due = match self.held.front()?.opcode {
            OpCode::Close => buffer_empty,
            _ => !self.under_way,
        };
        due.then(|| self.held.pop_front())?
    }

    fn control(&mut self, mut frame: Frame) -> Option<Frame> {
        if self.has(WebSocket::FragmentedControlAccepted) {
            frame.fin = true;
        }
        if self.has(WebSocket::LongControlAccepted) {
            frame.payload.truncate(125);
        }
        if frame.opcode == OpCode::Close {
            frame.payload = self.close_payload(frame.payload);
            if self.has(WebSocket::DataAfterCloseHandled) && frame.mask.is_some() {
                self.held.push_back(frame);
                return None;
            }
        }
        if self.has(WebSocket::ControlDelayed) && self.under_way && frame.opcode == OpCode::Ping {
            self.held.push_back(frame);
            return None;
        }
        Some(frame)
    }

    fn close_payload(&mut self, payload: Bytes) -> Bytes {
        match CloseReason::decode(&payload) {
            Err(_) if payload.len() == 1 && self.has(WebSocket::CloseOneByteAccepted) => {
                Bytes::new()
            }
            Err(_) if payload.len() > 1 => {
                let (code, reason) = payload.split_at(2);
                let code_is_good = CloseReason::decode(code).is_ok();
                let reason_is_good = std::str::from_utf8(reason).is_ok();
                if !reason_is_good && code_is_good && self.has(WebSocket::CloseReasonUtf8Unchecked)
                {
                    return payload.slice(..2);
                }
                if !code_is_good && self.has(WebSocket::CloseCodeReservedEchoed) {
                    self.reserved_close = Some(payload);
                    return Bytes::from_static(&[0x03, 0xe8]);
                }
                payload
            }
            _ => payload,
        }
    }

    fn data(&mut self, mut frame: Frame) -> Frame {
        let starts = frame.opcode != OpCode::Continuation;
        if starts && self.under_way && self.has(WebSocket::InterleavedAccepted) {
            frame.opcode = OpCode::Continuation;
        }
        if !starts && !self.under_way && self.has(WebSocket::OrphanAccepted) {
            frame.opcode = OpCode::Text;
        }
        if self.has(WebSocket::FragmentsSeparate) {
            frame.fin = true;
            if frame.opcode == OpCode::Continuation {
                frame.opcode = OpCode::Text;
            }
        }
        let not_utf8 = frame.fin && std::str::from_utf8(&frame.payload).is_err();
        if frame.opcode == OpCode::Text && not_utf8 && self.has(WebSocket::InvalidUtf8Accepted) {
            let repaired = String::from_utf8_lossy(&frame.payload).into_owned();
            frame.payload = Bytes::from(repaired);
        }
        if frame.opcode == OpCode::Binary && not_utf8 && self.has(WebSocket::BinaryUtf8Checked) {
            frame.opcode = OpCode::Text;
        }
        self.under_way = !frame.fin;
        frame
    }

    fn has(&self, defect: WebSocket) -> bool {
        self.faults.has(defect)
    }
}

/// A frame is written as RFC 6455 section 5.2 demands it of a server.
pub(in crate::reference) fn encode(faults: &FaultSet, mut frame: Frame, out: &mut BytesMut) {
    if faults.is_empty() {
        frame.encode(out);
        return;
    }
    if faults.has(WebSocket::MasksFrames) {
        frame.mask = Some([1, 2, 3, 4]);
    }
    let length = frame.payload.len();
    let is_boundary = matches!(length, 116..=136 | 65_526..=65_546);
    let declared =
        (is_boundary && faults.has(WebSocket::LengthBoundary)).then(|| length as u64 - 1);
    let encoding = if faults.has(WebSocket::LengthNotMinimal) && length < 126 {
        LengthEncoding::Sixteen
    } else {
        LengthEncoding::Minimal
    };
    RawFrame {
        frame,
        length_encoding: encoding,
        declared_length: declared,
    }
    .encode(out);
}

/// A ping is answered with a pong that carries the same (RFC 6455 section 5.5.3).
pub(in crate::reference) fn pong(faults: &FaultSet, payload: Bytes) -> Option<Frame> {
    if faults.has(WebSocket::PingUnanswered) {
        return None;
    }
    let payload = if faults.has(WebSocket::PongPayloadDropped) {
        Bytes::new()
    } else {
        payload
    };
    Some(Frame {
        opcode: OpCode::Pong,
        ..Frame::binary(payload)
    })
}

/// A close frame is answered with one (RFC 6455 section 5.5.1).
pub(in crate::reference) fn close_reply(
    faults: &FaultSet,
    tamper: Option<&Tamper>,
    right: Bytes,
) -> Option<Bytes> {
    if faults.has(WebSocket::CloseUnanswered) {
        return None;
    }
    Some(
        match tamper.and_then(|tamper| tamper.reserved_close.clone()) {
            Some(echoed) => echoed,
            None => right,
        },
    )
}

/// A frame holds one packet (Engine.IO v4, "WebSocket").
pub(in crate::reference) fn packets(faults: &FaultSet, packet: Packet) -> Vec<Packet> {
    if faults.has(WebSocket::SplitsAtSeparator)
        && packet.kind == PacketType::Message
        && let PacketData::Text(text) = &packet.data
    {
        let mut records = text.as_str().split('\u{1e}');
        let first = Packet::text(PacketType::Message, records.next().unwrap_or_default());
        let rest = records.filter_map(|record| Packet::decode_text(record.into()).ok());
        return std::iter::once(first).chain(rest).collect();
    }
    vec![packet]
}

/// A text that is no packet ends the session.
pub(in crate::reference) fn ignores_invalid_packet(faults: &FaultSet) -> bool {
    faults.has(WebSocket::InvalidPacketIgnored)
}
