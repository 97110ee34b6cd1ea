//! Frames to clients, and packets on WebSocket (RFC 6455 section 5; Engine.IO v4, "WebSocket").

use std::{sync::Arc, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};

use super::{frames::Tamper, topic::faults};
use crate::{
    reference::{FaultSet, engine::Outbound},
    wire::{
        engine_io::{Packet, PacketData, PacketType},
        websocket::{CloseCode, Frame, LengthEncoding, OpCode, RawFrame},
    },
};

/// How long a server that does not hang up keeps the stream.
const HELD: Duration = Duration::from_secs(90);

/// Bytes from which on a server that fragments its messages does so.
const LARGE: usize = 64 * 1024;

faults!(WebSocketFault {
    BatchesPackets = "websocket-batches-packets": "Packets that wait together share one frame, with separators as in a payload.";
    BinaryPrefixV3 = "websocket-binary-prefix-v3": "Binary frames begin with the type byte of revision 3.";
    CloseCodeAlways1011 = "close-code-always-1011": "Whatever a client does wrong, its connection is closed with 1011.";
    CloseReasonStray = "close-reason-stray-bytes": "The reason of a close frame is what the memory held before.", seen "CVE-2026-45736";
    CloseUnanswered = "close-unanswered": "A close frame is answered by the end of the connection only.";
    DataAfterClose = "data-after-server-close": "A ping of Engine.IO follows the server's close frame.";
    EmptyMessageDropped = "empty-message-dropped": "A message without a byte in it is dropped.";
    FragmentsRepeatOpCode = "server-fragments-repeat-opcode": "Large messages are sent in fragments that all carry the opcode.";
    InvalidPacketIgnored = "invalid-engine-packet-ignored": "A text that is no packet is skipped.", seen "python-engineio 4.15.1";
    LengthBoundary = "length-boundary-off-by-one": "Payloads of about 126 and about 65536 bytes are announced as one byte less.";
    LengthNotMinimal = "length-not-minimal": "Short lengths are written in 16 bits.";
    MasksFrames = "server-masks-frames": "The server masks its frames.";
    PingUnanswered = "ping-unanswered": "Ping frames get no pong.";
    PongPayloadDropped = "pong-payload-dropped": "Pong frames are empty.";
    SeparatorAppended = "websocket-separator-appended": "Text frames end with the separator of payloads.";
    SplitsAtSeparator = "record-separator-splits-frames": "A record separator in a text frame splits it into packets.";
    StreamKeptOpen = "stream-kept-open-after-close": "The server does not end the stream after the close frames.";
});

/// A frame is written as RFC 6455 section 5.2 demands it of a server.
pub(in crate::reference) fn encode(faults: &FaultSet, mut frame: Frame, out: &mut BytesMut) {
    if faults.is_empty() {
        frame.encode(out);
        return;
    }
    if faults.has(WebSocketFault::MasksFrames) {
        frame.mask = Some([1, 2, 3, 4]);
    }
    if faults.has(WebSocketFault::BinaryPrefixV3) && frame.opcode == OpCode::Binary {
        let mut prefixed = BytesMut::from(&[4][..]);
        prefixed.put_slice(&frame.payload);
        frame.payload = prefixed.freeze();
    }
    let is_message = frame.opcode == OpCode::Text && frame.payload.first() == Some(&b'4');
    if faults.has(WebSocketFault::SeparatorAppended) && is_message {
        let mut separated = BytesMut::from(&*frame.payload);
        separated.put_u8(0x1e);
        frame.payload = separated.freeze();
    }
    if faults.has(WebSocketFault::FragmentsRepeatOpCode)
        && frame.payload.len() > LARGE
        && !frame.opcode.is_control()
    {
        let first = Frame {
            fin: false,
            payload: frame.payload.split_to(LARGE),
            ..frame.clone()
        };
        first.encode(out);
    }
    let length = frame.payload.len();
    let is_boundary = matches!(length, 116..=136 | 65_526..=65_546);
    let declared =
        (is_boundary && faults.has(WebSocketFault::LengthBoundary)).then(|| length as u64 - 1);
    let encoding = if faults.has(WebSocketFault::LengthNotMinimal) && length < 126 {
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
    if faults.has(WebSocketFault::PingUnanswered) {
        return None;
    }
    let payload = if faults.has(WebSocketFault::PongPayloadDropped) {
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
    if faults.has(WebSocketFault::CloseUnanswered) {
        return None;
    }
    Some(match tamper.and_then(|tamper| tamper.reserved_close()) {
        Some(echoed) => echoed,
        None => right,
    })
}

/// A close frame says nothing that it is not meant to.
pub(in crate::reference) fn close(faults: &FaultSet) -> Bytes {
    if faults.has(WebSocketFault::CloseReasonStray) {
        return Bytes::from_static(b"\x03\xe8\0\0\x01cookie: io=7\0");
    }
    Bytes::new()
}

/// The code tells what was wrong (RFC 6455 section 7.4.1).
pub(in crate::reference) fn failure_code(faults: &FaultSet, right: CloseCode) -> CloseCode {
    if faults.has(WebSocketFault::CloseCodeAlways1011) {
        CloseCode(1011)
    } else {
        right
    }
}

/// No data follows the close frame (RFC 6455 section 5.5.1).
pub(in crate::reference) fn after_close(faults: &FaultSet) -> Option<Frame> {
    faults
        .has(WebSocketFault::DataAfterClose)
        .then(|| Frame::text("2"))
}

/// The server ends the stream first (RFC 6455 section 7.1.1).
pub(in crate::reference) async fn keeps_open(faults: &FaultSet) {
    if faults.has(WebSocketFault::StreamKeptOpen) {
        tokio::time::sleep(HELD).await;
    }
}

/// A frame holds one packet (Engine.IO v4, "WebSocket").
pub(in crate::reference) fn packets(faults: &FaultSet, packet: Packet) -> Vec<Packet> {
    if faults.has(WebSocketFault::SplitsAtSeparator)
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

/// Packets that wait together still have a frame each.
pub(in crate::reference) fn sent(
    faults: &FaultSet,
    waiting: impl Iterator<Item = Arc<Outbound>>,
) -> Vec<Arc<Outbound>> {
    let waiting: Vec<_> = waiting.collect();
    let all_text = waiting
        .iter()
        .all(|outbound| outbound.is_one_text_message());
    if !faults.has(WebSocketFault::BatchesPackets) || waiting.len() < 2 || !all_text {
        return waiting;
    }
    let texts: Vec<String> = waiting
        .iter()
        .flat_map(|outbound| outbound.packets())
        .map(|packet| packet.encode_text().to_string())
        .collect();
    let batch = texts.join("\u{1e}");
    // The digit of the first packet is the one that the codec puts there.
    let data = batch.get(1..).unwrap_or_default();
    vec![Outbound::new(vec![Packet::text(PacketType::Message, data)])]
}

/// A message may be empty.
pub(in crate::reference) fn drops_message(faults: &FaultSet, data: &PacketData) -> bool {
    let is_empty = match data {
        PacketData::Binary(bytes) => bytes.is_empty(),
        PacketData::Text(text) => text.as_str().is_empty(),
    };
    is_empty && faults.has(WebSocketFault::EmptyMessageDropped)
}

/// A text that is no packet ends the session.
pub(in crate::reference) fn ignores_invalid_packet(faults: &FaultSet) -> bool {
    faults.has(WebSocketFault::InvalidPacketIgnored)
}
