//! Observes what a server sends to a client that joins the main namespace and sends nothing.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    client::{Connection, Ended, What},
    clock,
    wire::socket_io::Packet,
};

/// The time for which the client waits for events.
const LISTEN_TIME: Duration = Duration::from_millis(500);

/// What the server does to a client that joins and sends nothing.
#[derive(Debug)]
pub(super) enum Welcome {
    /// The server keeps the client and sends it these events.
    Stays(BTreeSet<String>),
    /// The server disconnects the client.
    Disconnected,
}

/// Waits after a client has joined, and returns what the server does.
pub(super) async fn welcome(connection: &Connection) -> Welcome {
    let journal = connection.journal();
    let until = clock::now() + LISTEN_TIME;
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
    let entries = journal.entries();
    let is_end = |what: &What| {
        matches!(
            what,
            What::Ended(Ended { by_us: false, .. }) | What::Socket(Packet::Disconnect { .. })
        )
    };
    if entries.iter().any(|entry| is_end(&entry.what)) {
        return Welcome::Disconnected;
    }
    let names = entries.iter().filter_map(|entry| match &entry.what {
        What::Socket(Packet::Event { name, .. }) => Some(name.clone()),
        _ => None,
    });
    Welcome::Stays(names.collect())
}
