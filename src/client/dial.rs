//! From an endpoint to a connected stream.

use std::{io, net::SocketAddr, time::Duration};

use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::{ConnectFailure, Endpoint, link::Link, stream::Stream, wait::Wait};

/// Connects; `wait` bounds name, TCP and TLS together.
///
/// # Errors
///
/// Nothing listens there, TLS fails, or either takes too long.
pub(super) async fn dial(endpoint: &Endpoint, wait: Wait) -> Result<Link, ConnectFailure> {
    let tcp = wait
        .then("TCP connection")
        .bound(connect(endpoint))
        .await??;
    let stream = if endpoint.is_secure() {
        wait.then("TLS handshake")
            .bound(secure(endpoint, tcp))
            .await??
    } else {
        Stream::Plain(tcp)
    };
    Ok(Link::new(stream))
}

/// Connects and goes again: tells whether somebody listens there with whom we can talk.
///
/// # Errors
///
/// Nothing listens there, TLS fails, or either takes longer than `limit`.
pub async fn reach(endpoint: &Endpoint, limit: Duration) -> Result<(), ConnectFailure> {
    dial(endpoint, Wait::new("TCP connection", limit))
        .await
        .map(drop)
}

async fn connect(endpoint: &Endpoint) -> Result<TcpStream, ConnectFailure> {
    let address = format!("{}:{}", endpoint.host(), endpoint.port());
    let unreachable = |error: io::Error| ConnectFailure::Unreachable {
        address: address.clone(),
        detail: error.to_string(),
    };
    let candidates = lookup_host((endpoint.host(), endpoint.port()))
        .await
        .map_err(unreachable)?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for candidate in candidates {
        match connect_to(candidate).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(unreachable(last))
}

async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // A connect to a closed loopback port from which the kernel also draws source ports can meet
    // itself (simultaneous open, RFC 9293 section 3.5): nobody listens there all the same.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn secure(endpoint: &Endpoint, tcp: TcpStream) -> Result<Stream, ConnectFailure> {
    let tls = |detail: String| ConnectFailure::Tls { detail };
    let name = ServerName::try_from(endpoint.host().to_owned())
        .map_err(|_| tls(format!("{} is no name for TLS", endpoint.host())))?;
    let config = endpoint
        .tls
        .config()
        .map_err(|error| tls(error.to_string()))?;
    TlsConnector::from(config)
        .connect(name, tcp)
        .await
        .map(|stream| Stream::Tls(Box::new(stream)))
        .map_err(|error| tls(error.to_string()))
}
