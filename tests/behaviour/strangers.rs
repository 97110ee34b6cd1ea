//! Tests of the runner with applications that close or refuse clients for reasons of their own. That is no failure; but
//! a server that breaks its protocol beside that stays one.

use futures_util::{SinkExt, StreamExt};
use sockspec::cli::Exit;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_tungstenite::{
    accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::support::Test;

/// A server that treats every connection in the same way. It ends when this value is dropped.
struct Server {
    url: String,
    _runtime: Runtime,
}

impl Server {
    fn new<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        Self {
            url,
            _runtime: runtime,
        }
    }

    /// A WebSocket server that closes each client at once with this code.
    fn closing(code: u16) -> Self {
        Self::new(move |stream| async move {
            let Ok(mut socket) = accept_async(stream).await else {
                return;
            };
            let frame = CloseFrame {
                code: CloseCode::from(code),
                reason: "who are you?".into(),
            };
            // The client may have left already.
            let _ = socket.close(Some(frame)).await;
            while let Some(Ok(_)) = socket.next().await {}
        })
    }

    /// A WebSocket server that sends every message to all of its clients.
    fn broadcasting() -> Self {
        let (sender, _) = tokio::sync::broadcast::channel::<Message>(1024);
        Self::new(move |stream| {
            let sender = sender.clone();
            async move {
                let Ok(mut socket) = accept_async(stream).await else {
                    return;
                };
                let mut receiver = sender.subscribe();
                loop {
                    tokio::select! {
                        message = socket.next() => match message {
                            Some(Ok(message)) if message.is_text() || message.is_binary() => {
                                let _ = sender.send(message);
                            }
                            Some(Ok(_)) => {}
                            Some(Err(_)) | None => return,
                        },
                        message = receiver.recv() => {
                            let Ok(message) = message else { return };
                            if socket.send(message).await.is_err() {
                                return;
                            }
                        }
                    }
                }
            }
        })
    }

    /// A server that answers every request with this status.
    fn answering(status: &'static str) -> Self {
        Self::new(move |mut stream| async move {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        })
    }

    fn run(&self, scenarios: &str, expected: Exit) -> String {
        let arguments = ["run", "--target", &self.url, scenarios];
        Test::new().args(arguments).status(expected).out()
    }
}

#[test]
fn a_server_that_closes_strangers_is_not_judged_by_their_connections() {
    let server = Server::closing(4401);
    let text = server.run(
        "websocket/bad-frame-fails-connection*",
        Exit::NothingSelected,
    );
    let reason = "a client that does not log in is closed with 4401 (who are you?)";
    assert!(text.contains(reason), "{text}");
}

#[test]
fn a_server_that_closes_with_the_code_of_a_mistake_is_judged() {
    let server = Server::closing(1002);
    let text = server.run("websocket/ping-answered*", Exit::NotConformant);
    assert!(text.contains("FAIL   websocket/"), "{text}");
}

#[test]
fn messages_of_other_clients_are_no_echo() {
    let server = Server::broadcasting();
    let text = server.run("websocket/text-kept*", Exit::NothingSelected);
    assert!(text.contains("support `echo`"), "{text}");
    let probed = Test::new().args(["probe", &server.url]);
    probed
        .status(Exit::Conformant)
        .stdout_has("to every client and not only to its sender");
}

#[test]
fn a_server_that_refuses_strangers_is_skipped_with_the_reason() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let server = Server::answering(status);
        let text = server.run("websocket/text-kept*", Exit::NothingSelected);
        let reason = format!("no login with {}", &status[..3]);
        assert!(text.contains(&reason), "{text}");
    }
    Server::answering("404 Not Found").run("websocket/text-kept*", Exit::NotRun);
}

#[test]
fn the_first_scenario_of_a_server_that_closes_strangers_says_so_and_passes() {
    let server = Server::closing(4001);
    let finished = Test::new()
        .args(["init", "--target", &server.url])
        .status(Exit::Conformant);
    let (manifest, first) = (
        finished.written("sockspec.yaml"),
        finished.written("specs/first.yaml"),
    );
    assert!(manifest.contains("\nprobe: true\n"), "{manifest}");
    assert!(
        first.contains(
            "# The server closes a client that does not log in with 4001 (who are you?)."
        ),
        "{first}"
    );
    Test::new()
        .file("sockspec.yaml", &manifest)
        .file("specs/first.yaml", &first)
        .args(["run", "specs", "--target", "sockspec.yaml"])
        .status(Exit::Conformant)
        .stdout_has("ok     first/strangers-are-closed  ");
    // The manifest's own run knows that the server closes strangers.
    Test::new()
        .file("sockspec.yaml", &manifest)
        .args(["run", "websocket/", "--target", "sockspec.yaml"])
        .any_status()
        .stdout_lacks("FAIL")
        .stdout_lacks("ERROR");
}
