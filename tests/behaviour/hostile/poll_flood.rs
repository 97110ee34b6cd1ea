//! Servers that answer polls with far more than a client can use. Each run has to end within a minute, and within the memory
//! that a run may take.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Hostile, OPEN, read_head};
use crate::support::Test;

/// The memory that a run may take at most, in MB. The limit of the traffic itself is 512 MB.
const MOST_MEMORY: u64 = 600;

/// What the server sends for each poll.
#[derive(Clone)]
enum Flood {
    /// A complete response with this body.
    Body(Arc<[u8]>),
    /// The first bytes once, then the others without end.
    Endless(&'static [u8], &'static [u8]),
}

/// Answers the requests of a connection: handshakes and POST requests rightly, polls with a flood.
async fn serve(mut stream: TcpStream, flood: Flood) {
    loop {
        let head = read_head(&mut stream).await;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        if head.is_empty() || stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let body: Arc<[u8]> = if head.starts_with("POST") {
            Arc::from(&b"ok"[..])
        } else if !head.contains("sid=") {
            Arc::from(OPEN.as_bytes())
        } else {
            match &flood {
                Flood::Body(body) => Arc::clone(body),
                Flood::Endless(first, others) => {
                    let _ = stream.write_all(first).await;
                    let others = others.repeat(1_000);
                    while stream.write_all(&others).await.is_ok() {}
                    return;
                }
            }
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(head.as_bytes()).await.is_err()
            || stream.write_all(&body).await.is_err()
        {
            return;
        }
    }
}

/// Runs scenarios against the server, and checks the memory. The test fails if the run takes longer than a minute.
async fn ends(flood: Flood) {
    let server = Hostile::new(move |stream| serve(stream, flood.clone())).await;
    let url = server.url();
    let manifest = format!(
        "name: flood\nurl: {url}\nprovides: [acks, echo, events, polling, socket-io]\ntiming: {{ settle: 20ms }}\n"
    );
    let scenarios = ["run", "engine.io/e*", "engine.io/p*", "socket.io/c*"];
    let test = Test::new()
        .file("target.yaml", manifest)
        .args(scenarios)
        .args(["--target", "target.yaml"]);
    let finished = tokio::task::spawn_blocking(move || test.any_status());
    let finished = finished.await.unwrap();
    assert!(
        finished.peak_memory().is_none_or(|peak| peak < MOST_MEMORY),
        "{:?} MB",
        finished.peak_memory()
    );
    assert_ne!(finished.code(), Some(0), "{}", finished.out());
    assert!(!finished.err().contains("panicked"), "{}", finished.err());
}

/// Returns a payload with this packet so many times.
fn payload(packet: &str, count: usize) -> Flood {
    let packets = vec![packet; count].join("\x1e");
    Flood::Body(packets.into_bytes().into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_megabyte_of_events_for_each_poll() {
    let event = format!("42[\"spam\",\"{}\"]", "a".repeat(1_000));
    ends(payload(&event, 1_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_small_events_for_each_poll() {
    ends(payload("42[\"a\"]", 100_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_lines_without_end() {
    ends(Flood::Endless(
        b"HTTP/1.1 200 OK\r\n",
        b"X-More: and more\r\n",
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interim_responses_without_end() {
    ends(Flood::Endless(
        b"",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_without_end() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    ends(Flood::Endless(head, b"8\r\n42[\"aa\"]\r\n")).await;
}
