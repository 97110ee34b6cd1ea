//! Opens the TCP and TLS connection to an endpoint.

use std::{io::ErrorKind, time::Duration};

use rustls_pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::{
    ConnectFailure, Endpoint, describe::describe, link::Link, maybe_tls::MaybeTls, wait::Wait,
};
use crate::net;

/// Connects. `wait` limits the name lookup, TCP and TLS together.
///
/// # Errors
///
/// Returns an error if no server listens at the address, the server resets the connection, TLS fails, or the deadline
/// of `wait` has passed.
pub(super) async fn dial(endpoint: &Endpoint, wait: Wait) -> Result<Link, ConnectFailure> {
    let stream = wait
        .then("TCP connection")
        .bound(connect(endpoint))
        .await??;
    let stream = if endpoint.is_secure() {
        wait.then("TLS handshake")
            .bound(secure(endpoint, stream))
            .await??
    } else {
        MaybeTls::Plain(stream)
    };
    Ok(Link::new(stream, &endpoint.budget))
}

/// Connects and disconnects at once, to find out whether a server accepts connections at the address.
///
/// # Errors
///
/// Returns an error if no server listens at the address, TLS fails, or connecting takes longer than `limit`.
pub async fn reach(endpoint: &Endpoint, limit: Duration) -> Result<(), ConnectFailure> {
    dial(endpoint, Wait::new("TCP connection", limit))
        .await
        .map(drop)
}

async fn connect(endpoint: &Endpoint) -> Result<net::Stream, ConnectFailure> {
    let (host, port) = (endpoint.host(), endpoint.port());
    let connected = endpoint.network.connect(host, port).await;
    connected.map_err(|error| match error.kind() {
        // A server accepted the connection and reset it before this side noticed the acceptance.
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => ConnectFailure::Reset {
            awaited: "TCP connection",
            came: describe(&[]),
        },
        _ => ConnectFailure::Unreachable {
            address: format!("{host}:{port}"),
            detail: error.to_string(),
        },
    })
}

async fn secure(endpoint: &Endpoint, stream: net::Stream) -> Result<MaybeTls, ConnectFailure> {
    let tls = |detail: String| ConnectFailure::Tls { detail };
    let name = ServerName::try_from(endpoint.host().to_owned()).map_err(|_| {
        tls(format!(
            "{} is not a valid server name for TLS",
            endpoint.host()
        ))
    })?;
    let config = endpoint
        .tls
        .config()
        .map_err(|error| tls(error.to_string()))?;
    TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map(|stream| MaybeTls::Tls(Box::new(stream)))
        .map_err(|error| tls(error.to_string()))
}
