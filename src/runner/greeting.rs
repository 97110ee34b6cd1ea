//! Events that a target sends of its own accord to whoever joins.

use crate::{
    target::Manifest,
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{Decoder, Limits, Packet},
    },
};

/// Whether a packet is a greeting, as the manifest names them. Steps that go packet by packet look past greetings that
/// they don't ask for: the scenario can't know when the application sends them, and they answer nobody.
pub(super) fn is_greeting(manifest: &Manifest, packet: &EnginePacket) -> bool {
    if manifest.greetings.is_empty() {
        return false;
    }
    let (PacketType::Message, PacketData::Text(text)) = (packet.kind, &packet.data) else {
        return false;
    };
    let limits = Limits {
        attachments: 0,
        attachment_bytes: 0,
    };
    match Decoder::new(limits).text(text) {
        Ok(Some(Packet::Event { id: None, name, .. })) => manifest.greetings.contains(&name),
        _ => false,
    }
}
