//! Faults in the WebSocket frames that the server sends, and in the packets in them (RFC 6455
//! section 5; Engine.IO v4, "WebSocket").

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

/// How long the fault `stream-kept-open-after-close` keeps the stream open.
const HELD: Duration = Duration::from_secs(90);

/// The size, in bytes, above which the fault `server-fragments-repeat-opcode` fragments a message.
const LARGE: usize = 64 * 1024;

faults!(WebSocketFault {
    BatchesPackets = "websocket-batches-packets": "The server sends several packets in one WebSocket frame, with separators between them, where each packet needs its own frame.";
    BinaryPrefixV3 = "websocket-binary-prefix-v3": "The server puts a packet type byte before the bytes of a binary frame, as in revision 3, where revision 4 has only the bytes.";
    CloseCodeAlways1011 = "close-code-always-1011": "When a client breaks a rule of WebSocket, the server closes with the code 1011, whatever the rule is.";
    CloseReasonStray = "close-reason-stray-bytes": "The server sends stray bytes of its memory as the reason in its close frame.", seen "CVE-2026-45736";
    CloseUnanswered = "close-unanswered": "When a client sends a close frame, the server closes the connection without sending a close frame.";
    CloseWithoutFrame = "server-close-without-frame": "When the server ends a WebSocket, it closes the TCP stream without sending a close frame.";
    DataAfterClose = "data-after-server-close": "The server sends an Engine.IO ping after it has sent a close frame.";
    EmptyMessageDropped = "empty-message-dropped": "When a client sends an empty message, the server drops it.";
    FragmentsRepeatOpCode = "server-fragments-repeat-opcode": "When the server fragments a large message, it repeats the opcode on every fragment, where later fragments have to be continuation frames.";
    InvalidPacketIgnored = "invalid-engine-packet-ignored": "When a text message on WebSocket is not a valid Engine.IO packet, the server ignores it, where it has to close the session.", seen "python-engineio 4.15.1";
    LengthBoundary = "length-boundary-off-by-one": "In frames with a payload of about 126 or about 65,536 bytes, the server announces one byte less than it sends.";
    LengthNotMinimal = "length-not-minimal": "The server writes the length of frames with less than 126 bytes in 16 bits, where it has to use 7 bits.";
    MasksFrames = "server-masks-frames": "The server masks the frames that it sends, where only clients may mask frames.";
    PingUnanswered = "ping-unanswered": "The server does not answer the WebSocket ping frames of clients.";
    PongPayloadDropped = "pong-payload-dropped": "When a client sends a ping frame, the server answers with a pong frame without the ping's payload.";
    SeparatorAppended = "websocket-separator-appended": "The server adds the record separator of polling payloads (0x1E) at the end of text frames.";
    SplitsAtSeparator = "record-separator-splits-frames": "When a client's text frame contains a record separator (0x1E), the server splits the frame into several packets.";
    StreamKeptOpen = "stream-kept-open-after-close": "After client and server have exchanged close frames, the server keeps the TCP stream open.";
});

impl FaultSet {
    /// Writes a frame. Without faults the frame is as RFC 6455 section 5.2 requires of a server.
    pub(in crate::reference) fn encode_frame(&self, mut frame: Frame, out: &mut BytesMut) {
        if self.is_empty() {
            frame.encode(out);
            return;
        }
        if self.has(WebSocketFault::MasksFrames) {
            frame.mask = Some([1, 2, 3, 4]);
        }
        if self.has(WebSocketFault::BinaryPrefixV3) && frame.opcode == OpCode::Binary {
            let mut prefixed = BytesMut::from(&[4][..]);
            prefixed.put_slice(&frame.payload);
            frame.payload = prefixed.freeze();
        }
        let is_message = frame.opcode == OpCode::Text && frame.payload.first() == Some(&b'4');
        if self.has(WebSocketFault::SeparatorAppended) && is_message {
            let mut separated = BytesMut::from(&*frame.payload);
            separated.put_u8(0x1e);
            frame.payload = separated.freeze();
        }
        if self.has(WebSocketFault::FragmentsRepeatOpCode)
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
            (is_boundary && self.has(WebSocketFault::LengthBoundary)).then(|| length as u64 - 1);
        let encoding = if self.has(WebSocketFault::LengthNotMinimal) && length < 126 {
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

    /// Returns the answer to a ping frame. Without faults this is a pong with the same payload (RFC
    /// 6455 section 5.5.3).
    pub(in crate::reference) fn answer_ping(&self, payload: Bytes) -> Option<Frame> {
        if self.has(WebSocketFault::PingUnanswered) {
            return None;
        }
        let payload = if self.has(WebSocketFault::PongPayloadDropped) {
            Bytes::new()
        } else {
            payload
        };
        Some(Frame {
            opcode: OpCode::Pong,
            ..Frame::binary(payload)
        })
    }

    /// Returns the payload of the answer to a close frame (RFC 6455 section 5.5.1). Without faults
    /// this is `right`, which repeats the client's code and reason.
    pub(in crate::reference) fn answer_close(
        &self,
        tamper: Option<&Tamper>,
        right: Bytes,
    ) -> Option<Bytes> {
        if self.has(WebSocketFault::CloseUnanswered) {
            return None;
        }
        Some(
            match tamper.and_then(|tamper| tamper.reserved_close_payload()) {
                Some(echoed) => echoed,
                None => right,
            },
        )
    }

    /// Returns true if the fault `server-close-without-frame` is active.
    pub(in crate::reference) fn closes_without_frame(&self) -> bool {
        self.has(WebSocketFault::CloseWithoutFrame)
    }

    /// Returns the payload of the close frame with which the server starts the closing handshake.
    /// Without faults it is empty.
    pub(in crate::reference) fn close_payload(&self) -> Bytes {
        if self.has(WebSocketFault::CloseReasonStray) {
            return Bytes::from_static(b"\x03\xe8\0\0\x01cookie: io=7\0");
        }
        Bytes::new()
    }

    /// Returns the close code for a violation (RFC 6455 section 7.4.1). Without faults this is
    /// `right`, the code for the rule that the client broke.
    pub(in crate::reference) fn alter_failure_code(&self, right: CloseCode) -> CloseCode {
        if self.has(WebSocketFault::CloseCodeAlways1011) {
            CloseCode(1011)
        } else {
            right
        }
    }

    /// Returns the frame that the fault `data-after-server-close` sends after the close frame.
    pub(in crate::reference) fn frame_after_close(&self) -> Option<Frame> {
        self.has(WebSocketFault::DataAfterClose)
            .then(|| Frame::text("2"))
    }

    /// Keeps the stream open for a long time if the fault `stream-kept-open-after-close` is active.
    pub(in crate::reference) async fn keep_stream_open(&self) {
        if self.has(WebSocketFault::StreamKeptOpen) {
            tokio::time::sleep(HELD).await;
        }
    }

    /// Returns the packets that one frame from a client holds. Without faults this is one packet
    /// (Engine.IO v4, "WebSocket").
    pub(in crate::reference) fn split_packet(&self, packet: Packet) -> Vec<Packet> {
        if self.has(WebSocketFault::SplitsAtSeparator)
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

    /// Returns the waiting packets, each of which is sent in a frame of its own. The fault
    /// `websocket-batches-packets` joins them into one packet.
    pub(in crate::reference) fn batch_packets(
        &self,
        waiting: impl Iterator<Item = Arc<Outbound>>,
    ) -> Vec<Arc<Outbound>> {
        let waiting: Vec<_> = waiting.collect();
        let all_text = waiting
            .iter()
            .all(|outbound| outbound.is_one_text_message());
        if !self.has(WebSocketFault::BatchesPackets) || waiting.len() < 2 || !all_text {
            return waiting;
        }
        let texts: Vec<String> = waiting
            .iter()
            .flat_map(|outbound| outbound.packets())
            .map(|packet| packet.encode_text().to_string())
            .collect();
        let batch = texts.join("\u{1e}");
        // The codec writes the type digit of the joined packet itself, so the first digit is
        // removed here.
        let data = batch.get(1..).unwrap_or_default();
        vec![Outbound::new(vec![Packet::text(PacketType::Message, data)])]
    }

    /// Returns true if the message is empty and the fault `empty-message-dropped` is active.
    pub(in crate::reference) fn drops_message(&self, data: &PacketData) -> bool {
        let is_empty = match data {
            PacketData::Binary(bytes) => bytes.is_empty(),
            PacketData::Text(text) => text.as_str().is_empty(),
        };
        is_empty && self.has(WebSocketFault::EmptyMessageDropped)
    }

    /// Returns true if the fault `invalid-engine-packet-ignored` is active.
    pub(in crate::reference) fn ignores_invalid_packet(&self) -> bool {
        self.has(WebSocketFault::InvalidPacketIgnored)
    }
}
