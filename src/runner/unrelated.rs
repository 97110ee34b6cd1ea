//! Packets that have nothing to do with the scenario.

use super::{attempt::Attempt, message_packet::packet_in};
use crate::wire::{
    engine_io::{Packet as EnginePacket, PacketData, PacketType},
    socket_io::Packet,
};

/// The text by which scenarios mark packets that the server has to ignore.
const BAIT: &str = "sockspec";

/// Returns true if a packet has nothing to do with the scenario.
///
/// Such a packet is a greeting that the manifest lists, the result of a request that no step waits for, or a broadcast
/// of another scenario. It can come at any time, so steps that read packet by packet skip it unless they expect it.
///
/// If no manifest describes the application, any event may come at any time, and the application may disconnect
/// clients. Then every packet is unrelated that contains no name and no marker of this scenario.
pub(super) fn is_unrelated(attempt: &Attempt<'_>, packet: &Packet) -> bool {
    match packet {
        Packet::Event { id, name, args, .. } => {
            if attempt.target.manifest.is_side_event(name) {
                return true;
            }
            let has_text =
                |is_like: &dyn Fn(&str) -> bool| args.iter().any(|arg| arg.has_text(is_like));
            let is_own = has_text(&|text| attempt.unique.is_in(text) || text.contains(BAIT));
            let is_anothers = id.is_none() && has_text(&|text| attempt.unique.is_another_in(text));
            !is_own && (is_anothers || is_unknown(attempt))
        }
        Packet::Disconnect { .. } => is_unknown(attempt),
        Packet::Ack { .. } | Packet::Connect { .. } | Packet::ConnectError { .. } => false,
    }
}

/// Returns true if an Engine.IO packet carries a Socket.IO packet that has nothing to do with the scenario.
pub(super) fn is_unrelated_message(attempt: &Attempt<'_>, message: &EnginePacket) -> bool {
    if message.kind == PacketType::Message && is_unknown(attempt) {
        match &message.data {
            // Nothing shows which event an attachment belongs to, so skip all attachments. Don't skip the packet that
            // announces them if it names something of this scenario, because it can be an answer.
            PacketData::Binary(_) => return true,
            PacketData::Text(text) if text.starts_with('5') => {
                return !attempt.unique.is_in(text) && !text.contains(BAIT);
            }
            PacketData::Text(_) => {}
        }
    }
    packet_in(message).is_some_and(|packet| is_unrelated(attempt, &packet))
}

/// Returns true if the target is a Socket.IO application that no manifest describes.
fn is_unknown(attempt: &Attempt<'_>) -> bool {
    attempt.target.manifest.dialect.has_events() && !attempt.target.knows_application()
}
