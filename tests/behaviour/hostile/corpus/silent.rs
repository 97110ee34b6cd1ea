//! Servers that never answer one kind of request. The runs know only their address: the probe finds out what is silent, so
//! that no scenario waits long for it.

use serde_json::Value;
use sockspec::{cli::Exit, reference::Config};

use super::{
    relay::Relay,
    requests::Request,
    stage::{Act, Interference, Stage},
};
use crate::support::Test;

/// The time in milliseconds that a scenario takes at least if it waits for the usual deadline of a step.
const PATIENT_MS: f64 = 4_900.0;

/// The most scenarios that may take so long besides those that run first: those in which several short waits follow each
/// other, or in which a step has its own deadline.
const MOST_PATIENT: usize = 24;

/// Returns the interference of a relay that never passes on the response to such a request.
fn silent(request: Request) -> Interference {
    Interference {
        stage: Stage::Response(request),
        acts: vec![Act::Hold],
    }
}

/// Runs scenarios against a server with this interference. Checks that the run ends in time, says what is silent, and
/// explains failures by this cause.
async fn is_named(interference: Interference, scenarios: &str, silent: &str, cause: &str) {
    let relay = Relay::start(Config::default(), interference).await;
    let test = Test::new().args([
        "run",
        scenarios,
        "--target",
        relay.url.as_str(),
        "--report=json=out.json",
    ]);
    // The test fails if the run takes longer than a minute.
    let finished = tokio::task::spawn_blocking(move || test.status(Exit::NotConformant))
        .await
        .unwrap()
        .stdout_has(&format!(
            "the server does not answer {silent}, as the probe found"
        ))
        .stdout_has(cause);
    let report: Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    let judged = report["scenarios"].as_array().unwrap().iter();
    let patient = judged.filter(|one| one["duration_ms"].as_f64().unwrap() >= PATIENT_MS);
    let patient = patient.count();
    let at_once = usize::try_from(report["run"]["jobs"].as_u64().unwrap()).unwrap();
    assert!(
        patient <= at_once + MOST_PATIENT,
        "{patient} scenarios waited long:\n{}",
        finished.out()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_a_post() {
    is_named(
        silent(Request::Post),
        "engine.io/*",
        "POST requests",
        "FAIL   The server does not answer POST requests.",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_a_poll() {
    is_named(
        silent(Request::Poll),
        "engine.io/*",
        "polls",
        "FAIL   The server does not answer polls.",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_a_handshake_of_a_websocket() {
    is_named(
        silent(Request::WebSocketHandshake),
        "websocket/*",
        "WebSocket handshakes",
        "FAIL   Clients could not connect: no WebSocket handshake response in time; received nothing.",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_a_connect_packet() {
    is_named(
        // The answer is replaced by a noop, so that polls are still answered.
        Interference {
            stage: Stage::Packet("40"),
            acts: vec![Act::Packets(vec!["6".to_owned()])],
        },
        "socket.io/*",
        "CONNECT packets",
        "FAIL   The server did not answer a client's CONNECT to / in time;",
    )
    .await;
}
