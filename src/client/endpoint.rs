//! The address of a server.

use url::Url;

use super::{Budget, TlsPolicy};
use crate::net::Network;

/// The address of a server and the path of its Engine.IO endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `http://host:port` or `https://host:port`. Path and query of this URL are not used.
    pub url: Url,
    /// The Engine.IO path, by default `/socket.io/`.
    pub path: String,
    /// How the certificate of an `https` server is verified.
    pub tls: TlsPolicy,
    /// The network that the server is on.
    pub network: Network,
    /// The memory that the connections to the server may take together, with those of other endpoints of the run.
    pub budget: Budget,
}

impl Endpoint {
    /// Returns host and port for the `Host` header, without the port if it is the scheme's default.
    pub(super) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Returns the host without the brackets of an IPv6 address, as resolvers expect it.
    pub fn host(&self) -> &str {
        self.url
            .host_str()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// Returns the port, or the scheme's default if the URL has none.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(80)
    }

    /// Returns true if the connection uses TLS.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self.url.scheme(), "https" | "wss")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint {
            url: url.parse().unwrap(),
            path: "/socket.io/".to_owned(),
            tls: TlsPolicy::default(),
            network: Network::Tcp,
            budget: Budget::default(),
        }
    }

    #[test]
    fn authority_leaves_out_the_default_port_of_the_scheme() {
        assert_eq!(endpoint("http://a.example:80").authority(), "a.example");
        assert_eq!(endpoint("http://[::1]:3000").authority(), "[::1]:3000");
        assert_eq!(endpoint("http://[::1]:3000").host(), "::1");
        assert_eq!(endpoint("https://a.example").port(), 443);
        assert!(endpoint("wss://a.example").is_secure());
    }
}
