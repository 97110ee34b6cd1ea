//! Tests of failures that have one cause: the cause is explained once, and illegal data ends a wait at once.

use std::time::Duration;

use sockspec::cli::Exit;

use super::{Hostile, OPEN, text_frames};
use crate::support::{Finished, Served, Test};

const CONNECTED: &str = r#"40{"sid":"ijklmnop"}"#;

/// Returns scenarios whose clients have different names. Each scenario waits for up to `within` in its step.
fn scenarios(within: &str, steps: &[(&str, &str)]) -> String {
    let mut text = String::from("topic: Causes\nscenarios:\n");
    for (client, step) in steps {
        text += &format!(
            "- id: causes/{client}\n  title: It works\n  why: A test.\n  level: must\n  clients: [{client}]\n  \
             steps:\n  - {step}\n    as: {client}\n    within: {within}\n"
        );
    }
    text
}

/// Runs scenarios against a server that sends `packets` on each WebSocket.
async fn run(
    packets: &[&str],
    scenarios: String,
    arguments: &'static [&'static str],
    expected: Exit,
) -> Finished {
    let server = Hostile::sending(text_frames(packets)).await;
    let url = server.endpoint.url.to_string();
    let test = Test::new()
        .file("scenarios.yaml", scenarios)
        .file(
            "target.yaml",
            format!("name: hostile\nurl: {url}\nprovides: [websocket, events, acks]\n"),
        )
        .args([
            "run",
            "scenarios.yaml",
            "--target",
            "target.yaml",
            "--jobs",
            "1",
        ])
        .args(arguments.iter().copied());
    tokio::task::spawn_blocking(move || test.status(expected))
        .await
        .unwrap()
}

/// Three scenarios that can't connect.
fn three() -> String {
    scenarios(
        "30s",
        &[
            ("alice", "expect: news"),
            ("bob", "call: echo"),
            ("carol", "expect: other"),
        ],
    )
}

const NEGATIVE: &str =
    r#"0{"sid":"abcdefgh","upgrades":[],"pingInterval":-1,"pingTimeout":20000,"maxPayload":9}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cause_of_several_failures_is_explained_once() {
    let text = run(&[NEGATIVE], three(), &[], Exit::NotConformant)
        .await
        .out();
    assert_eq!(text.matches("--> scenarios.yaml").count(), 1, "{text}");
    let summary = text.split("\n\n").last().unwrap();
    let before = text.rsplit("\n\n").nth(1).unwrap();
    insta::assert_snapshot!(before, @r"
    FAIL   The open packet's field pingInterval is -1, expected a whole number of milliseconds, so clients could not connect.
           3 scenarios with this cause (3 FAIL): causes/alice, causes/bob, causes/carol
    ");
    assert!(summary.starts_with("0 ok, 3 FAIL in "), "{summary}");
    let repeated = text
        .lines()
        .filter(|line| line.ends_with("  same cause as causes/alice"));
    assert_eq!(repeated.count(), 2, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_prints_each_failure_in_full() {
    let text = run(&[NEGATIVE], three(), &["--all"], Exit::NotConformant)
        .await
        .out();
    assert_eq!(text.matches("--> scenarios.yaml").count(), 3, "{text}");
    for client in ["alice", "bob", "carol"] {
        let line = format!("FAIL   causes/{client}  {client} could not open a connection: ");
        assert!(text.contains(&line), "{text}");
    }
    assert!(!text.contains("this cause"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_keep_each_scenario_and_name_its_cause() {
    let reports = &[
        "--report",
        "json=report.json",
        "--report",
        "junit=report.xml",
    ];
    let finished = run(&["0[]"], three(), reports, Exit::NotConformant).await;
    let json: serde_json::Value = serde_json::from_str(&finished.written("report.json")).unwrap();
    let cause = &json["causes"][0];
    assert_eq!(
        cause["sentence"],
        "The open packet's data is not a JSON object, so clients could not connect."
    );
    assert_eq!(
        cause["scenarios"],
        serde_json::json!(["causes/alice", "causes/bob", "causes/carol"])
    );
    for scenario in json["scenarios"].as_array().unwrap() {
        assert_eq!(scenario["cause"], cause["id"]);
        assert!(scenario["breach"]["rerun"].is_string());
    }
    let xml = finished.written("report.xml");
    let property = format!(
        "<property name=\"cause\" value=\"{}\"/>",
        cause["id"].as_str().unwrap()
    );
    assert_eq!(xml.matches(&property).count(), 3, "{xml}");
    assert_eq!(xml.matches("<failure ").count(), 3, "{xml}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn different_evidence_is_never_one_cause() {
    let packets = [OPEN, CONNECTED, r#"42["news",1]"#, r#"42["other",2]"#];
    let steps = scenarios(
        "50ms",
        &[
            ("alice", "expect: news\n    with: 2"),
            ("bob", "expect: other\n    with: 1"),
            ("carol", "expect: missing"),
        ],
    );
    let text = run(&packets, steps, &[], Exit::NotConformant).await.out();
    assert_eq!(text.matches("--> scenarios.yaml").count(), 3, "{text}");
    assert!(!text.contains("this cause"), "{text}");
}

#[test]
fn a_wrong_id_in_each_acknowledgement_is_one_cause() {
    let server = Served::new(&["--fault", "ack-wrong-id"]);
    let manifest = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/targets/reference.yaml"
    );
    let finished = Test::new()
        .args(["run", "acks/answer-that-is", "acks/none-stays-none", "acks/once"])
        .args(["--target", manifest, "--url", server.url.as_str()])
        .args(["--report", "json=report.json"])
        .status(Exit::NotConformant)
        .stdout_has(
            "FAIL   The server acknowledges requests with ids that the clients did not use in them.\n",
        );
    let json: serde_json::Value = serde_json::from_str(&finished.written("report.json")).unwrap();
    assert_eq!(
        json["causes"].as_array().unwrap().len(),
        1,
        "{}",
        json["causes"]
    );
    for scenario in json["scenarios"].as_array().unwrap() {
        assert_eq!(scenario["kind"], "wrongly-acknowledged");
        // The wait for the acknowledgement ends at once: its deadline is 5 s.
        assert!(
            scenario["duration_ms"].as_u64().unwrap() < 4_000,
            "{scenario}"
        );
    }
}

/// In each case, the illegal packet comes before the step waits for something else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_illegal_packet_ends_each_wait_at_once_and_is_the_headline() {
    let begun = std::time::Instant::now();
    let steps = scenarios(
        "30s",
        &[
            ("alice", "call: echo"),
            ("bob", "expect: news"),
            ("carol", "reply: question\n    as: carol\n  - expect: news"),
            ("dora", "connect: /other"),
            ("emil", "call: echo\n    refused: { code: 1 }"),
            ("fred", "closed: { namespace: / }"),
        ],
    );
    let text = run(
        &[OPEN, CONNECTED, r#"490["x"]"#],
        steps,
        &["--all"],
        Exit::NotConformant,
    )
    .await
    .out();
    for client in ["alice", "bob", "carol", "dora", "emil", "fred"] {
        let headline = format!(
            "  {client} received data that Socket.IO forbids: unknown packet type '9' at byte 0. [invariant/well-formed]\n"
        );
        assert!(text.contains(&headline), "{client}: {text}");
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "{text}");
}

/// A scenario that switches the invariant off waits for what it awaits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_illegal_packet_ends_no_wait_where_it_is_allowed() {
    let steps = scenarios("30s", &[("alice", "expect: news")]).replace(
        "  level: must\n",
        "  level: must\n  without: [invariant/well-formed]\n",
    );
    let packets = [OPEN, CONNECTED, r#"490["x"]"#, r#"42["news"]"#];
    run(&packets, steps, &[], Exit::Conformant).await;
}

/// The reference server runs without connection state recovery.
#[test]
fn a_capability_that_the_server_belies_is_named_in_one_line() {
    let manifest = "name: claims
launch: built-in
url: http://127.0.0.1:$port
provides: [acks, binary, broadcast, echo, events, namespaces, polling, recovery, rooms, socket-io, upgrade, websocket]
fence: { call: echo }
";
    let finished = Test::new()
        .file("claims.yaml", manifest)
        .args([
            "run",
            "recovery/*",
            "acks/value-returned*",
            "--target",
            "claims.yaml",
        ])
        .status(Exit::NotConformant);
    let text = finished.out();
    let notes: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("note   none of the "))
        .collect();
    assert_eq!(notes.len(), 1, "{text}");
    assert!(
        notes[0].contains("that need `recovery` passed: if the target does not provide this"),
        "{text}"
    );
}

#[test]
fn one_mistake_of_an_application_is_one_cause() {
    let server = Served::new(&["--fault", "leave-ignored"]);
    let text = Test::new()
        .args([
            "run",
            "rooms/leave-stops-delivery",
            "rooms/leave-ends-double-join",
        ])
        .args(["--target", "reference", "--url", &server.url])
        .status(Exit::NotConformant)
        .out();
    let cause = "FAIL   A client received `room-message`, although the server acknowledged its `leave-room`; it must not \
                 receive it.\n       2 scenarios with this cause (2 FAIL): ";
    assert!(text.contains(cause), "{text}");
}
