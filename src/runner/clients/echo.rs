//! Echoes: messages that a target sends back to the client that sent them.
//!
//! A plain WebSocket endpoint sends back every message. An Engine.IO server sends back its message packets. The
//! contract application acknowledges the event `echo` with the event's arguments. Scenarios about frames need nothing
//! else from an application, so one scenario serves all three: the function `echo(text)` returns what to send, and
//! `receive: { echo: … }` waits for the text to come back.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Client, Link,
    echo_form::{OPERATION, namespace},
    join_by_hand::join_namespace,
};
use crate::{
    client::{Entry, Illegal, What},
    data::Data,
    runner::{
        findings::StepResult,
        journal::message_packet::{illegal_packet_in, packet_in},
        play::attempt::Attempt,
        waiting::{Waited, wait_in},
    },
    targets::{Manifest, Speaks},
    wire::{
        engine_io::{PacketData, PacketType},
        socket_io::Packet,
    },
};

/// Returns the value that the server has echoed in this journal entry, or `None` if the entry is no echo.
pub(in crate::runner) fn answer(manifest: &Manifest, entry: &Entry) -> Option<Data> {
    match (manifest.dialect.speaks, &entry.what) {
        (Speaks::WebSocket, What::Message(PacketData::Text(text)))
            if manifest.dialect.envelope.is_some() =>
        {
            enveloped_answer(manifest, text)
        }
        (Speaks::WebSocket, What::Message(data)) => Some(value(data)),
        (Speaks::EngineIo, What::Packet(packet)) if packet.kind == PacketType::Message => {
            Some(value(&packet.data))
        }
        (Speaks::SocketIo, What::Packet(packet)) => match packet_in(packet)? {
            Packet::Ack { args, .. } => first(manifest.acknowledgements.result(args)),
            Packet::Event { name, args, .. } if is_result(manifest, &name) => first(args),
            _ => None,
        },
        _ => None,
    }
}

fn first(args: Vec<Data>) -> Option<Data> {
    args.into_iter().next()
}

/// Returns true if an event of this name is the answer to the echo. If the target also acknowledges requests, the
/// acknowledgement is the answer.
fn is_result(manifest: &Manifest, name: &str) -> bool {
    !manifest.acknowledges() && manifest.reply_event(OPERATION) == Some(name)
}

/// Returns the value that the server has echoed in an envelope.
fn enveloped_answer(manifest: &Manifest, text: &str) -> Option<Data> {
    let envelope = manifest.dialect.envelope.as_ref()?;
    let packets = envelope.decode(text, "/", &|_| true);
    packets.into_iter().find_map(|packet| match packet {
        Packet::Ack { args, .. } => first(manifest.acknowledgements.result(args)),
        Packet::Event { name, args, .. } if is_result(manifest, &name) => first(args),
        _ => None,
    })
}

/// Returns the rule of Socket.IO that a message of the server breaks, if the target echoes by acknowledgements.
pub(in crate::runner) fn illegal(speaks: Speaks, link: &Link, entry: &Entry) -> Option<Illegal> {
    match (speaks, &entry.what) {
        (Speaks::SocketIo, What::Packet(packet)) if !link.msgpack => {
            illegal_packet_in(packet).map(Illegal::SocketIo)
        }
        _ => None,
    }
}

fn value(data: &PacketData) -> Data {
    match data {
        PacketData::Binary(bytes) => Data::Bytes(bytes.clone()),
        PacketData::Text(text) => Data::from(text.as_str()),
    }
}

/// Joins the namespace that echoes messages. Does nothing if the target has no namespaces.
pub(in crate::runner) async fn join(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Arc<Link>,
    deadline: Instant,
) -> StepResult {
    let manifest = &attempt.target.manifest;
    if manifest.dialect.speaks != Speaks::SocketIo {
        return Ok(());
    }
    join_namespace(attempt, client, link, namespace(manifest), deadline).await
}

/// Sends a text over a plain WebSocket and waits for its echo.
pub(in crate::runner) async fn round_trip(link: &Link, deadline: Instant) -> Waited<()> {
    let marker = format!("still-there-{}", link.next_own_ack());
    let journal = link.connection.journal();
    let from = journal.entries().len();
    link.connection.send_text(marker.clone());
    wait_in(journal, from, deadline, |_, entry| match &entry.what {
        What::Message(PacketData::Text(text)) if text.as_str() == marker => Some(()),
        _ => None,
    })
    .await
}
