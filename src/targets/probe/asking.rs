//! How a probe asks a server: one question, with the connection that it needs.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::finding::Finding;
use crate::{
    client::{ConnectFailure, Connection, Endpoint, Options, TransportChoice},
    wire::engine_io::Handshake,
};

/// How long any single answer may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(3);

/// Asks a server that speaks Engine.IO one question.
pub(super) type Probe = for<'a> fn(&'a Asked<'a>) -> BoxFuture<'a, Finding>;

/// What a probe of a server that speaks Engine.IO knows.
pub(super) struct Asked<'a> {
    /// The address.
    pub(super) endpoint: &'a Endpoint,
    /// The transport that works: polling if both do.
    pub(super) transport: TransportChoice,
    /// The data of the open packet.
    pub(super) handshake: &'a Handshake,
}

/// Opens a connection; every wait ends at the deadline of probes.
pub(super) async fn open(
    endpoint: &Endpoint,
    transport: TransportChoice,
    options: Options,
) -> Result<Connection, ConnectFailure> {
    let options = Options {
        transport,
        deadline: DEADLINE,
        ..options
    };
    Connection::open(endpoint, options).await
}
