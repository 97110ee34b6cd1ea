//! Tests with servers that accept connections and never answer: the run finds that out, and doesn't wait the whole time in
//! each scenario.

use serde_json::Value;
use sockspec::cli::Exit;
use tokio::io::AsyncWriteExt;

use super::{Hostile, OPEN, hold, opening::switch, text_frames};
use crate::support::Test;

/// How long a step waits; scenarios that wait in vain as many others have wait for a second only.
const WITHIN_MS: f64 = 2_500.0;

/// The most scenarios that may wait the whole time: those that ran at the same time before it was known that they wait in
/// vain, and a few that wait for something else.
const PATIENT: usize = 60;

/// Runs these scenarios against the server, and checks that only a few of them waited the whole time, and that one cause
/// explains nearly all failures.
async fn is_found_out(server: &Hostile, provides: &str, scenarios: &str, cause: &str) {
    let url = server.url();
    let manifest = format!(
        "name: silent\nurl: {url}\nprovides: {provides}\ntiming: {{ within: 2500ms, settle: 20ms }}\n"
    );
    let test = Test::new().file("target.yaml", manifest).args([
        "run",
        scenarios,
        "--target",
        "target.yaml",
        "--report=json=out.json",
    ]);
    let finished = tokio::task::spawn_blocking(move || test.status(Exit::NotConformant))
        .await
        .unwrap()
        .stdout_has(cause);
    let report: Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    let judged = report["scenarios"].as_array().unwrap().iter();
    let judged: Vec<_> = judged
        .filter(|scenario| scenario["verdict"] != "skip")
        .collect();
    let waited = |scenario: &&&Value| scenario["duration_ms"].as_f64().unwrap() >= WITHIN_MS;
    let patient = judged.iter().filter(waited).count();
    assert!(judged.len() > PATIENT + 15, "{} scenarios", judged.len());
    assert!(
        patient <= PATIENT,
        "{patient} of {} scenarios waited the whole time",
        judged.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_an_upgrade() {
    let server = Hostile::new(hold).await;
    is_found_out(
        &server,
        "[websocket, socket-io]",
        "websocket/*",
        "FAIL   Clients could not connect: no WebSocket handshake response in time; received nothing.",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_a_connect() {
    let server = Hostile::new(|mut stream| async move {
        switch(&mut stream).await;
        let _ = stream.write_all(&text_frames(&[OPEN])).await;
        hold(stream).await;
    })
    .await;
    is_found_out(
        &server,
        "[websocket, socket-io, acks]",
        "socket.io/*",
        "FAIL   The server did not answer a client's CONNECT to / in time; the client received",
    )
    .await;
}
