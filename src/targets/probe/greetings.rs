//! Observes what a server sends to a client that joins the main namespace and sends nothing.

use std::{collections::BTreeSet, time::Duration};

use super::join::connect;
use crate::{
    client::{Connection, DropHow, Ended, What},
    clock,
    targets::Visitor,
    wire::socket_io::Packet,
};

/// The time for which the client waits for events.
const LISTEN_TIME: Duration = Duration::from_millis(500);

/// The time for which the client waits for events after another client has joined, and after it has left.
const NEIGHBOUR_TIME: Duration = Duration::from_millis(150);

/// What the server does to a client that joins and sends nothing.
#[derive(Debug)]
pub(super) enum Welcome {
    /// The server keeps the client and sends it these events.
    Stays(BTreeSet<String>),
    /// The server disconnects the client.
    Disconnected,
    /// The server disconnects the client when another one joins.
    Replaced,
}

/// Waits after a client has joined, and returns what the server does. Meanwhile, `neighbour` opens the connection of
/// another client, which presents itself in the same way, joins and leaves again.
pub(super) async fn welcome(
    connection: &Connection,
    visitor: &Visitor,
    neighbour: impl Future<Output = Option<Connection>>,
) -> Welcome {
    listen(connection, LISTEN_TIME).await;
    if has_been_sent_away(connection) {
        return Welcome::Disconnected;
    }
    if let Some(neighbour) = neighbour.await
        && connect(&neighbour, visitor).await.is_ok()
    {
        listen(connection, NEIGHBOUR_TIME).await;
        neighbour.end(DropHow::Close).await;
        listen(connection, NEIGHBOUR_TIME).await;
    }
    let entries = connection.journal().entries();
    let is_dismissal = |what: &What| matches!(what, What::Socket(Packet::Disconnect { .. }));
    if entries.iter().any(|entry| is_dismissal(&entry.what)) {
        return Welcome::Replaced;
    }
    let names = entries.iter().filter_map(|entry| match &entry.what {
        What::Socket(Packet::Event { name, .. }) => Some(name.clone()),
        _ => None,
    });
    Welcome::Stays(names.collect())
}

/// Waits for some time, or until the connection ends.
async fn listen(connection: &Connection, time: Duration) {
    let journal = connection.journal();
    let until = clock::now() + time;
    let mut seen = journal.entries().len();
    while clock::before(until, journal.longer_than(seen))
        .await
        .is_ok()
    {
        let entries = journal.entries();
        seen = entries.len();
        if matches!(
            entries.last().map(|entry| &entry.what),
            Some(What::Ended(_))
        ) {
            break;
        }
    }
}

/// Returns true if the server has disconnected the client.
fn has_been_sent_away(connection: &Connection) -> bool {
    let entries = connection.journal().entries();
    entries.iter().any(|entry| {
        matches!(
            entry.what,
            What::Ended(Ended { by_us: false, .. }) | What::Socket(Packet::Disconnect { .. })
        )
    })
}
