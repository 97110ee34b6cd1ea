//! Frames to clients, and packets on WebSocket (RFC 6455 section 5; Engine.IO v4, "WebSocket").

use bytes::{Bytes, BytesMut};

use super::{frames::Tamper, table::defects};
use crate::{
    reference::FaultSet,
    wire::{
        engine_io::{Packet, PacketData, PacketType},
        websocket::{Frame, LengthEncoding, OpCode, RawFrame},
    },
};

defects!(WebSocket at 21 {
    CloseUnanswered = "close-unanswered": "A close frame is answered by the end of the connection only.";
    InvalidPacketIgnored = "invalid-engine-packet-ignored": "A text that is no packet is skipped.", seen "python-engineio 4.15.1";
    LengthBoundary = "length-boundary-off-by-one": "Payloads of about 126 and about 65536 bytes are announced as one byte less.";
    LengthNotMinimal = "length-not-minimal": "Short lengths are written in 16 bits.";
    MasksFrames = "server-masks-frames": "The server masks its frames.";
    PingUnanswered = "ping-unanswered": "Ping frames get no pong.";
    PongPayloadDropped = "pong-payload-dropped": "Pong frames are empty.";
    SplitsAtSeparator = "record-separator-splits-frames": "A record separator in a text frame splits it into packets.";
});

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
    Some(match tamper.and_then(|tamper| tamper.reserved_close()) {
        Some(echoed) => echoed,
        None => right,
    })
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
