//! TLS: who is trusted, and what goes through it.

use std::{path::PathBuf, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use sockspec::client::{
    ConnectFailure, Connection, DropHow, Endpoint, Options, TlsPolicy, TlsPolicyError, Verification,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::server::listen;

const OPEN: &str =
    r#"0{"sid":"s1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// A server with a certificate of its own for 127.0.0.1, and the file that makes it trusted.
struct Secure {
    listener: TcpListener,
    endpoint: Endpoint,
    acceptor: TlsAcceptor,
    _folder: tempfile::TempDir,
    authorities: PathBuf,
}

impl Secure {
    async fn new() -> Self {
        let (listener, mut endpoint) = listen().await;
        endpoint.url.set_scheme("https").unwrap();
        let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let authorities = folder.path().join("ca.pem");
        std::fs::write(&authorities, certified.cert.pem()).unwrap();
        let key = certified.signing_key.serialize_der().try_into().unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
        Self {
            listener,
            endpoint,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            _folder: folder,
            authorities,
        }
    }

    /// Opens a session under `policy` and says something, for as long as the server plays along.
    async fn try_with(&mut self, policy: TlsPolicy) -> Result<(), ConnectFailure> {
        self.endpoint.tls = policy;
        let server = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            // The client turns away where it does not trust.
            let Ok(stream) = self.acceptor.accept(stream).await else {
                return;
            };
            let mut socket = accept_async(stream).await.unwrap();
            socket.send(Message::text(OPEN)).await.unwrap();
            let big = "x".repeat(300_000);
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(big));
        };
        let client = async {
            let connection = Connection::open(&self.endpoint, Options::default()).await?;
            connection.send_text("x".repeat(300_000));
            connection.end(DropHow::Drop).await;
            Ok(())
        };
        tokio::join!(server, client).1
    }
}

#[tokio::test]
async fn a_certificate_is_trusted_if_we_are_told_so() {
    let mut server = Secure::new().await;
    let policy = TlsPolicy::new(Some(&server.authorities), Verification::Checked).unwrap();
    server.try_with(policy).await.unwrap();
    let policy = TlsPolicy::new(None, Verification::Insecure).unwrap();
    server.try_with(policy).await.unwrap();
    match server.try_with(TlsPolicy::default()).await {
        Err(ConnectFailure::Tls { detail }) => assert!(detail.contains("certificate"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_without_certificates_is_no_authority() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let policy = || TlsPolicy::new(Some(&path), Verification::Checked);
    assert!(matches!(policy(), Err(TlsPolicyError::Authorities { .. })));
    std::fs::write(&path, "nothing").unwrap();
    assert!(matches!(policy(), Err(TlsPolicyError::NoAuthority { .. })));
}
