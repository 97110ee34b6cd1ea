//! What a server says of its own accord to whoever joins.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::{
    client::{Connection, What},
    wire::socket_io::Packet,
};

/// How long a newcomer listens.
const LISTENS: Duration = Duration::from_millis(500);

/// Names of the events that reach a client which has joined and asks for nothing.
pub(super) async fn greetings(connection: &Connection) -> BTreeSet<String> {
    let journal = connection.journal();
    let until = Instant::now() + LISTENS;
    let mut seen = journal.entries().len();
    // An end in the meantime is noticed by whoever asks next.
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
    let names = entries.iter().filter_map(|entry| match &entry.what {
        What::Socket(Packet::Event { name, id: None, .. }) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}
