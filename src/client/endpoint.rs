//! Where a server listens.

use std::sync::Arc;

use url::Url;

/// A server's address and the path of its Engine.IO endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `http://host:port` or `https://host:port`; path and query are not used.
    pub url: Url,
    /// The Engine.IO path, `/socket.io/` by custom.
    pub path: String,
    /// How `https` is checked.
    pub tls: TlsPolicy,
}

/// Which certificates are trusted.
#[derive(Clone, Debug)]
pub struct TlsPolicy {
    /// Built once by [`TlsPolicy::new`] and shared by all connections.
    pub(super) config: Arc<rustls::ClientConfig>,
}
