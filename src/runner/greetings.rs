//! Removes events that have nothing to do with the scenario from the bodies of responses to polls that a scenario checks
//! with `http` steps. Steps that receive packets one by one skip such events by themselves.

use super::{attempt::Attempt, message_packet::packet_in, unrelated::is_unrelated_message};
use crate::wire::{engine_io::Packet as EnginePacket, socket_io::Packet};

/// The separator of the packets in a payload (Engine.IO v4, "Payload").
const SEPARATOR: char = '\x1e';

/// Returns a payload without the events that have nothing to do with the scenario. Returns `None` if the payload holds no
/// such event.
pub(super) fn without_unrelated(attempt: &Attempt<'_>, body: &str) -> Option<String> {
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

/// Returns a payload without the packets for which `is_left_out` returns true. Returns `None` if the payload holds no such
/// packet.
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
