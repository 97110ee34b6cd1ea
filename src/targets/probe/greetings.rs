//! What a server does of its own accord with whoever joins.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::timeout_at;

use crate::{
    client::{Connection, What},
    clock,
    wire::socket_io::Packet,
};

/// How long a newcomer listens.
const LISTENS: Duration = Duration::from_millis(500);

/// What a newcomer who asks for nothing sees.
#[derive(Debug)]
pub(super) enum Welcome {
    /// It may stay; these events reach it.
    Stays(BTreeSet<String>),
    /// It is put out.
    PutOut,
}

/// Waits with a client that has joined.
pub(super) async fn welcome(connection: &Connection) -> Welcome {
    let journal = connection.journal();
    let until = clock::now() + LISTENS;
    let mut seen = journal.entries().len();
    while timeout_at(until, journal.longer_than(seen)).await.is_ok() {
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
            What::Ended(_) | What::Socket(Packet::Disconnect { .. })
        )
    };
    if entries.iter().any(|entry| is_end(&entry.what)) {
        return Welcome::PutOut;
    }
    let names = entries.iter().filter_map(|entry| match &entry.what {
        What::Socket(Packet::Event { name, .. }) => Some(name.clone()),
        _ => None,
    });
    Welcome::Stays(names.collect())
}
