//! Sessions that only steps poll, and that end because the steps take longer than the server waits for an answer to a ping.

use serde_json::Value;
use sockspec::cli::Exit;

use crate::support::{Finished, Served, Test};

/// Polls a session after `steps`, and expects the reply to CONNECT.
fn scenario(steps: &str) -> String {
    format!(
        "topic: Sessions
needs: [acks]
scenarios:
- id: sessions/polled
  title: A session is alive
  why: A test.
  level: must
  clients: {{ poller: {{ connect: false }}, clock: {{ transport: websocket }} }}
  steps:
  - open: polling
    as: poller
    poll: false
  - send: \"40\"
    as: poller
    status: 200
{steps}
  - http: GET $path
    query: {{ EIO: 4, transport: polling, sid: $poller.engine_sid }}
    status: 200
    response: {{ $contains: \"40{{\" }}
"
    )
}

/// Runs the scenario against a server that waits for half a second for the answer to its first ping.
fn run(steps: &str, expected: Exit) -> (Finished, Value) {
    let server = Served::new(&["--ping-interval", "300ms", "--ping-timeout", "200ms"]);
    let manifest = format!(
        "name: short\nurl: {}\nprovides: [acks, events, polling, socket-io, websocket]\n",
        server.url
    );
    let finished = Test::new()
        .file("scenario.yaml", scenario(steps))
        .file("target.yaml", manifest)
        .args(["run", "scenario.yaml", "--target", "target.yaml"])
        .args(["--settle", "20ms", "--report", "json=out.json"])
        .status(expected);
    let report: Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    let scenario = report["scenarios"][0].clone();
    (finished, scenario)
}

const SLOW: &str = "  - call: ack-late
    as: clock
    with: { after: 700 }
    reply: late";

const CLOSED: &str = "  - http: POST $path
    query: { EIO: 4, transport: polling, sid: $poller.engine_sid }
    body: \"1\"
    status: 200";

#[test]
fn steps_that_take_too_long_for_their_session_blame_nobody() {
    let (finished, scenario) = run(SLOW, Exit::NotRun);
    assert_eq!(scenario["error"], "session-expired", "{scenario}");
    assert_eq!(
        scenario["attempts"].as_array().unwrap().len(),
        4,
        "{scenario}"
    );
    finished
        .stdout_has(
            "The server had ended poller's session, in which the steps answered no ping for ",
        )
        .stdout_has("the server announced that it waits for 500 ms");
}

#[test]
fn a_pong_keeps_the_session() {
    let pong = "  - call: ack-late
    as: clock
    with: { after: 320 }
    reply: late
  - http: POST $path
    query: { EIO: 4, transport: polling, sid: $poller.engine_sid }
    body: \"3\"
    status: 200
  - call: ack-late
    as: clock
    with: { after: 300 }
    reply: late";
    run(pong, Exit::Conformant);
}

#[test]
fn a_session_that_ends_before_its_time_is_a_failure() {
    let (_, scenario) = run(CLOSED, Exit::NotConformant);
    assert_eq!(scenario["kind"], "wrong-response", "{scenario}");
}
