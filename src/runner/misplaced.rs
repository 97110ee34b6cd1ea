//! Engine.IO packets that a server may not send in a session.

use super::{
    clients::{Client, Link},
    evidence,
    failure_kind::FailureKind,
    finding::Finding,
};
use crate::{
    client::{Entry, What},
    scenario::{Invariant, Level},
    wire::engine_io::PacketType,
};

/// Returns the finding about an Engine.IO packet that the server may not send in a session: a second open packet, or a
/// packet that only clients send. Clients ignore the latter, so it is only a warning.
pub(super) fn misplaced_packet(
    client: &Client,
    link: &Link,
    index: usize,
    entry: &Entry,
) -> Option<Finding> {
    let What::Packet(packet) = &entry.what else {
        return None;
    };
    let clients_beat = if link.eio == 3 {
        PacketType::Ping
    } else {
        PacketType::Pong
    };
    let what = match packet.kind {
        PacketType::Open if !link.is_own_open_packet(index, entry) => "a second open packet",
        PacketType::Upgrade => "an upgrade packet, which only clients send",
        // The answer to the probe of an upgrade is a pong too.
        kind if kind == clients_beat && packet.encode_text().get(1..) != Some("probe") => {
            "a packet of the heartbeat that only clients send"
        }
        _ => return None,
    };
    let finding = Finding::new(
        FailureKind::UnexpectedPacket,
        format!("{} received {what}.", client.spec.name),
    )
    .expected("only packets that a server sends in a session")
    .received(evidence::line(entry))
    .invariant(Invariant::WellFormed);
    Some(Finding {
        level: (packet.kind != PacketType::Open).then_some(Level::Should),
        ..finding
    })
}
