//! Tests of verdicts about servers that exceed the limits of sockspec, or send data after their close frame.

use sockspec::cli::Exit;

use super::{Hostile, OPEN, text_frames};
use crate::support::Finished;

/// Runs one scenario on a plain WebSocket whose server sends `frames`.
async fn run(frames: &'static [u8], scenario: &str, expected: Exit) -> Finished {
    run_as("websocket", frames.to_vec(), scenario, expected).await
}

/// Runs one scenario on a WebSocket whose server sends `bytes` and then nothing more.
async fn run_as(speaks: &str, bytes: Vec<u8>, scenario: &str, expected: Exit) -> Finished {
    let manifest = format!(
        "provides: [websocket, max-payload]\ndialect: {{ speaks: {speaks} }}\ntiming: {{ settle: 20ms }}\n"
    );
    let scenario = format!(
        "topic: Limits
scenarios:
- id: limits/judged
  title: Something comes
  why: A test.
  level: must
{scenario}"
    );
    let server = Hostile::sending_then_ending(bytes).await;
    server.run_scenarios(&manifest, scenario, expected).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exceeding_a_limit_of_sockspec_is_not_a_failure_of_the_target() {
    let frame = b"\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff";
    for step in ["closed: {}", "receive: { binary: <any> }"] {
        let scenario = format!(
            "  clients: [visitor]\n  steps:\n  - open: websocket\n    as: visitor\n  - {step}\n    as: visitor\n"
        );
        run(frame, &scenario, Exit::NotRun)
            .await
            .stdout_has("visitor received more than sockspec accepts, although the target may send it: frame of 2147483647 bytes exceeds the limit of 16777216.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_after_the_close_frame_fails_only_the_scenario_about_it() {
    let frames = b"\x88\x02\x03\xe8\x8c\x01a";
    let steps = "  clients: [visitor]\n  steps:\n  - open: websocket\n    as: visitor\n  - closed: { code: 1000 }\n    as: visitor\n";
    run(frames, steps, Exit::Conformant).await;
    let about_it = format!("  verifies: [ws.close.no-frames-after-server-close]\n{steps}");
    run(frames, &about_it, Exit::NotConformant)
        .await
        .stdout_has("visitor received data that WebSocket forbids: data after the close frame");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_exceeds_the_announced_limit_gives_no_verdict() {
    let open = "  clients: [visitor]\n  steps:\n  - open: websocket\n    as: visitor\n";
    let whole =
        "  - send: 4123456789\n    as: visitor\n  - closed: { code: 1000 }\n    as: visitor\n";
    let fragments = "  - frame: { fin: false, payload: '41234' }\n    as: visitor\n  - frame: { opcode: continuation, payload: '56789' }\n    as: visitor\n  - closed: { code: 1000 }\n    as: visitor\n";
    let bytes = [text_frames(&[OPEN]), b"\x88\x02\x03\xf1".to_vec()].concat();
    for steps in [whole, fragments] {
        let scenario = format!("{open}{steps}");
        run_as("engine.io", bytes.clone(), &scenario, Exit::NothingSelected)
            .await
            .stdout_has(
                "1 scenario: the scenario sends a message or a POST of more than the 9 bytes that the target announces as its limit",
            );
        let about_it = scenario.replace("  clients:", "  needs: [max-payload]\n  clients:");
        run_as("engine.io", bytes.clone(), &about_it, Exit::NotConformant).await;
    }
    let less = format!("{open}{}", whole.replace("9\n", "\n"));
    run_as("engine.io", bytes, &less, Exit::NotConformant).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_handshake_that_ends_at_once_is_not_reported_as_unanswered() {
    let steps = "  clients: [stranger]\n  steps:\n  - open: websocket\n    as: stranger\n    refused: { status: 400 }\n    accept:\n      lenient: { refused: { no-response: true } }\n";
    for bytes in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\x88\x00"] {
        run_as("engine.io", bytes.to_vec(), steps, Exit::Conformant)
            .await
            .stdout_has(
                "The server accepted stranger's handshake and ended the WebSocket at once.",
            );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_to_join_shows_the_refusal() {
    let steps =
        "  clients: [visitor]\n  steps:\n  - open: websocket\n    as: visitor\n    echo: true\n";
    let bytes = text_frames(&[OPEN, r#"44{"message":"unauthorized"}"#]);
    let shown = run_as("socket.io", bytes, steps, Exit::NotConformant).await;
    shown.stdout_has("\n  expected  CONNECT\n  received  44{\"message\":\"unauthorized\"}\n");
}
