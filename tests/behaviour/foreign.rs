//! Tests of the reference server with clients of other authors, which share no code with our codecs.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use sockspec::{
    cli::Exit,
    reference::{Config, Parser, Server},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::Command,
    time::timeout,
};

use crate::support::Test;

/// The limit on one file of JavaScript tests. The tests in the file have much shorter deadlines.
const LIMIT: Duration = Duration::from_secs(120);

async fn reference() -> Server {
    reference_with(Config::default()).await
}

async fn reference_with(config: Config) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Server::start(listener, config).unwrap()
}

/// Returns a folder of fixtures, or `None` if Node or its packages are missing. In CI, missing packages are an error.
fn javascript(folder: &str, package: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder);
    let there = folder.join("node_modules").join(package).is_dir()
        && std::process::Command::new("node")
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success());
    let missing = format!(
        "Node or the packages of {} are missing: run `npm ci` there",
        folder.display()
    );
    assert!(
        there || std::env::var_os("SOCKSPEC_REQUIRE_NODE").is_none(),
        "{missing}"
    );
    if !there {
        eprintln!("skipped: {missing}");
    }
    there.then_some(folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_client_passes_against_the_reference_server() {
    let Some(folder) = javascript("foreign/socketio-client", "socket.io-client") else {
        return;
    };
    let server = reference().await;
    let claims = sockspec::data::Data::object([("sub", "u1".into()), ("name", "Ada".into())]);
    let token = sockspec::scenario::mint_jwt(
        &claims,
        sockspec::scenario::JwtAlgorithm::default(),
        "sockspec-secret",
    );
    let url = format!("http://{}", server.address());
    run_javascript(&folder, "client.test.js", &[("URL", url), ("TOKEN", token)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_client_uses_msgpack_and_recovers_its_session() {
    let Some(folder) = javascript("foreign/socketio-client", "socket.io-client") else {
        return;
    };
    let msgpack = reference_with(Config {
        parser: Parser::Msgpack,
        ..Config::default()
    })
    .await;
    let recovery = reference_with(Config {
        recovery: Some(Duration::from_secs(60)),
        ..Config::default()
    })
    .await;
    let url = |server: &Server| format!("http://{}", server.address());
    let environment = [
        ("MSGPACK_URL", url(&msgpack)),
        ("RECOVERY_URL", url(&recovery)),
    ];
    run_javascript(&folder, "settings.test.js", &environment).await;
}

/// Runs one file of JavaScript tests. All tests in the file have to pass.
async fn run_javascript(folder: &Path, file: &str, environment: &[(&str, String)]) {
    let run = Command::new("node")
        .args(["--test", "--test-reporter=tap", file])
        .current_dir(folder)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .kill_on_drop(true)
        .output();
    let output = timeout(LIMIT, run)
        .await
        .expect("the JavaScript tests end in time")
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{report}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        report.contains("# fail 0") && !report.contains("# pass 0"),
        "{report}"
    );
}

/// A WebSocket server of another author, `ws` on Node, passes every scenario of level `must`.
#[test]
fn plain_websocket_server_of_node_passes() {
    let Some(folder) = javascript("servers/websocket-ws", "ws") else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_server, line) = runtime.block_on(async {
        let mut server = Command::new("node")
            .arg("server.js")
            .current_dir(&folder)
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let line = timeout(LIMIT, lines.next_line()).await;
        (server, line.unwrap().unwrap().unwrap())
    });
    let port = line.replace("listening on port ", "");
    Test::new()
        .args(["run", "--target", &format!("ws://127.0.0.1:{port}")])
        .status(Exit::Conformant)
        .stdout_has(" ok, ");
}

#[cfg(feature = "second-opinion")]
mod rust_client {
    use futures_util::FutureExt;
    use rust_socketio::{
        Payload, TransportType,
        asynchronous::{Client, ClientBuilder},
    };
    use serde_json::json;
    use tokio::sync::mpsc;

    use super::*;

    const WAIT: Duration = Duration::from_secs(5);

    /// Connects a client in `namespace`. Also returns the receiver of what arrives under `event`.
    async fn client(
        server: &Server,
        namespace: &str,
        transport: TransportType,
        event: &str,
    ) -> (Client, mpsc::Receiver<Payload>) {
        let (sender, received) = mpsc::channel(16);
        let connected = mpsc::channel::<()>(1);
        let opened = connected.0;
        let client = ClientBuilder::new(format!("http://{}/", server.address()))
            .namespace(namespace)
            .transport_type(transport)
            .reconnect(false)
            .on("open", move |_, _| {
                let opened = opened.clone();
                async move {
                    // Sending fails if the client opens a second time, because only the first opening is awaited.
                    let _ = opened.send(()).await;
                }
                .boxed()
            })
            .on(event, move |payload, _| {
                let sender = sender.clone();
                async move { drop(sender.send(payload).await) }.boxed()
            })
            .connect()
            .await
            .unwrap();
        let mut connected = connected.1;
        timeout(WAIT, connected.recv())
            .await
            .expect("CONNECT is answered in time");
        (client, received)
    }

    async fn acked(client: &Client, event: &str, data: impl Into<Payload>) -> Payload {
        let (sender, mut answers) = mpsc::channel(1);
        let callback = move |payload: Payload, _: Client| {
            let sender = sender.clone();
            async move { drop(sender.send(payload).await) }.boxed()
        };
        client
            .emit_with_ack(event, data.into(), WAIT, callback)
            .await
            .unwrap();
        timeout(WAIT, answers.recv())
            .await
            .expect("the ack comes in time")
            .unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn events_are_sent_received_and_acknowledged() {
        for transport in [
            TransportType::Websocket,
            TransportType::Polling,
            TransportType::WebsocketUpgrade,
        ] {
            let server = reference().await;
            let (client, mut received) =
                client(&server, "/", transport.clone(), "message-back").await;
            client
                .emit("message", json!({ "text": "€" }))
                .await
                .unwrap();
            let back = timeout(WAIT, received.recv())
                .await
                .expect("the event comes back in time")
                .unwrap();
            assert_eq!(back, Payload::Text(vec![json!({ "text": "€" })]));
            let answer = acked(&client, "echo", json!(["a", 1])).await;
            assert_eq!(
                answer,
                Payload::Text(vec![json!([["a", 1]])]),
                "rust_socketio wraps the ack's arguments"
            );
            client.disconnect().await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_room_emit_reaches_members_except_the_sender() {
        let server = reference().await;
        let (sender, mut echoed) =
            client(&server, "/custom", TransportType::Websocket, "room-message").await;
        let (member, mut received) =
            client(&server, "/custom", TransportType::Websocket, "room-message").await;
        acked(&sender, "join-room", json!({ "room": "r" })).await;
        acked(&member, "join-room", json!({ "room": "r" })).await;
        acked(
            &sender,
            "send-to-room",
            json!({ "room": "r", "text": "hi" }),
        )
        .await;
        let Payload::Text(values) = timeout(WAIT, received.recv())
            .await
            .expect("the member receives it in time")
            .unwrap()
        else {
            panic!("the message is text");
        };
        assert_eq!(values[0]["text"], "hi");
        acked(&sender, "echo", json!("fence")).await;
        assert!(echoed.try_recv().is_err(), "the sender is left out");
    }
}
