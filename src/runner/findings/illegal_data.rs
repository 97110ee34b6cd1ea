//! Findings about data that a protocol forbids, and about packets that a server may not send at this place of a
//! session.

use super::{Finding, evidence, failure_kind::FailureKind};
use crate::{
    client::{Entry, Illegal, What},
    runner::clients::{Client, Link},
    scenario::{Invariant, Level},
    wire::engine_io::PacketType,
};

/// Returns the finding about data that a protocol forbids.
pub(in crate::runner) fn ill_formed(client: &Client, illegal: &Illegal, raw: &[u8]) -> Finding {
    let name = &client.spec.name;
    Finding::new(
        FailureKind::from(illegal),
        format!(
            "{name} received data that {} forbids: {illegal}.",
            illegal.layer()
        ),
    )
    .received(evidence::readable(raw))
    .invariant(Invariant::WellFormed)
    .cause(illegal_cause(illegal, raw))
}

/// Returns the finding about data that a protocol forbids, for a step that checks what arrives on a connection that it
/// or an earlier step opened. The data then breaks no invariant.
pub(in crate::runner) fn wrong_at_step(client: &Client, illegal: &Illegal, raw: &[u8]) -> Finding {
    Finding {
        invariant: None,
        ..ill_formed(client, illegal, raw)
    }
}

/// Returns the cause of a failure by illegal data.
pub(in crate::runner) fn illegal_cause(illegal: &Illegal, raw: &[u8]) -> String {
    format!(
        "The server sends data that {} forbids: {illegal} (it begins with `{}`).",
        illegal.layer(),
        evidence::beginning(raw),
    )
}

/// Returns the finding about an Engine.IO packet that the server may not send in a session: a second open packet, or a
/// packet that only clients send. Clients ignore the latter, so it is only a warning.
pub(in crate::runner) fn misplaced_packet(
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
