//! Socket.IO packets on connections that are decoded up to Engine.IO only.

use crate::wire::{
    engine_io::{Packet as EnginePacket, PacketData, PacketType},
    socket_io::{Decoder, Limits, Packet},
};

/// The Socket.IO packet that a text message holds; `None` for one with attachments, which travel in messages of
/// their own.
pub(super) fn packet_in(message: &EnginePacket) -> Option<Packet> {
    let (PacketType::Message, PacketData::Text(text)) = (message.kind, &message.data) else {
        return None;
    };
    let limits = Limits {
        attachments: 0,
        attachment_bytes: 0,
    };
    Decoder::new(limits).text(text).ok()?
}
