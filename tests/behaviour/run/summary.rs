//! Tests of what a run prints: the summary, what to do next, known deviations and attempts.

use sockspec::cli::Exit;

use super::{chat, in_order, run};
use crate::support::{Served, Test};

/// A manifest of the reference server that declares little.
const LITTLE: &str = "name: mine\nlaunch: built-in\nurl: http://127.0.0.1:$port\n\
    provides: [acks, polling, socket-io, websocket]\n";

/// Returns the output without times.
fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once(" in ") {
        Some((counts, _)) if line.contains(" ok") => format!("{counts} in T"),
        _ => match line.split_once("  known") {
            Some((start, "")) => {
                let id = start.rsplit_once("  ").unwrap().0;
                format!("{id}  TIME  known")
            }
            _ => line.to_owned(),
        },
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_summary_says_what_to_declare_next() {
    let finished = Test::new()
        .file("mine.yaml", LITTLE)
        .args(["run", "rooms/*", "presence/*", "--target", "mine.yaml"])
        .status(Exit::NothingSelected);
    let text = finished.out();
    in_order(
        &text,
        &[
            "skip   ",
            " scenarios: the target does not declare what is needed\n",
            "next   declare `rooms` to run ",
            " more scenarios\n       then declare ",
            "; `--verbose` lists them\n\n0 ok, ",
        ],
    );
    assert!(text.lines().count() < 20, "{text}");
}

/// A run of many scenarios prints at most 25 lines if nothing is wrong.
#[test]
fn a_run_without_deviations_is_short() {
    let finished = Test::new()
        .args(["run", "events/*", "rooms/to-*"])
        .status(Exit::Conformant);
    let text = finished.out();
    assert!(text.lines().count() <= 25, "{text}");
}

#[test]
fn a_quiet_run_prints_only_what_is_not_right() {
    run(
        &chat(&[
            ("right", "level: must"),
            ("right-far", "needs: [eio3]\n  level: must"),
        ]),
        &["--quiet"],
    )
    .status(Exit::Conformant)
    .stdout("")
    .stderr("");
    let finished = run(
        &chat(&[("right", "level: must"), ("wrong", "level: must")]),
        &["--quiet"],
    );
    let text = finished.status(Exit::NotConformant).out();
    assert!(text.starts_with("FAIL   chat/wrong"), "{text}");
    in_order(&text, &["\nFAIL   chat/wrong  ", "\n\n1 ok, 1 FAIL in "]);
    run(
        &chat(&[("right", "level: must")]),
        &["--quiet", "--verbose"],
    )
    .status(Exit::BadUsage);
}

const BASELINE: &str = "deviations:\n- id: chat/wrong\n  verdict: fail\n  kind: wrong-content\n  reason: It always says hi.\n";

#[test]
fn a_known_deviation_is_one_line() {
    let finished = run(
        &chat(&[("right", "level: must"), ("wrong", "level: must")]),
        &[
            "--baseline",
            "known.yaml",
            "--report",
            "junit=out.xml",
            "--report",
            "json=out.json",
        ],
    )
    .file("known.yaml", BASELINE)
    .status(Exit::Conformant);
    let text = finished.out();
    assert!(!text.contains("What each client saw"), "{text}");
    in_order(
        &text,
        &[
            "FAIL   chat/wrong  ",
            "  known\n",
            "\nknown  chat/wrong  FAIL: It always says hi.\n\n1 ok, 1 known in ",
            "baseline: 1 known, 0 new, 0 stale",
        ],
    );
    let junit = finished.written("out.xml");
    in_order(
        &junit,
        &[
            "skipped=\"1\" failures=\"0\"",
            "<property name=\"known\" value=\"It always says hi.\"/>",
            "<property name=\"known-by\" value=\"baseline\"/>",
            "<skipped message=\"known deviation: It always says hi.\" type=\"known\"/>",
        ],
    );
    let json: serde_json::Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    assert_eq!(json["summary"]["known"], 1);
    assert_eq!(json["summary"]["fail"], 1);
    assert_eq!(json["scenarios"][1]["known"]["by"], "baseline");
}

#[test]
fn a_known_failure_does_not_end_a_run_that_fails_fast() {
    let scenarios = [("wrong", "level: must"), ("right", "level: must")];
    run(
        &chat(&scenarios),
        &["--baseline", "known.yaml", "--fail-fast", "--jobs", "1"],
    )
    .file("known.yaml", BASELINE)
    .status(Exit::Conformant)
    .stdout_has("\n1 ok, 1 known in ");
}

/// The fault does what socket.io does by itself.
#[test]
fn what_the_stack_does_by_itself_is_known() {
    let server = Served::new(&["--fault", "handshake-host-unchecked"]);
    let scenario = "websocket/upgrade-names-host";
    let run = |more: &[&str]| {
        let test = Test::new().args(["run", scenario, "--target", &server.url, "--strict"]);
        test.args(more.iter().copied())
    };
    run(&[]).status(Exit::NotConformant);
    run(&["--stack", "none"]).status(Exit::NotConformant);
    let finished = run(&["--stack", "socket.io-4"]).status(Exit::Conformant);
    insta::assert_snapshot!(without_times(&finished.out().replace(&server.url, "URL")), @r"
    target URL  URL/

    warn   websocket/upgrade-names-host  TIME  known

    known  1 deviation that socket.io-4 has by itself; `--verbose` lists them, `--stack none` judges them

    0 ok, 1 known in T
    ");
    let finished = run(&["--stack", "socket.io-4", "--verbose"]).status(Exit::Conformant);
    finished.stdout_has("\nknown  websocket/upgrade-names-host  warn: ");
    let manifest = format!("name: mine\nurl: {}\nstack: ws-8\n", server.url);
    Test::new()
        .file("mine.yaml", manifest)
        .args(["run", scenario, "--strict", "--target", "mine.yaml"])
        .status(Exit::Conformant)
        .stdout_has("1 deviation that ws-8 has by itself");
    run(&["--stack", "socket.io"])
        .status(Exit::BadUsage)
        .stderr_has("there is no stack `socket.io`; did you mean `socket.io-4`?");
}

/// A baseline does not list what the list of the stack explains.
#[test]
fn an_updated_baseline_leaves_out_what_the_stack_does() {
    let server = Served::new(&["--fault", "handshake-host-unchecked"]);
    let finished = Test::new()
        .args([
            "run",
            "websocket/upgrade-names-host",
            "--target",
            &server.url,
        ])
        .args(["--stack", "socket.io-4", "--update-baseline", "new.yaml"])
        .status(Exit::Conformant);
    assert!(finished.written("new.yaml").contains("deviations: []"));
}

#[test]
fn attempts_are_listed() {
    let scenario = "topic: Chat\nneeds: [acks]\nscenarios:\n- id: chat/wrong\n  title: An echo\n  level: must\n  \
         clients: [alice]\n  steps:\n  - { call: echo, as: alice, with: hi, reply: ho }\n";
    run(scenario, &["--repeat", "3"])
        .status(Exit::NotConformant)
        .stdout_has("  (3 attempts: FAIL, FAIL, FAIL)\n");
    run(scenario, &["--retries", "1"])
        .status(Exit::NotConformant)
        .stdout_has("  (2 attempts: FAIL, FAIL)\n");
}

/// The probe and the run use the same process.
#[cfg(unix)]
#[test]
fn a_launched_server_starts_once() {
    let program = env!("CARGO_BIN_EXE_sockspec");
    let script = format!("echo started >> starts; exec {program} serve --port $1");
    let script = serde_json::Value::from(script);
    let manifest = format!(
        "name: mine\nurl: http://127.0.0.1:$port\nlaunch: {{ command: [sh, -c, {script}, launch, $port], \
         ready: {{ line: listening }} }}\nprovides: [acks]\n"
    );
    let finished = run(
        &chat(&[("right", "level: must")]),
        &["--target", "mine.yaml"],
    )
    .file("mine.yaml", manifest)
    .inherit(&["PATH"])
    .status(Exit::Conformant);
    assert_eq!(finished.written("starts"), "started\n");
}
