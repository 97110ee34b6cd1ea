//! Tests of the part of a failure that shows what each client saw.

use sockspec::cli::Exit;

use crate::support::{Finished, Test};

/// Runs the steps of one scenario of clients `a` and `b` on the reference server. The last step always fails.
fn failed(clients: &str, steps: &str) -> Finished {
    let scenario = format!(
        "topic: Traces\nneeds: [acks]\nscenarios:\n- id: trace/one\n  title: It works\n  why: A test.\n  clients: \
         {clients}\n  steps:\n{steps}  - {{ call: echo, as: b, with: 1, reply: 2 }}\n"
    );
    Test::new()
        .file("one.yaml", scenario)
        .args(["run", "one.yaml", "--report", "json=report.json"])
        .status(Exit::NotConformant)
}

/// Returns what a client sent (`→`) and received (`←`).
fn seen(finished: &Finished, client: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(&finished.written("report.json")).unwrap();
    let views = json["scenarios"][0]["breach"]["seen"].as_array().unwrap();
    let view = views.iter().find(|view| view["client"] == client);
    let lines = view.unwrap()["lines"].as_array().unwrap();
    lines
        .iter()
        .map(|line| {
            let arrow = if line["direction"] == "sent" {
                "→"
            } else {
                "←"
            };
            format!("{arrow} {}", line["text"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn what_is_sent_just_before_the_client_cuts_the_connection_is_shown() {
    let cases = [
        (
            "  - { emit: say, as: a, args: [x, y] }\n  - { disconnect: , as: a, how: drop }\n",
            r#"→ 42["say","x","y"]"#,
        ),
        (
            "  - { emit: say, as: a, args: [x, y] }\n  - { disconnect: , as: a, how: reset }\n",
            r#"→ 42["say","x","y"]"#,
        ),
        (
            "  - { open: websocket, as: a }\n  - { send: '40', as: a }\n  - { disconnect: , as: a, how: drop }\n",
            "→ 40",
        ),
        (
            "  - { open: websocket, as: a }\n  - { frame: { payload: '40' }, as: a }\n  - { disconnect: , as: a, how: reset }\n",
            "→ [text] 40",
        ),
        (
            "  - { open: tcp, as: a }\n  - { bytes: 'GET', as: a }\n  - { disconnect: , as: a, how: drop }\n",
            "→ GET",
        ),
        (
            "  - { open: polling, as: a }\n  - { send: '40', as: a }\n  - { disconnect: , as: a, how: reset }\n",
            "→ 40",
        ),
    ];
    for (steps, sent) in cases {
        let clients = if steps.contains("open") {
            "{ a: { connect: false }, b: }"
        } else {
            "[a, b]"
        };
        let finished = failed(clients, steps);
        let lines = seen(&finished, "a");
        let at = lines.iter().position(|line| line == sent);
        assert!(at.is_some(), "{steps}: {lines:#?}");
        let end = lines
            .iter()
            .position(|line| line.contains("sockspec ended"));
        assert!(at < end, "{steps}: {lines:#?}");
    }
}

#[test]
fn a_refused_connection_shows_its_request_and_response() {
    let finished = failed(
        "{ a: { connect: false }, b: }",
        "  - { open: polling, as: a, query: { EIO: '9' }, refused: { status: 400 } }\n",
    );
    let lines = seen(&finished, "a");
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(
        lines[0].starts_with("→ GET /socket.io/?transport=polling&EIO=9"),
        "{lines:#?}"
    );
    assert!(lines[1].starts_with("← HTTP 400 {"), "{lines:#?}");
}

#[test]
fn requests_of_http_steps_are_shown_with_their_bodies() {
    let finished = failed(
        "[a, b]",
        "  - { http: POST /socket.io/?EIO=4&transport=polling, body: { x: 1 }, status: 400 }\n",
    );
    let lines = seen(&finished, "http steps");
    assert_eq!(
        lines[0],
        r#"→ POST /socket.io/?EIO=4&transport=polling {"x":1}"#
    );
    assert!(lines[1].starts_with("← HTTP 400"), "{lines:#?}");
}

#[test]
fn the_open_packet_is_shown_once_for_each_connection() {
    for open in ["websocket", "polling"] {
        let finished = failed(
            "{ a: { connect: false }, b: }",
            &format!("  - {{ open: {open}, as: a, join: true }}\n"),
        );
        let lines = seen(&finished, "a");
        let shown = lines.iter().filter(|line| line.contains(r#"0{"sid""#));
        let own = shown.filter(|line| !line.contains("40{"));
        assert_eq!(own.count(), 1, "{open}: {lines:#?}");
    }
}
