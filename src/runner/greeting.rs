//! Events that a target sends of its own accord to whoever joins.

use super::whole::packet_in;
use crate::{
    target::Manifest,
    wire::{engine_io::Packet as EnginePacket, socket_io::Packet},
};

/// Whether a packet is a greeting, as the manifest names them. Steps that go packet by packet look past greetings that
/// they don't ask for: the scenario can't know when the application sends them, and they answer nobody.
pub(super) fn is_greeting(manifest: &Manifest, packet: &EnginePacket) -> bool {
    if manifest.greetings.is_empty() {
        return false;
    }
    match packet_in(packet) {
        Some(Packet::Event { id: None, name, .. }) => manifest.greetings.contains(&name),
        _ => false,
    }
}
