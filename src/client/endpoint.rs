//! Where a server listens.

use url::Url;

use super::TlsPolicy;

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

impl Endpoint {
    /// Host and port as the `Host` header names them: a port that the scheme implies is left out.
    pub(super) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The host without the brackets of an IPv6 address, as resolvers want it.
    pub(super) fn host(&self) -> &str {
        self.url
            .host_str()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// The port, from the scheme where the URL names none.
    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(80)
    }

    /// Whether the connection is wrapped in TLS.
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
        }
    }

    #[test]
    fn authority_leaves_out_what_the_scheme_implies() {
        assert_eq!(endpoint("http://a.example:80").authority(), "a.example");
        assert_eq!(endpoint("http://[::1]:3000").authority(), "[::1]:3000");
        assert_eq!(endpoint("http://[::1]:3000").host(), "::1");
        assert_eq!(endpoint("https://a.example").port(), 443);
        assert!(endpoint("wss://a.example").is_secure());
    }
}
