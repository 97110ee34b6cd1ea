//! Fences: proof that everything under way has arrived.
//!
//! A fence is a round trip on the same ordered path as the forbidden event. It uses an event and its
//! acknowledgement (the manifest names the event), or else a WebSocket ping and its pong. First, every client that sent
//! something since the last fence makes a round trip: the server has then processed what these clients sent. Then every
//! observing client makes a round trip: everything that the server sent to the client before has then arrived.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    attempt::Attempt,
    clients::{Client, Link},
    fence_frame::MARKER,
    lawful_wait::wait_lawfully,
    ping::ping,
    wait::Waited,
};
use crate::{
    client::{Entry, Layer, What},
    clock,
    data::Data,
    targets::Speaks,
    wire::socket_io::Packet,
};

/// How a connection proved that everything sent before has arrived.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Proof {
    /// The connection has ended, so nothing more can come on it.
    Ended,
    /// The server acknowledged the event of the fence.
    Ack,
    /// The server answered a WebSocket ping with a pong.
    Pong,
    /// Nothing but the settle time has passed: no round trip was possible, or none was answered.
    TimeOnly,
}

/// Waits until everything that the server sends because of earlier steps has reached the clients `observers`, and
/// returns the weakest proof among them.
pub(super) async fn fence(
    attempt: &Attempt<'_>,
    observers: &[Arc<Client>],
    limit: Duration,
) -> Proof {
    let actors = attempt.take_unfenced();
    let deadline = clock::now() + limit;
    round_trips(attempt, &actors, deadline).await;
    let proofs = round_trips(attempt, observers, deadline).await;
    proofs.into_iter().max().unwrap_or(Proof::Ended)
}

/// Makes a round trip with each client that has a connection.
async fn round_trips(
    attempt: &Attempt<'_>,
    clients: &[Arc<Client>],
    deadline: Instant,
) -> Vec<Proof> {
    let links: Vec<_> = clients
        .iter()
        .filter_map(|client| Some((client, client.link()?)))
        .collect();
    let trips = links
        .iter()
        .map(|(client, link)| round_trip(attempt, (client, link), deadline));
    futures_util::future::join_all(trips).await
}

/// Makes a round trip on one connection, and returns how strong a proof the round trip is.
pub(super) async fn round_trip(
    attempt: &Attempt<'_>,
    (client, link): (&Client, &Link),
    deadline: Instant,
) -> Proof {
    if link.has_ended() {
        return Proof::Ended;
    }
    let manifest = &attempt.target.manifest;
    // Send the fence's event only to a Socket.IO target. An Engine.IO server that echoes every message seems to accept
    // CONNECT, but has no application to acknowledge events.
    let has_application = manifest.dialect.speaks == Speaks::SocketIo;
    let fixed = manifest
        .fence
        .as_ref()
        .and_then(|operation| manifest.bindings.get(operation)?.namespace.as_ref());
    let is_answered = |name: &String| {
        attempt.target.namespace_without_fence.as_ref() != Some(name)
            && fixed.is_none_or(|fixed| fixed == name)
    };
    let namespace = link.joined().into_iter().find(is_answered);
    match (namespace, &manifest.fence, link.layer) {
        (Some(namespace), Some(operation), Layer::SocketIo) if has_application => {
            ack_trip(attempt, (client, link), namespace, operation, deadline).await
        }
        _ => pong_trip(link, deadline).await,
    }
}

async fn ack_trip(
    attempt: &Attempt<'_>,
    (client, link): (&Client, &Link),
    namespace: String,
    operation: &str,
    deadline: Instant,
) -> Proof {
    let binding = attempt.target.manifest.bindings.entries.get(operation);
    let name = binding
        .map_or(operation, |binding| binding.event.as_str())
        .to_owned();
    let id = link.next_ack();
    link.state().fences.insert(id);
    let from = link.connection.journal().entries().len();
    link.connection.send(&Packet::Event {
        namespace,
        id: Some(id),
        name,
        args: vec![Data::from("fence")],
    });
    let is_answer = |entry: &Entry| matches!(&entry.what, What::Socket(Packet::Ack { id: answered, .. }) if *answered == id);
    let waited = wait_lawfully(attempt, (client, link), from, deadline, |_, entry| {
        is_answer(entry).then_some(())
    });
    match waited.await {
        Ok(Waited::Found(())) => Proof::Ack,
        Ok(Waited::Ended(_)) => Proof::Ended,
        // A server that sends illegal data fails the scenario when the invariants are checked.
        Ok(Waited::TimedOut) | Err(_) => Proof::TimeOnly,
    }
}

async fn pong_trip(link: &Link, deadline: Instant) -> Proof {
    if !link.websocket {
        return Proof::TimeOnly;
    }
    let marker = format!("{MARKER}{}", link.next_ack());
    let waited = ping(&link.connection, marker, deadline).await;
    match waited {
        Waited::Found(()) => Proof::Pong,
        Waited::Ended(_) => Proof::Ended,
        Waited::TimedOut => Proof::TimeOnly,
    }
}

impl Proof {
    /// Returns in words, for reports, how a connection proved that everything sent before has arrived.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Ended => "the connection had ended",
            Self::Ack => "an acknowledged request after the step",
            Self::Pong => "a WebSocket ping and its pong after the step",
            Self::TimeOnly => "time only: no round trip was possible",
        }
    }
}
