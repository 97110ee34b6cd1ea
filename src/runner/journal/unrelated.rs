//! Packets that have nothing to do with the scenario.

use super::message_packet::packet_in;
use crate::{
    data::Data,
    runner::play::attempt::Attempt,
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType, SEPARATOR},
        socket_io::Packet,
    },
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
pub(in crate::runner) fn is_unrelated(attempt: &Attempt<'_>, packet: &Packet) -> bool {
    match packet {
        Packet::Event { id, name, args, .. } => {
            if attempt.target.manifest.is_side_event(name) {
                return true;
            }
            let is_anothers = id.is_none() && is_of_another_scenario(attempt, args);
            is_anothers || (is_unknown(attempt) && !is_own(attempt, args))
        }
        Packet::Disconnect { .. } => is_unknown(attempt),
        Packet::Ack { .. } | Packet::Connect { .. } | Packet::ConnectError { .. } => false,
    }
}

/// Returns true if the arguments of an event contain a name or a marker of another scenario, and none of this scenario.
pub(in crate::runner) fn is_of_another_scenario(attempt: &Attempt<'_>, args: &[Data]) -> bool {
    let is_anothers = |text: &str| attempt.unique.is_another_in(text);
    args.iter().any(|arg| arg.has_text(&is_anothers)) && !is_own(attempt, args)
}

/// Returns true if the arguments of an event contain a name or a marker of this scenario.
pub(in crate::runner) fn is_own(attempt: &Attempt<'_>, args: &[Data]) -> bool {
    args.iter()
        .any(|arg| arg.has_text(&|text: &str| names_own(attempt, text)))
}

/// Returns true if a text contains a name or a marker of this scenario.
fn names_own(attempt: &Attempt<'_>, text: &str) -> bool {
    attempt.unique.is_in(text) || text.contains(BAIT)
}

/// Returns true if an Engine.IO packet carries a message that has nothing to do with the scenario.
pub(in crate::runner) fn is_unrelated_message(
    attempt: &Attempt<'_>,
    message: &EnginePacket,
) -> bool {
    if message.kind == PacketType::Message && is_unknown(attempt) {
        match &message.data {
            // Nothing shows which event an attachment belongs to, so skip all attachments. Don't skip the packet that
            // announces them if it names something of this scenario, because it can be an answer.
            PacketData::Binary(_) => return true,
            PacketData::Text(text) if text.starts_with('5') => {
                return !names_own(attempt, text);
            }
            PacketData::Text(_) => {}
        }
    }
    if message.kind == PacketType::Message && speaks_in_its_own_way(attempt) {
        let packet = packet_in(message);
        let is_own = match &message.data {
            PacketData::Binary(_) => false,
            PacketData::Text(text) => names_own(attempt, text),
        };
        if packet.is_none() {
            return !is_own;
        }
    }
    packet_in(message).is_some_and(|packet| is_unrelated(attempt, &packet))
}

/// Returns true if the target is an Engine.IO server on which neither Socket.IO nor an echo was found. It may send any
/// message at any time.
fn speaks_in_its_own_way(attempt: &Attempt<'_>) -> bool {
    let provides = |capability| attempt.target.manifest.provides.contains(capability);
    let known = ["engine-echo", "echo", "socket-io"];
    !attempt.target.knows_application() && !known.into_iter().any(provides)
}

/// Returns true if the target is a Socket.IO application that no manifest describes.
pub(in crate::runner) fn is_unknown(attempt: &Attempt<'_>) -> bool {
    attempt.target.manifest.dialect.has_events() && !attempt.target.knows_application()
}

/// Returns the body of a response to a poll, which a scenario checks with an `http` step, without the events that have
/// nothing to do with the scenario. Steps that receive packets one by one skip such events by themselves. Returns
/// `None` if the payload holds no such event.
pub(in crate::runner) fn without_unrelated(attempt: &Attempt<'_>, body: &str) -> Option<String> {
    without(body, |packet| match packet_in(packet) {
        // A disconnected client can't go on, so the scenario has to see the packet.
        Some(Packet::Disconnect { .. }) => {
            attempt.notes().was_disconnected = true;
            false
        }
        Some(
            Packet::Event { .. }
            | Packet::Ack { .. }
            | Packet::Connect { .. }
            | Packet::ConnectError { .. },
        )
        | None => is_unrelated_message(attempt, packet),
    })
}

/// Returns a payload without the packets for which `is_left_out` returns true. Returns `None` if the payload holds no
/// such packet.
fn without(body: &str, is_left_out: impl Fn(&EnginePacket) -> bool) -> Option<String> {
    let (left_out, others): (Vec<_>, Vec<_>) = body.split(SEPARATOR).partition(|packet| {
        // `b` marks bytes in base64 (Engine.IO v4, "Payload"). Which bytes they are makes no difference here.
        let decoded = match packet.strip_prefix('b') {
            Some(base64) => Ok(EnginePacket::binary(base64.to_owned())),
            None => EnginePacket::decode_text((*packet).into()),
        };
        decoded.is_ok_and(|packet| is_left_out(&packet))
    });
    (!left_out.is_empty()).then(|| others.join("\x1e"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_packets_meant_are_removed() {
        let is_welcome = |packet: &EnginePacket| match packet_in(packet) {
            Some(Packet::Event { name, .. }) => name == "welcome",
            _ => false,
        };
        let strip = |body: &str| without(body, is_welcome);
        assert_eq!(
            strip("2\x1e42[\"welcome\",1]\x1e431[1]").as_deref(),
            Some("2\x1e431[1]")
        );
        assert_eq!(strip("42/custom,[\"welcome\"]").as_deref(), Some(""));
        assert_eq!(strip("42[\"other\"]\x1ewelcome"), None);
    }
}
