//! What runs on top of Engine.IO.

use std::collections::BTreeSet;

use super::{
    super::Speaks,
    echo,
    finding::Finding,
    greetings::greetings,
    join::{Reply, Unconnected, connect},
};
use crate::client::{Connection, Endpoint, TransportChoice};

/// What runs on the server: Socket.IO, and what it says unasked, or messages that come back.
pub(super) async fn application(
    endpoint: &Endpoint,
    transport: TransportChoice,
    connection: Option<Connection>,
) -> (Speaks, Vec<Finding>, BTreeSet<String>) {
    const NAME: &str = "socket-io";
    let silent = BTreeSet::new();
    let Some(connection) = connection else {
        let nothing = vec![Finding::no(NAME, "no connection")];
        return (Speaks::SocketIo, nothing, silent);
    };
    match connect(&connection).await {
        Ok(Reply::Named) => {
            let joined = Finding::yes(NAME, "/ lets everybody in");
            let greetings = greetings(&connection).await;
            let echo = echo::socket(&connection).await;
            (Speaks::SocketIo, vec![joined, echo], greetings)
        }
        Ok(Reply::Nameless) => {
            let echo = echo::engine(endpoint, transport).await;
            if echo.iter().any(|finding| finding.found) {
                let repeated = Finding::no(NAME, "the server only repeats what it is told");
                (Speaks::EngineIo, [vec![repeated], echo].concat(), silent)
            } else {
                let joined = Finding::yes(NAME, "/ lets everybody in");
                let greetings = greetings(&connection).await;
                let echo = echo::socket(&connection).await;
                (Speaks::SocketIo, vec![joined, echo], greetings)
            }
        }
        Err(Unconnected::Refused(seen)) => {
            (Speaks::SocketIo, vec![Finding::no(NAME, seen)], silent)
        }
        Err(Unconnected::Other(seen)) => {
            let echo = echo::engine(endpoint, transport).await;
            let speaks = if echo.iter().any(|finding| finding.found) {
                Speaks::EngineIo
            } else {
                Speaks::SocketIo
            };
            let findings = [vec![Finding::no(NAME, seen)], echo].concat();
            (speaks, findings, silent)
        }
    }
}
