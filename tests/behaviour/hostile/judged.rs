//! What scenarios make of servers that go beyond this side's limits, or go on behind their last word.

use sockspec::cli::Exit;
use tokio::io::AsyncWriteExt;

use super::{Hostile, hold, opening::switch};
use crate::support::{Finished, Test};

/// Runs one scenario on a plain WebSocket whose server sends `frames`.
async fn run(frames: &'static [u8], scenario: &str, expected: Exit) -> Finished {
    let server = Hostile::new(move |mut stream| async move {
        switch(&mut stream).await;
        let _ = stream.write_all(frames).await;
        let _ = stream.flush().await;
        hold(stream).await;
    })
    .await;
    let manifest = format!(
        "name: hostile\nurl: {}\nprovides: [websocket]\ndialect: {{ speaks: websocket }}\ntiming: {{ settle: 20ms }}\n",
        server.endpoint.url.as_str().trim_end_matches('/')
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
    let test = Test::new()
        .file("scenario.yaml", scenario)
        .file("target.yaml", manifest)
        .args(["run", "scenario.yaml", "--target", "target.yaml"]);
    tokio::task::spawn_blocking(move || test.status(expected))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_this_side_is_never_held_against_the_target() {
    let frame = b"\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff";
    for step in ["closed: {}", "receive: { binary: <any> }"] {
        let scenario = format!(
            "  clients: [visitor]\n  steps:\n  - open: websocket\n    as: visitor\n  - {step}\n    as: visitor\n"
        );
        run(frame, &scenario, Exit::NotRun)
            .await
            .stdout_has("visitor is sent more than sockspec takes, which the target is free to do: frame of 2147483647 bytes exceeds the limit of 16777216.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_the_close_frame_fails_the_scenario_about_it_alone() {
    let frames = b"\x88\x02\x03\xe8\x8c\x01a";
    let steps = "  clients: [visitor]\n  steps:\n  - open: websocket\n    as: visitor\n  - closed: { code: 1000 }\n    as: visitor\n";
    run(frames, steps, Exit::Conformant).await;
    let about_it = format!("  verifies: [ws.close.no-frames-after-server-close]\n{steps}");
    run(frames, &about_it, Exit::NotConformant)
        .await
        .stdout_has("visitor receives what no websocket peer may send: data after the close frame");
}
