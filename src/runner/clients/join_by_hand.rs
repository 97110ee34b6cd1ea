//! Joins a namespace on a connection on which the steps write the packets themselves.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Client, Link,
    presented::{self, Login},
};
use crate::{
    client::{Entry, What},
    runner::{
        findings::{
            Finding, StepResult, evidence, failure_kind::FailureKind,
            unanswered_connect::unanswered_connect,
        },
        journal::message_packet::packet_in,
        play::attempt::Attempt,
        waiting::{Waited, wait_in},
    },
    targets::Speaks,
    wire::{
        engine_io::{Packet as EnginePacket, PacketType},
        socket_io::{self, Packet},
    },
};

/// Joins the main namespace if the target lets every client join it, so that no connect timeout ends the connection.
///
/// Does nothing on other targets, and on connections with msgpack or revision 3 of Engine.IO. In revision 3, the server
/// itself joins the client.
pub(in crate::runner) async fn join_main(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Arc<Link>,
    deadline: Instant,
) -> StepResult {
    let manifest = &attempt.target.manifest;
    let is_open = manifest.dialect.speaks == Speaks::SocketIo
        && manifest.provides.contains("socket-io")
        && !link.msgpack
        && link.eio != 3;
    if !is_open {
        return Ok(());
    }
    let main = manifest.bindings.namespaces.main();
    join_namespace(attempt, client, link, main, deadline).await
}

/// Joins a namespace. Later `receive` steps read only what comes after the server's reply.
pub(super) async fn join_namespace(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Arc<Link>,
    namespace: &str,
    deadline: Instant,
) -> StepResult {
    let defaults = &attempt.target.manifest.way_in.clients;
    let scope = attempt.scope_of(client);
    let payload = presented::auth(defaults, &scope, Login::Manifest, None)?;
    let journal = link.connection.journal();
    let from = journal.entries().len();
    let connect = socket_io::encode(&Packet::Connect {
        namespace: namespace.to_owned(),
        payload,
    });
    let connect = EnginePacket::text(PacketType::Message, connect.text);
    link.connection.send_packets(vec![connect]);
    let waited = wait_in(journal, from, deadline, |index, entry| {
        Some((index, is_accepted(entry)?))
    });
    let waited = waited.await;
    let name = &client.spec.name;
    let finding = match waited {
        Waited::Found((index, true)) => {
            link.receive_from(index + 1);
            return Ok(());
        }
        Waited::Found((index, false)) => Finding::new(
            FailureKind::WronglyRefused,
            format!("The server refused {name}'s CONNECT to {namespace}; it has to accept it."),
        )
        .received(evidence::came_at(link, index)),
        Waited::TimedOut => unanswered_connect(name, namespace, (link, from), None),
        Waited::Ended(ended) => unanswered_connect(name, namespace, (link, from), Some(&ended)),
    };
    Err(finding.expected("CONNECT").breach())
}

/// Returns whether an entry accepts a CONNECT, or `None` if the entry does not answer one.
fn is_accepted(entry: &Entry) -> Option<bool> {
    let What::Packet(packet) = &entry.what else {
        return None;
    };
    match packet_in(packet)? {
        Packet::Connect { .. } => Some(true),
        Packet::ConnectError { .. } => Some(false),
        _ => None,
    }
}
