//! Limits of sockspec that end a probe, a connection or a run. The servers of `corpus/flood.rs` exceed limits, too.

use sockspec::cli::Exit;
use tokio::io::AsyncWriteExt;

use super::{Hostile, OPEN, opening::switch, text_frames};
use crate::support::Test;

/// The memory that a run may take at most, in MB. The limit of the traffic itself is 512 MB.
const MOST_MEMORY: u64 = 600;

/// The parts of the contract that these scenarios need, so that no probe looks for them.
const PROVIDES: &str =
    "provides: [websocket, socket-io, events, acks, namespaces, rooms, binary]\n";

/// A server that sends empty fragments of one message without end on each WebSocket.
async fn fragmenting() -> Hostile {
    Hostile::new(|mut stream| async move {
        switch(&mut stream).await;
        let _ = stream.write_all(b"\x01\x00").await;
        let flood = b"\x00\x00".repeat(1 << 19);
        while stream.write_all(&flood).await.is_ok() {}
    })
    .await
}

#[tokio::test]
async fn the_probe_of_a_server_that_floods_ends() {
    let server = fragmenting().await;
    let url = server.endpoint.url.to_string();
    let test = Test::new().args(["probe".to_owned(), url]);
    // Whatever the server is taken for, the probe has to end.
    let finished = tokio::task::spawn_blocking(move || test.any_status());
    let finished = finished.await.unwrap();
    assert!(finished.peak_memory().is_none_or(|peak| peak < MOST_MEMORY));
}

#[tokio::test]
async fn an_open_packet_has_a_limit_that_is_no_fault_of_the_server() {
    let filler = "x".repeat(70_000);
    let packet = OPEN.replace("\"sid\"", &format!("\"filler\":\"{filler}\",\"sid\""));
    let length = u64::try_from(packet.len()).unwrap().to_be_bytes();
    let server = Hostile::sending([&[0x81, 0x7f], &length[..], packet.as_bytes()].concat()).await;
    let scenario = "topic: Floods
scenarios:
- id: flood/open-packet
  title: A client connects
  why: A test.
  level: must
  transport: websocket
  clients: { visitor: { connect: false } }
  steps:
  - open: websocket
    as: visitor
";
    server
        .run_scenarios("provides: [websocket, socket-io]\n", scenario, Exit::NotRun)
        .await
        .stdout_has("open packet exceeds 65536 bytes");
}

#[tokio::test]
async fn a_run_ends_at_its_time_limit_with_reports() {
    let server = Hostile::sending(text_frames(&[OPEN])).await;
    let url = server.url();
    let test = Test::new()
        .file(
            "target.yaml",
            format!("name: silent\nurl: {url}\n{PROVIDES}"),
        )
        .args([
            "run",
            "acks/*",
            "--target",
            "target.yaml",
            "--within",
            "100s",
        ])
        .args([
            "--settle",
            "80ms",
            "--jobs",
            "2",
            "--max-time",
            "3s",
            "--report",
            "json=out.json",
        ]);
    let finished = tokio::task::spawn_blocking(move || test.status(Exit::NotRun));
    let finished = finished
        .await
        .unwrap()
        .stdout_has("The time limit of the run, 3s (`--max-time`), passed while the scenario ran.");
    let report: serde_json::Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    let scenarios = report["scenarios"].as_array().unwrap();
    assert!(scenarios.iter().any(|one| one["error"] == "time-limit"));
}
