//! Fences: proof that everything under way has arrived.
//!
//! A fence is a round trip on the same ordered path as the forbidden event. It uses a request and its answer, which is
//! an acknowledgement or an event (the manifest names them), or else a WebSocket ping and its pong. First, every client
//! that sent something since the last fence makes a round trip: the server has then processed what these clients sent.
//! Then every observing client makes a round trip: everything that the server sent to the client before has then
//! arrived.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    client::{Entry, Layer, What},
    clock,
    runner::{
        clients::{Client, Link},
        play::attempt::Attempt,
        waiting::{
            Waited,
            lawful_wait::wait_lawfully,
            ping::{MARKER, ping},
        },
    },
    targets::Fence,
    wire::socket_io::Packet,
};

/// The time in which a server answers a fence. A fence that had less time says nothing about the manifest.
const LONGEST_ANSWER: Duration = Duration::from_secs(1);

/// How a connection proved that everything sent before has arrived.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::runner) enum Proof {
    /// The connection has ended, so nothing more can come on it.
    Ended,
    /// The server acknowledged the request of the fence.
    Ack,
    /// The server answered the request of the fence with an event.
    Event,
    /// The server answered a WebSocket ping with a pong.
    Pong,
    /// Nothing but the settle time has passed: no round trip was possible, or none was answered.
    TimeOnly,
}

/// Waits until everything that the server sends because of earlier steps has reached the clients `observers`, and
/// returns the weakest proof among them.
pub(in crate::runner) async fn fence(
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
pub(in crate::runner) async fn round_trip(
    attempt: &Attempt<'_>,
    (client, link): (&Client, &Link),
    deadline: Instant,
) -> Proof {
    if link.has_ended() {
        return Proof::Ended;
    }
    let manifest = &attempt.target.manifest;
    // Send the fence's event only to a target with events. An Engine.IO server that echoes every message seems to
    // accept CONNECT, but has no application to acknowledge events.
    let has_application = manifest.dialect.has_events();
    let fixed = manifest
        .fence
        .as_ref()
        .and_then(|fence| manifest.bindings.get(&fence.request)?.namespace.as_ref());
    let fences = &attempt.target.fences;
    let can_answer =
        |name: &String| !fences.is_useless(name) && fixed.is_none_or(|fixed| fixed == name);
    let namespace = link.joined().into_iter().find(can_answer);
    match (namespace, &manifest.fence, link.layer) {
        (Some(namespace), Some(fence), Layer::SocketIo) if has_application => {
            let begun = clock::now();
            let proof =
                answer_trip(attempt, (client, link), namespace.clone(), fence, deadline).await;
            match proof {
                Proof::Ack | Proof::Event => fences.note_answer(&namespace),
                Proof::TimeOnly if !fences.is_proved(&namespace) => {
                    return instead_of_fence(attempt, link, &namespace, begun.elapsed()).await;
                }
                Proof::TimeOnly | Proof::Ended | Proof::Pong => {}
            }
            proof
        }
        _ => pong_trip(link, deadline).await,
    }
}

/// Sends the request of the fence and waits for its answer.
async fn answer_trip(
    attempt: &Attempt<'_>,
    (client, link): (&Client, &Link),
    namespace: String,
    fence: &Fence,
    deadline: Instant,
) -> Proof {
    let manifest = &attempt.target.manifest;
    let answer = manifest.fence_event(fence);
    let begun = clock::now();
    attempt.pace(client, 1).await;
    let deadline = deadline + begun.elapsed();
    let id = link.next_own_ack();
    link.state().fences.insert(id);
    let from = link.connection.journal().entries().len();
    let before = clock::now();
    link.connection.send(&Packet::Event {
        namespace: namespace.clone(),
        id: answer.is_none().then_some(id),
        name: manifest.bindings.event(&fence.request).to_owned(),
        args: vec![fence.with.clone()],
    });
    link.state().fence_requests.push([before, clock::now()]);
    let is_answer = |index: usize, entry: &Entry| match (&entry.what, answer) {
        (What::Socket(Packet::Ack { id: answered, .. }), None) => *answered == id,
        // Claim the event, so that no step receives it, and no other fence takes it as its own answer.
        (What::Socket(packet @ Packet::Event { name, .. }), Some(answer)) => {
            name == answer && packet.namespace() == namespace && take_answer(link, index)
        }
        _ => false,
    };
    let waited = wait_lawfully(attempt, (client, link), from, deadline, |index, entry| {
        is_answer(index, entry).then_some(())
    });
    match (waited.await, answer) {
        (Ok(Waited::Found(())), None) => Proof::Ack,
        (Ok(Waited::Found(())), Some(_)) => Proof::Event,
        (Ok(Waited::Ended(_)), _) => Proof::Ended,
        // A server that sends illegal data fails the scenario when the invariants are checked.
        (Ok(Waited::TimedOut) | Err(_), _) => Proof::TimeOnly,
    }
}

/// Claims the event at `index` as the answer to a fence. Returns false if a step or another fence has claimed it.
fn take_answer(link: &Link, index: usize) -> bool {
    let mut state = link.state();
    let is_free = state.received.claim_unclaimed(index);
    if is_free {
        state.fence_answers.insert(index);
    }
    is_free
}

/// Makes a round trip by ping, because the fence got no answer in the time `waited`, and has never got one in this
/// namespace. If the server answers the ping, the fence is at fault and not the server: the run then does without this
/// fence.
async fn instead_of_fence(
    attempt: &Attempt<'_>,
    link: &Link,
    namespace: &str,
    waited: Duration,
) -> Proof {
    let proof = pong_trip(link, clock::now() + waited).await;
    let is_open = match proof {
        Proof::Pong => true,
        Proof::TimeOnly => !link.websocket,
        Proof::Ack | Proof::Ended | Proof::Event => false,
    };
    if is_open && waited >= LONGEST_ANSWER.min(attempt.target.within) {
        attempt.target.fences.note_silence(namespace);
    }
    proof
}

async fn pong_trip(link: &Link, deadline: Instant) -> Proof {
    if !link.websocket {
        return Proof::TimeOnly;
    }
    let marker = format!("{MARKER}{}", link.next_own_ack());
    let waited = ping(&link.connection, marker, deadline).await;
    match waited {
        Waited::Found(()) => Proof::Pong,
        Waited::Ended(_) => Proof::Ended,
        Waited::TimedOut => Proof::TimeOnly,
    }
}

impl Proof {
    /// Returns in words, for reports, how a connection proved that everything sent before has arrived.
    pub(in crate::runner) fn describe(self) -> &'static str {
        match self {
            Self::Ended => "the connection had ended",
            Self::Ack => "an acknowledged request after the step",
            Self::Event => "a request after the step, which the server answered with an event",
            Self::Pong => "a WebSocket ping and its pong after the step",
            Self::TimeOnly => "time only: no round trip was possible",
        }
    }
}
