//! Whether a server appends the offsets of connection state recovery to its events.

use super::message_packet::packet_in;
use crate::{
    client::What,
    data::Data,
    runner::{clients::Link, running_target::live_target::LiveTarget},
    wire::socket_io::Packet,
};

/// Whether the server appends recovery offsets to the events on a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Offsets {
    /// The server appends offsets, so the last argument of an event can be one.
    Appended,
    /// The server appends no offsets to its events.
    Absent,
}

/// Returns whether the server appends an offset to the arguments of events on this connection.
///
/// The server does so if the manifest lists connection state recovery, or if the first CONNECT reply contains a `pid`.
pub(in crate::runner) fn offsets(target: &LiveTarget, link: &Link) -> Offsets {
    if target.recovery() || offers_recovery(link) {
        Offsets::Appended
    } else {
        Offsets::Absent
    }
}

fn offers_recovery(link: &Link) -> bool {
    let entries = link.connection.journal().entries();
    let reply = entries.iter().find_map(|entry| match &entry.what {
        What::Socket(Packet::Connect { payload, .. }) => Some(payload.clone()),
        What::Packet(packet) => match packet_in(packet)? {
            Packet::Connect { payload, .. } => Some(payload),
            Packet::Ack { .. }
            | Packet::ConnectError { .. }
            | Packet::Disconnect { .. }
            | Packet::Event { .. } => None,
        },
        _ => None,
    });
    let pid = reply.flatten();
    pid.as_ref()
        .and_then(|payload| payload.get("pid"))
        .is_some_and(|pid| pid != &Data::Null)
}
