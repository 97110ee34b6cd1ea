//! Packets on their way to clients, encoded once for all recipients.

use std::sync::{Arc, LazyLock, OnceLock};

use bytes::{Bytes, BytesMut};

use super::Revision;
use crate::{
    reference::FaultSet,
    wire::engine_io::{Packet, PacketData, PacketType, v3},
    wire::websocket::{Deflate, Frame},
};

/// The size, in bytes, from which on the server compresses a message. Shorter messages would not
/// become smaller.
const WORTH_COMPRESSING: usize = 64;

/// Packets that are sent without any other packet between them, such as the text of an event and
/// its attachments.
///
/// All recipients of a broadcast share one value. The first recipient on WebSocket encodes the
/// frames, and the other recipients reuse these frames.
#[derive(Debug)]
pub(in crate::reference) struct Outbound {
    packets: Vec<Packet>,
    size: usize,
    frames: OnceLock<Bytes>,
    frames_v3: OnceLock<Bytes>,
}

impl Outbound {
    /// Returns a value that sends these packets in this order.
    pub(in crate::reference) fn new(packets: Vec<Packet>) -> Arc<Self> {
        let size = packets.iter().map(packet_size).sum();
        Arc::new(Self {
            packets,
            size,
            frames: OnceLock::new(),
            frames_v3: OnceLock::new(),
        })
    }

    /// Returns a packet without data, such as a ping or a close packet.
    pub(super) fn control(kind: PacketType) -> Arc<Self> {
        static PING: LazyLock<Arc<Outbound>> =
            LazyLock::new(|| Outbound::new(vec![Packet::text(PacketType::Ping, "")]));
        match kind {
            PacketType::Ping => Arc::clone(&PING),
            other => Self::new(vec![Packet::text(other, "")]),
        }
    }

    /// Returns true if the packets are only one text message, without attachments.
    pub(in crate::reference) fn is_one_text_message(&self) -> bool {
        match &*self.packets {
            [packet] => {
                packet.kind == PacketType::Message && matches!(packet.data, PacketData::Text(_))
            }
            _ => false,
        }
    }

    /// Returns the packets, so that the caller can encode them as a polling payload.
    pub(in crate::reference) fn packets(&self) -> &[Packet] {
        &self.packets
    }

    /// Returns the approximate number of bytes on the wire.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Returns the packets as WebSocket frames, one for each packet.
    pub(super) fn frames(&self, revision: Revision, faults: &FaultSet) -> Bytes {
        let cell = match revision {
            Revision::V3 => &self.frames_v3,
            Revision::V4 => &self.frames,
        };
        let encode = || {
            // Ten bytes hold the largest header of an unmasked frame (RFC 6455 section 5.2).
            let mut out = BytesMut::with_capacity(self.size + 10 * self.packets.len());
            for packet in &self.packets {
                faults.encode_frame(encode_frame(packet, revision, faults), &mut out);
            }
            out.freeze()
        };
        cell.get_or_init(encode).clone()
    }
}

impl Outbound {
    /// Returns the packets as frames that are compressed for one connection (RFC 7692 section
    /// 7.2.1).
    pub(super) fn compressed(
        &self,
        revision: Revision,
        faults: &FaultSet,
        compressor: &mut Deflate,
    ) -> Bytes {
        let mut out = BytesMut::new();
        for packet in &self.packets {
            let mut frame = encode_frame(packet, revision, faults);
            compress(&mut frame, compressor, faults);
            faults.encode_frame(frame, &mut out);
        }
        out.freeze()
    }
}

/// Compresses a frame if it is long enough to become smaller.
pub(super) fn compress(frame: &mut Frame, compressor: &mut Deflate, faults: &FaultSet) {
    if frame.payload.len() >= WORTH_COMPRESSING {
        faults.compress_extra(compressor, &frame.payload);
        if !faults.skips_compression(frame) {
            frame.payload = compressor.compress(&frame.payload);
        }
        frame.rsv = 0b100;
    }
}

/// Returns the frame of one packet (Engine.IO v4, "WebSocket").
fn encode_frame(packet: &Packet, revision: Revision, faults: &FaultSet) -> Frame {
    match (&packet.data, revision) {
        (PacketData::Binary(bytes), Revision::V4) => Frame::binary(bytes.clone()),
        (PacketData::Binary(bytes), Revision::V3) => {
            let bare = faults.bare_bytes(bytes);
            Frame::binary(bare.unwrap_or_else(|| v3::encode_binary(bytes)))
        }
        (PacketData::Text(_), _) => Frame::text(packet.encode_text()),
    }
}

fn packet_size(packet: &Packet) -> usize {
    1 + match &packet.data {
        PacketData::Binary(bytes) => bytes.len(),
        PacketData::Text(text) => text.clone().into_bytes().len(),
    }
}
