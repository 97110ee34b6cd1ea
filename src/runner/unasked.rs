//! What nobody in the scenario asked for.

use super::{attempt::Attempt, message_packet::packet_in};
use crate::{
    targets::Speaks,
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::Packet,
    },
};

/// What scenarios put into packets that must not be handled.
const BAIT: &str = "sockspec";

/// Whether a packet has nothing to do with the scenario: a greeting, as the manifest names them, or what another
/// scenario sends to everybody in the namespace. Steps that go packet by packet look past those that they don't ask for:
/// a scenario can't know when they come, and they answer nobody.
///
/// Of an application that nobody described any event may come at any time, and it may put its clients out: there only
/// what has something of the scenario in it is an answer.
pub(super) fn is_unasked(attempt: &Attempt<'_>, packet: &Packet) -> bool {
    match packet {
        Packet::Event { id, name, args, .. } => {
            if attempt.target.manifest.greetings.contains(name) {
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

/// The same of a message that is decoded up to Engine.IO only.
pub(super) fn is_unasked_message(attempt: &Attempt<'_>, message: &EnginePacket) -> bool {
    if message.kind == PacketType::Message && is_unknown(attempt) {
        match &message.data {
            // Attachments; those of an answer come behind a packet that is told as one.
            PacketData::Binary(_) => return true,
            PacketData::Text(text) if text.starts_with('5') => {
                return !attempt.unique.is_in(text) && !text.contains(BAIT);
            }
            PacketData::Text(_) => {}
        }
    }
    packet_in(message).is_some_and(|packet| is_unasked(attempt, &packet))
}

/// Whether a Socket.IO application runs there of which nothing is known.
fn is_unknown(attempt: &Attempt<'_>) -> bool {
    attempt.target.manifest.dialect.speaks == Speaks::SocketIo
        && !attempt.target.knows_application()
}
