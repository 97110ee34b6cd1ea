//! Tests of the probes with different kinds of servers.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{super::port::free_port, *};
use crate::{
    client::{Budget, TlsPolicy},
    reference::{Config, Contract, FaultSet, Server},
};

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        url: url.parse().unwrap(),
        path: "/socket.io/".to_owned(),
        tls: TlsPolicy::default(),
        network: crate::net::Network::Tcp,
        budget: Budget::default(),
    }
}

async fn asked(url: &str) -> Result<Probed, ProbeError> {
    let plain = Endpoint {
        path: "/".to_owned(),
        ..endpoint(url)
    };
    probe(&endpoint(url), &plain, &Visitor::stranger()).await
}

async fn found(config: Config) -> Probed {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(listener, config).unwrap();
    let probed = asked(&format!("http://{}", server.address()))
        .await
        .unwrap();
    server.stop().await;
    probed
}

#[tokio::test]
async fn capabilities_of_the_reference_server_are_found() {
    let probed = found(Config::default()).await;
    let provides: Vec<&str> = probed.provides.iter().map(String::as_str).collect();
    insta::assert_snapshot!(provides.join(" "), @"cors-closed echo eio-error-json eio3-closed engine-io large-messages max-payload polling socket-io upgrade websocket");
}

#[tokio::test]
async fn servers_without_socket_io_are_recognised_by_their_answers() {
    let plain = found(Config::new(Contract::WebSocket)).await;
    assert_eq!(
        (plain.speaks, plain.path.as_str()),
        (Speaks::WebSocket, "/")
    );
    let names = |probed: Probed| Vec::from_iter(probed.provides).join(" ");
    insta::assert_snapshot!(names(plain), @"binary-echo echo large-messages websocket");
    let engine = found(Config {
        path: "/socket.io/".to_owned(),
        ..Config::new(Contract::Engine)
    })
    .await;
    assert_eq!(engine.speaks, Speaks::EngineIo);
    insta::assert_snapshot!(names(engine), @"binary-echo cors-closed echo eio-error-json eio3-closed engine-echo engine-io large-messages max-payload polling upgrade websocket");
}

#[tokio::test]
async fn events_to_every_client_that_joins_are_greetings() {
    let greeted = found(Config::new(Contract::Official)).await;
    assert_eq!(Vec::from_iter(greeted.greetings), ["auth"]);
    assert!(found(Config::default()).await.greetings.is_empty());
}

#[tokio::test]
async fn settings_of_the_server_change_the_capabilities_found() {
    let mut config = Config::default();
    for (name, value) in [
        ("PING_INTERVAL", "300"),
        ("PING_TIMEOUT", "200"),
        ("TRANSPORTS", "polling"),
        ("ALLOW_EIO3", "true"),
        ("CORS_ORIGIN", "*"),
    ] {
        config.set(name, value).unwrap();
    }
    let probed = found(config).await;
    let findings = probed.findings.iter();
    let lines: Vec<String> = findings
        .map(|(capability, seen)| format!("{capability}: {seen}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    engine-io: yes: an open packet
    websocket: no: server answered 400 to the handshake
    polling: yes: a handshake gets an open packet
    socket-io: yes: every client can join the namespace /
    echo: yes: the event `echo` is acknowledged with its argument
    upgrade: no: the open packet does not offer an upgrade to WebSocket
    eio3: yes: a handshake with EIO=3 gets an open packet
    permessage-deflate: no: server answered 400 to the handshake
    msgpack: no: a CONNECT in msgpack failed: the connection ended (ClosePacket)
    cors-any-origin: yes: the response to another origin has access-control-allow-origin: *
    eio-error-json: yes: an unknown transport gets status 400 with code and message
    max-payload: yes: 1000000 bytes
    large-messages: yes: the open packet announces a maxPayload of 1,000,000 bytes or more
    short-heartbeat: yes: interval 300ms, timeout 200ms
    ");
}

#[tokio::test]
async fn compression_that_is_accepted_but_broken_counts_as_provided() {
    let broken = |fault: &str| Config {
        deflate: true,
        faults: FaultSet::from_ids([fault]).unwrap(),
        ..Config::default()
    };
    let probed = found(broken("deflate-client-window-bare")).await;
    let finding = probed
        .findings
        .iter()
        .find(|(capability, _)| capability == "permessage-deflate");
    let (_, seen) = finding.unwrap();
    assert!(seen.contains("promised, but broken"), "{seen}");
    assert!(probed.provides.contains("permessage-deflate"));
}

#[tokio::test]
async fn server_without_engine_io_is_reported_with_both_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    });
    let error = asked(&format!("http://{address}")).await.unwrap_err();
    server.abort();
    insta::assert_snapshot!(error, @"no Engine.IO at /socket.io/: over WebSocket, server answered 404 to the handshake; over polling, server answered 404 to the handshake; and no plain WebSocket at /");
}

#[tokio::test]
async fn a_port_without_a_server_is_reported() {
    let port = free_port().unwrap();
    let error = asked(&format!("http://127.0.0.1:{port}"))
        .await
        .unwrap_err();
    assert!(matches!(error, ProbeError::Unreachable(_)), "{error}");
}
