//! Measures a target once, after its start: how long to wait for forbidden traffic, and whether the target acknowledges
//! the fence. The fence is an event with which the runner proves that everything sent before has arrived.

use std::time::Duration;

use super::fence_answers::FenceAnswers;
use crate::{
    client::{Connection, DropHow, Endpoint, Layer, Options, TransportChoice, What},
    clock,
    runner::waiting::{Waited, ping::ping, wait_in},
    targets::{Fence, Manifest, Visitor},
    wire::socket_io::{AckId, Packet},
};

/// The minimum settle time, which is how long the runner waits for forbidden traffic. It is longer than 50 ms, so that
/// the runner notices a faulty handler that delivers a forbidden event with a delay of 50 ms.
pub(super) const FLOOR: Duration = Duration::from_millis(80);

/// The maximum settle time (how long the runner waits for forbidden traffic), for slow targets.
const CEILING: Duration = Duration::from_millis(500);

/// The number of round trips that the settle time is computed from.
const TRIPS: usize = 8;

/// The timeout of the measurement of the settle time, in which all round trips have to fit.
const LIMIT: Duration = Duration::from_secs(2);

/// Measures the settle time, which is how long the runner waits for forbidden traffic: the minimum plus four times the
/// slowest round trip.
pub(in crate::runner) async fn settle(
    endpoint: &Endpoint,
    layer: Layer,
    visitor: &Visitor,
) -> Duration {
    let slowest = clock::within(LIMIT, slowest_trip(endpoint, layer, visitor))
        .await
        .ok()
        .flatten()
        .unwrap_or_default();
    (FLOOR + slowest * 4).min(CEILING)
}

async fn slowest_trip(endpoint: &Endpoint, layer: Layer, visitor: &Visitor) -> Option<Duration> {
    let options = Options {
        layer,
        deadline: LIMIT,
        ..Options::default()
    };
    let connection = Connection::open(endpoint, visitor.options(options))
        .await
        .ok()?;
    let mut slowest = Duration::ZERO;
    for trip in 0..TRIPS {
        let begun = clock::now();
        let deadline = clock::now() + LIMIT;
        let waited = ping(&connection, format!("calibrate-{trip}"), deadline).await;
        let Waited::Found(()) = waited else {
            return None;
        };
        slowest = slowest.max(begun.elapsed());
    }
    connection.end(DropHow::Close).await;
    Some(slowest)
}

/// Sends the manifest's fence once, and notes in `fences` whether the target answers. A fence is a request with which
/// the runner proves that everything sent before has arrived. Where the target does not answer it, a fence would wait
/// until its deadline and prove nothing.
///
/// Notes nothing if the runner can't join the namespace of the fence without credentials.
pub(super) async fn try_fence(
    endpoint: &Endpoint,
    manifest: &Manifest,
    within: Duration,
    fences: &FenceAnswers,
) {
    let Some(fence) = &manifest.fence else {
        return;
    };
    // A client that has to enter can't find out anything here; `try_out` does.
    if !manifest.dialect.has_events() || manifest.way_in.enter.is_some() {
        return;
    }
    let has = |capability: &str| manifest.provides.contains(capability);
    let options = Options {
        transport: if has("polling") && !has("websocket") {
            TransportChoice::Polling
        } else {
            TransportChoice::WebSocket
        },
        msgpack: has("msgpack"),
        envelopes: manifest.envelopes("/"),
        deadline: within,
        ..Options::default()
    };
    let binding = manifest.bindings.get(&fence.request);
    let namespace = binding
        .and_then(|binding| binding.namespace.as_deref())
        .unwrap_or(manifest.bindings.namespaces.main());
    let visitor = Visitor::of(manifest);
    let Ok(connection) = Connection::open(endpoint, visitor.options(options)).await else {
        return;
    };
    let has_joined = manifest.dialect.envelope.is_some()
        || is_joined(&connection, namespace, &visitor, within).await;
    if has_joined {
        match is_answered(&connection, namespace, manifest, fence, within).await {
            Some(true) => fences.note_answer(namespace),
            Some(false) => fences.note_silence(namespace),
            None => {}
        }
    }
    connection.end(DropHow::Close).await;
}

/// Joins a namespace as a visitor. Returns true if the server accepts the CONNECT packet.
async fn is_joined(
    connection: &Connection,
    namespace: &str,
    visitor: &Visitor,
    within: Duration,
) -> bool {
    connection.send(&Packet::Connect {
        namespace: namespace.to_owned(),
        payload: visitor.auth.clone(),
    });
    let deadline = clock::now() + within;
    let reply = wait_in(connection.journal(), 0, deadline, |_, entry| {
        match &entry.what {
            // A server that echoes every packet seems to accept every CONNECT, but its answer has no socket id.
            What::Socket(Packet::Connect { payload, .. }) => Some(
                payload
                    .as_ref()
                    .is_some_and(|payload| payload.get("sid").is_some()),
            ),
            What::Socket(Packet::ConnectError { .. } | Packet::Disconnect { .. }) => Some(false),
            _ => None,
        }
    });
    matches!(reply.await, Waited::Found(true))
}

/// Returns true if the request of the fence gets its answer, and false if it gets none although the connection stays
/// open. Returns `None` if the server ends the connection or disconnects the client.
async fn is_answered(
    connection: &Connection,
    namespace: &str,
    manifest: &Manifest,
    fence: &Fence,
    within: Duration,
) -> Option<bool> {
    let id = AckId(0);
    let answer = manifest.fence_event(fence);
    connection.send(&Packet::Event {
        namespace: namespace.to_owned(),
        id: answer.is_none().then_some(id),
        name: manifest.bindings.event(&fence.request).to_owned(),
        args: vec![fence.with.clone()],
    });
    let deadline = clock::now() + within;
    let answered = wait_in(connection.journal(), 0, deadline, |_, entry| {
        match &entry.what {
            What::Socket(Packet::Ack { id: answered, .. }) if *answered == id => Some(true),
            What::Socket(Packet::Event { name, .. }) if Some(name.as_str()) == answer => Some(true),
            // Some servers check credentials only after they accepted CONNECT, and then disconnect the client. That
            // says nothing about the fence.
            What::Socket(Packet::Disconnect { .. }) => Some(false),
            _ => None,
        }
    });
    match answered.await {
        Waited::Found(true) => Some(true),
        Waited::Found(false) | Waited::Ended(_) => None,
        Waited::TimedOut => Some(false),
    }
}
