//! The input of a probe, and the way to open a connection for a probe.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::finding::Finding;
use crate::{
    client::{ConnectFailure, Connection, Endpoint, Options, TransportChoice, What},
    clock,
    targets::Visitor,
    wire::engine_io::Handshake,
};

/// The time that a server has for each answer to a probe.
pub(super) const DEADLINE: Duration = Duration::from_secs(3);

/// A probe: asks an Engine.IO server one question.
pub(super) type Probe = for<'a> fn(&'a Asked<'a>) -> BoxFuture<'a, Finding>;

/// A server to probe, and how the probes present themselves to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door<'a> {
    /// The address of the server.
    pub(super) endpoint: &'a Endpoint,
    /// What the probes present.
    pub(super) visitor: &'a Visitor,
}

/// The data that a probe gets about the Engine.IO server under test.
pub(super) struct Asked<'a> {
    /// The server, and how to present oneself to it.
    pub(super) door: Door<'a>,
    /// The transport to use: polling if both transports work.
    pub(super) transport: TransportChoice,
    /// The content of the open packet that the server has sent.
    pub(super) handshake: &'a Handshake,
}

/// Waits for a journal entry from index `from` on for which `pick` returns a value, and returns this value. Returns `None`
/// after `timeout`, or at the end of the connection.
pub(super) async fn first_within<T>(
    connection: &Connection,
    from: usize,
    timeout: Duration,
    pick: impl Fn(&What) -> Option<T>,
) -> Option<T> {
    let journal = connection.journal();
    let search = async {
        let mut seen = from;
        loop {
            {
                let entries = journal.entries();
                let fresh = entries.get(seen..).unwrap_or_default();
                if let Some(found) = fresh.iter().find_map(|entry| pick(&entry.what)) {
                    return Some(found);
                }
                if fresh
                    .iter()
                    .any(|entry| matches!(entry.what, What::Ended(_)))
                {
                    return None;
                }
                seen = entries.len();
            }
            journal.longer_than(seen).await;
        }
    };
    clock::within(timeout, search).await.ok().flatten()
}

/// Opens a connection whose waits end after [`DEADLINE`].
pub(super) async fn open(
    door: Door<'_>,
    transport: TransportChoice,
    options: Options,
) -> Result<Connection, ConnectFailure> {
    let options = Options {
        transport,
        deadline: DEADLINE,
        ..options
    };
    Connection::open(door.endpoint, door.visitor.options(options)).await
}
