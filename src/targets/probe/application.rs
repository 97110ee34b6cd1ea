//! Probes the protocol on top of Engine.IO: Socket.IO, or messages that the server sends back.

use std::collections::BTreeSet;

use super::{
    super::Speaks,
    asking::{Door, open},
    echo,
    finding::Finding,
    greetings::{Welcome, welcome},
    join::{Reply, Unconnected, connect},
};
use crate::{
    client::{Connection, Illegal, IllegalWebSocket, Options, TransportChoice, What},
    targets::capability::{Capability, Source},
};

/// The capabilities that this probe finds.
pub(in crate::targets) const CAPABILITIES: &[Capability] = &[Capability {
    name: "socket-io",
    meaning: "every client can join the main namespace",
    source: Source::Probe("a CONNECT to `/` without a payload is answered with CONNECT"),
    excludes: &[],
}];

/// The name of the capability for Socket.IO.
const NAME: &str = "socket-io";

/// Finds out what runs on top of Engine.IO: Socket.IO, or a server that sends messages back. For Socket.IO, also
/// returns the events that the server sends to new clients.
pub(super) async fn application(
    door: Door<'_>,
    transport: TransportChoice,
    connection: Option<Connection>,
) -> (Speaks, Vec<Finding>, BTreeSet<String>) {
    let silent = BTreeSet::new();
    let Some(connection) = connection else {
        let nothing = vec![Finding::no(NAME, "no connection")];
        return (Speaks::SocketIo, nothing, silent);
    };
    match connect(&connection, door.visitor).await {
        Ok(Reply::Named) => joined(&connection, door, transport).await,
        Ok(Reply::Nameless) => {
            let echo = echo::engine(door, transport).await;
            if echo.iter().any(|finding| finding.found) {
                let repeated = Finding::no(NAME, "the server only sends the client's packets back");
                (Speaks::EngineIo, [vec![repeated], echo].concat(), silent)
            } else {
                joined(&connection, door, transport).await
            }
        }
        Err(Unconnected::Refused(seen)) => {
            (Speaks::SocketIo, vec![Finding::no(NAME, seen)], silent)
        }
        Err(Unconnected::Illegal(seen)) => {
            let broken = vec![Finding::broken(NAME, seen)];
            (Speaks::SocketIo, broken, silent)
        }
        Err(Unconnected::Other(seen)) => {
            let echo = echo::engine(door, transport).await;
            if echo.iter().any(|finding| finding.found) {
                let findings = [vec![Finding::no(NAME, seen)], echo].concat();
                return (Speaks::EngineIo, findings, silent);
            }
            // Socket.IO answers each CONNECT. At the path of Socket.IO, a server that gives no answer is broken; at
            // another path, it can be an Engine.IO server for messages of its own.
            let joining = if door.endpoint.path == Speaks::SocketIo.usual_path() {
                Finding::broken(NAME, format!("the path is that of Socket.IO, but {seen}"))
            } else {
                Finding::no(NAME, seen)
            };
            (Speaks::SocketIo, [vec![joining], echo].concat(), silent)
        }
    }
}

/// Returns the findings of a client that has joined the main namespace.
async fn joined(
    connection: &Connection,
    door: Door<'_>,
    transport: TransportChoice,
) -> (Speaks, Vec<Finding>, BTreeSet<String>) {
    let neighbour = async {
        let opened = open(door, transport, Options::default()).await;
        opened.ok()
    };
    match welcome(connection, door.visitor, neighbour).await {
        Welcome::Stays(greetings) => {
            let namespace = &door.visitor.namespace;
            let seen = format!("every client can join the namespace {namespace}");
            let joined = Finding::yes(NAME, seen);
            let echo = echo::socket(connection, namespace).await;
            (Speaks::SocketIo, vec![joined, echo], greetings)
        }
        Welcome::Disconnected => (
            Speaks::SocketIo,
            vec![sent_away(connection, "is disconnected at once")],
            BTreeSet::new(),
        ),
        Welcome::Replaced => (
            Speaks::SocketIo,
            vec![sent_away(
                connection,
                "is disconnected when another client joins",
            )],
            BTreeSet::new(),
        ),
    }
}

/// Returns the finding about a client that joined and lost its connection. A server that sent illegal data is broken,
/// so the scenarios that need Socket.IO judge it.
fn sent_away(connection: &Connection, how: &str) -> Finding {
    let seen = format!("every client can join the namespace /, but {how}");
    let entries = connection.journal().entries();
    let illegal = entries.iter().find_map(|entry| match &entry.what {
        // Either side may drop a failed connection in the middle of a frame (RFC 6455 section 7.1.7).
        What::Illegal {
            illegal: Illegal::WebSocket(IllegalWebSocket::StreamEndedInFrame),
            ..
        } => None,
        What::Illegal { illegal, .. } => Some(illegal),
        _ => None,
    });
    match illegal {
        Some(illegal) => Finding::broken(NAME, format!("{seen}; the server sent: {illegal}")),
        None => Finding::no(NAME, seen),
    }
}
