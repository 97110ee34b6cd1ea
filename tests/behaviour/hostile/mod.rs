//! Tests with hostile servers: what the clients report about them, and that no wait exceeds its deadline.

mod causes;
mod close_packet;
mod corpus;
mod count;
mod death;
mod limits;
mod nearest;
mod never_answers;
mod open_packet;
mod opening;
mod poll_flood;
mod session;
mod silence;
mod single_request;
mod unasked;
mod verdicts;

use std::{future::Future, time::Duration};

use sockspec::{
    cli::Exit,
    client::{Bounds, Endpoint, Options},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::task::AbortOnDropHandle;

use self::opening::switch;
use crate::{
    server::listen,
    support::{Finished, Test},
};

/// The deadline of the clients. The servers below stay silent for longer.
const SHORT: Duration = Duration::from_millis(300);

/// An open packet with a heartbeat so long that no ping is sent during a test.
const OPEN: &str =
    r#"0{"sid":"abcdefgh","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":9}"#;

/// Returns a text frame for each packet. A packet has at most 125 bytes.
fn text_frames(packets: &[&str]) -> Vec<u8> {
    packets
        .iter()
        .flat_map(|text| [&[0x81, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat())
        .collect()
}

/// A server that handles every connection in the same way, until this value is dropped.
struct Hostile {
    endpoint: Endpoint,
    _task: AbortOnDropHandle<()>,
}

impl Hostile {
    async fn new<Work>(behaviour: impl Fn(TcpStream) -> Work + Send + 'static) -> Self
    where
        Work: Future<Output = ()> + Send + 'static,
    {
        let (listener, endpoint) = listen().await;
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(behaviour(stream));
            }
        });
        Self {
            endpoint,
            _task: AbortOnDropHandle::new(task),
        }
    }

    /// Returns the address of the server, as a manifest writes it.
    fn url(&self) -> &str {
        self.endpoint.url.as_str().trim_end_matches('/')
    }

    /// Creates a server that reads a request's head, answers with `bytes`, and keeps the stream open.
    async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |mut stream| {
            let bytes = bytes.clone();
            async move {
                read_head(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
                hold(stream).await;
            }
        })
        .await
    }

    /// Creates a server that reads a request's head, answers with `bytes`, and closes the stream.
    async fn answering_then_closing(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |mut stream| {
            let bytes = bytes.clone();
            async move {
                read_head(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
            }
        })
        .await
    }

    /// Creates a server that opens a WebSocket, sends `bytes`, and keeps the stream open.
    async fn sending(bytes: Vec<u8>) -> Self {
        Self::new(move |mut stream| {
            let bytes = bytes.clone();
            async move {
                switch(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
                hold(stream).await;
            }
        })
        .await
    }

    /// Creates a server that opens a WebSocket, sends `bytes`, and ends its sending side.
    async fn sending_then_ending(bytes: Vec<u8>) -> Self {
        Self::new(move |mut stream| {
            let bytes = bytes.clone();
            async move {
                switch(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                hold(stream).await;
            }
        })
        .await
    }

    /// Runs scenarios against the server. `manifest` is added to the name and address in the target's manifest.
    async fn run_scenarios(
        &self,
        manifest: &str,
        scenarios: impl AsRef<[u8]>,
        expected: Exit,
    ) -> Finished {
        let url = self.url();
        let test = Test::new()
            .file("scenarios.yaml", scenarios)
            .file(
                "target.yaml",
                format!("name: hostile\nurl: {url}\n{manifest}"),
            )
            .args(["run", "scenarios.yaml", "--target", "target.yaml"]);
        tokio::task::spawn_blocking(move || test.status(expected))
            .await
            .unwrap()
    }

    /// Creates a server that reads a request's head, answers with `bytes`, then sends `more` for ever.
    async fn endless(bytes: &'static [u8], more: &'static [u8]) -> Self {
        Self::new(move |mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(bytes).await;
            while stream.write_all(more).await.is_ok() {}
        })
        .await
    }
}

/// Returns options with a short deadline and small limits, so that a test is fast.
fn fast_options() -> Options {
    Options {
        deadline: SHORT,
        bounds: small(),
        ..Options::default()
    }
}

fn small() -> Bounds {
    Bounds {
        message: 100_000,
        head: 10_000,
        entries: 1_000,
        journal: 1_000_000,
    }
}

/// Reads a request up to its empty line.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Keeps the stream open until the client ends it.
async fn hold(mut stream: TcpStream) {
    while stream.read_u8().await.is_ok() {}
}
