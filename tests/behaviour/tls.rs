//! Tests of TLS: which certificates are trusted, and that sessions work over TLS.

use std::{path::PathBuf, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use sockspec::{
    cli::Exit,
    client::{
        ConnectFailure, Connection, DropHow, Endpoint, Options, TlsPolicy, TlsPolicyError,
        Verification,
    },
    reference::{Config, Server},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::{server::listen, support::Test};

const OPEN: &str =
    r#"0{"sid":"s1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// A self-signed certificate for 127.0.0.1, and a file of authorities that makes a client trust it.
struct Identity {
    acceptor: TlsAcceptor,
    authorities: PathBuf,
    _folder: tempfile::TempDir,
}

impl Identity {
    fn new() -> Self {
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
            acceptor: TlsAcceptor::from(Arc::new(config)),
            authorities,
            _folder: folder,
        }
    }
}

/// A WebSocket server behind TLS.
struct Secure {
    listener: TcpListener,
    endpoint: Endpoint,
    identity: Identity,
}

impl Secure {
    async fn new() -> Self {
        let (listener, mut endpoint) = listen().await;
        endpoint.url.set_scheme("https").unwrap();
        Self {
            listener,
            endpoint,
            identity: Identity::new(),
        }
    }

    /// Opens a session under `policy` and sends a long message. Returns the failure if the client does not connect.
    async fn try_with(&mut self, policy: TlsPolicy) -> Result<(), ConnectFailure> {
        self.endpoint.tls = policy;
        let server = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            // A client that does not trust the certificate ends the handshake.
            let Ok(stream) = self.identity.acceptor.accept(stream).await else {
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
async fn a_certificate_is_trusted_through_its_authority_or_without_verification() {
    let mut server = Secure::new().await;
    let policy = TlsPolicy::new(Some(&server.identity.authorities), Verification::Checked).unwrap();
    server.try_with(policy).await.unwrap();
    let policy = TlsPolicy::new(None, Verification::Insecure).unwrap();
    server.try_with(policy).await.unwrap();
    match server.try_with(TlsPolicy::default()).await {
        Err(ConnectFailure::Tls { detail }) => assert!(detail.contains("certificate"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let policy = || TlsPolicy::new(Some(&path), Verification::Checked);
    assert!(matches!(policy(), Err(TlsPolicyError::Authorities { .. })));
    std::fs::write(&path, "nothing").unwrap();
    assert!(matches!(policy(), Err(TlsPolicyError::NoAuthority { .. })));
}

/// The reference server behind a TLS proxy. Dropping the value ends both.
struct Proxied {
    identity: Identity,
    address: String,
    _server: Server,
    _runtime: Runtime,
}

impl Proxied {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let identity = Identity::new();
        let acceptor = identity.acceptor.clone();
        let (server, address) = runtime.block_on(async {
            let (inner, _) = listen().await;
            let server = Server::start(inner, Config::default()).unwrap();
            let behind = server.address();
            let (outer, _) = listen().await;
            let address = outer.local_addr().unwrap().to_string();
            tokio::spawn(async move {
                while let Ok((stream, _)) = outer.accept().await {
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move {
                        let mut plain = TcpStream::connect(behind).await.unwrap();
                        // The TLS handshake fails if the client does not trust the certificate, or only checks that
                        // the port is open.
                        let Ok(mut secure) = acceptor.accept(stream).await else {
                            return;
                        };
                        let _ = copy_bidirectional(&mut secure, &mut plain).await;
                    });
                }
            });
            (server, address)
        });
        Self {
            identity,
            address,
            _server: server,
            _runtime: runtime,
        }
    }

    /// Prepares a run of a few scenarios against `target`, over every transport.
    fn run(&self, target: &str) -> Test {
        Test::new()
            .file(
                "target.yaml",
                format!("name: secure\nurl: https://{}\nprovides: [acks, polling, upgrade, websocket]\n", self.address),
            )
            .args(["run", "engine.io/upgrade-*", "engine.io/text-kept-by-polling", "websocket/chopped-*", "acks/value-returned", "--transport", "all", "--target", target])
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    fn authorities(&self) -> [&std::ffi::OsStr; 2] {
        ["--ca".as_ref(), self.identity.authorities.as_os_str()]
    }
}

#[test]
fn an_untrusted_certificate_is_an_error_and_not_a_failure() {
    let secure = Proxied::new();
    let help = " help: `--ca FILE` trusts the authority that signed the certificate; `--insecure` accepts every certificate\n";
    for target in [&secure.url("https"), &secure.url("wss"), "target.yaml"] {
        secure
            .run(target)
            .status(Exit::NotRun)
            .stdout("")
            .stderr_has("TLS failed: invalid peer certificate")
            .stderr_has(help);
    }
    Test::new()
        .args(["probe", &secure.url("wss")])
        .status(Exit::NotRun)
        .stdout("")
        .stderr_has("TLS failed: invalid peer certificate")
        .stderr_has(help);
}

#[test]
fn the_option_ca_makes_a_certificate_trusted() {
    let secure = Proxied::new();
    for target in [&secure.url("https"), &secure.url("wss"), "target.yaml"] {
        secure
            .run(target)
            .args(secure.authorities())
            .status(Exit::Conformant)
            .stdout_has(" ok")
            .stderr("");
    }
    Test::new()
        .args(["probe", &secure.url("wss")])
        .args(secure.authorities())
        .status(Exit::Conformant)
        .stdout_has("provides: [")
        .stderr("");
}

#[test]
fn the_option_insecure_trusts_every_certificate_with_a_note() {
    let secure = Proxied::new();
    let warning =
        "certificates are not verified: another server could answer in place of the target\n";
    for target in [&secure.url("https"), &secure.url("wss"), "target.yaml"] {
        secure
            .run(target)
            .args(["--insecure"])
            .status(Exit::Conformant)
            .stdout_has(&format!("note   {warning}"));
    }
    Test::new()
        .args(["probe", "--insecure", &secure.url("https")])
        .status(Exit::Conformant)
        .stderr(&format!("warning: {warning}"));
}

#[test]
fn a_server_without_tls_needs_no_certificate() {
    Test::new()
        .args(["run", "--insecure", "rooms/to-excludes-sender"])
        .status(Exit::Conformant)
        .stderr("");
}
