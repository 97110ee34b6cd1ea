//! Asks whether anything listens at the address of a target.

use std::{
    io::{self, ErrorKind},
    time::Duration,
};

use crate::{client::Endpoint, clock};

/// The timeout of one check whether a server is alive.
pub(super) const LIVENESS: Duration = Duration::from_secs(2);

/// How long a process may take to end after its connections have ended.
pub(in crate::runner) const DYING: Duration = Duration::from_millis(300);

/// The time between two checks whether a server that may be dying is still alive.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits, for a short while, until nothing listens at the address any more.
pub(in crate::runner) async fn until_gone(endpoint: &Endpoint) {
    let gone = async {
        while is_open(endpoint).await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    // A server that still listens after this time is alive.
    let _ = clock::within(DYING, gone).await;
}

/// Returns true if something accepts a connection at the address, even if it resets the connection at once.
pub(super) async fn takes_connections(endpoint: &Endpoint) -> bool {
    match knock(endpoint).await {
        Some(Ok(())) => true,
        Some(Err(error)) => matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
        ),
        None => false,
    }
}

/// Returns false if the system says that nothing listens at the address. A server that accepts no connection for a
/// while still listens.
pub(in crate::runner) async fn is_open(endpoint: &Endpoint) -> bool {
    match knock(endpoint).await {
        Some(Err(error)) => !matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
        ),
        Some(Ok(())) | None => true,
    }
}

/// Connects to the address. Returns `None` if there is no answer in time.
async fn knock(endpoint: &Endpoint) -> Option<io::Result<()>> {
    let (host, port) = (endpoint.host(), endpoint.port());
    let connected = endpoint.network.connect(host, port);
    let connected = clock::within(LIVENESS, connected).await.ok()?;
    Some(connected.map(drop))
}
