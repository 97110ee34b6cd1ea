//! Messages that come back, whatever the target speaks.
//!
//! A plain WebSocket endpoint sends a message back as it is, an Engine.IO server its message packets, and
//! the contract application acknowledges the event `echo` with its arguments. Scenarios about frames
//! need no more of an application than that, and so they say the same for all three: the function
//! `echo(text)` gives what is to be sent, `receive: { echo: … }` awaits what comes back.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    attempt::Attempt,
    cast::{Client, Link},
    echo_form::namespace,
    evidence,
    failure_kind::FailureKind,
    finding::{Finding, Stepped},
    message_packet::packet_in,
    wait::{Waited, wait_in},
};
use crate::{
    client::{Entry, What},
    data::Data,
    targets::Speaks,
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{self, Packet},
    },
};

/// What an entry brings back; `None` for what is no answer to an `echo(…)`.
pub(super) fn answer(speaks: Speaks, entry: &Entry) -> Option<Data> {
    match (speaks, &entry.what) {
        (Speaks::WebSocket, What::Message(data)) => Some(value(data)),
        (Speaks::EngineIo, What::Packet(packet)) if packet.kind == PacketType::Message => {
            Some(value(&packet.data))
        }
        (Speaks::SocketIo, What::Packet(packet)) => match packet_in(packet)? {
            Packet::Ack { args, .. } => args.into_iter().next(),
            _ => None,
        },
        _ => None,
    }
}

fn value(data: &PacketData) -> Data {
    match data {
        PacketData::Binary(bytes) => Data::Bytes(bytes.clone()),
        PacketData::Text(text) => Data::from(text.as_str()),
    }
}

/// Joins the namespace in which messages come back, where the target has namespaces.
pub(super) async fn join(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Arc<Link>,
    deadline: Instant,
) -> Stepped {
    let manifest = &attempt.target.manifest;
    if manifest.dialect.speaks != Speaks::SocketIo {
        return Ok(());
    }
    let namespace = namespace(manifest);
    let journal = link.connection.journal();
    let from = journal.entries().len();
    let connect = socket_io::encode(&Packet::Connect {
        namespace: namespace.to_owned(),
        payload: None,
    });
    let connect = EnginePacket::text(PacketType::Message, connect.text);
    link.connection.send_packets(vec![connect]);
    let waited = wait_in(journal, from, deadline, |index, entry| {
        let What::Packet(packet) = &entry.what else {
            return None;
        };
        match packet_in(packet)? {
            Packet::Connect { .. } => Some((index, true)),
            Packet::ConnectError { .. } => Some((index, false)),
            _ => None,
        }
    })
    .await;
    let name = &client.spec.name;
    let (kind, sentence, received) = match waited {
        Waited::Found((index, true)) => {
            link.pass_open_packet();
            let mut state = link.state();
            // Entries up to here can't answer what the steps send.
            state.cursor.packets = index + 1;
            state.cursor.frames = index + 1;
            return Ok(());
        }
        Waited::Found((index, false)) => (
            FailureKind::WronglyRefused,
            format!(
                "The server refused {name}'s CONNECT to {namespace}, where it has to echo messages."
            ),
            evidence::came_at(link, index),
        ),
        Waited::TimedOut => (
            FailureKind::NoResponse,
            format!("The server did not answer {name}'s CONNECT to {namespace} in time."),
            evidence::came_since(link, from),
        ),
        Waited::Ended(ended) => (
            FailureKind::ConnectionEnded,
            format!("{name}'s connection ended before the server answered CONNECT to {namespace}."),
            evidence::describe_end(&ended),
        ),
    };
    Err(Finding::new(kind, sentence)
        .expected("CONNECT")
        .received(received)
        .breach())
}

/// Whether a text comes back on a plain WebSocket.
pub(super) async fn round_trip(link: &Link, deadline: Instant) -> Waited<()> {
    let marker = format!("still-there-{}", link.next_ack());
    let journal = link.connection.journal();
    let from = journal.entries().len();
    link.connection.send_text(marker.clone());
    wait_in(journal, from, deadline, |_, entry| match &entry.what {
        What::Message(PacketData::Text(text)) if text.as_str() == marker => Some(()),
        _ => None,
    })
    .await
}
