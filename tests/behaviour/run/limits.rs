//! Runs under a low limit on open files, and runs that are stopped for a while.

#![cfg(unix)]

use std::{process::Stdio, time::Duration};

use sockspec::cli::Exit;
use tempfile::tempdir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::support::Test;

/// A scenario that waits for an event that never comes. The log shows the end of the first step.
const WAITING: &str = "topic: Limits
needs: [acks]
scenarios:
- id: limits/waiting
  title: A client stays connected
  why: A test.
  level: must
  clients: [visitor]
  steps:
  - call: echo
    as: visitor
    with: hi
    reply: hi
  - expect: never-sent
    as: visitor
    within: 5s
";

/// A scenario with 200 clients at once.
const CROWD: &str = "topic: Limits
needs: [acks]
scenarios:
- id: limits/crowd
  title: Two hundred clients join
  why: A test.
  level: must
  clients: { crowd: { count: 200 } }
  steps:
  - call: echo
    as: crowd
    with: hi
    reply: hi
";

/// Runs the program under `limit`, arguments of the shell's `ulimit`.
fn under(limit: &str, arguments: &[&str], expected: Exit) -> crate::support::Finished {
    let command = format!(
        "ulimit {limit} && exec {} \"$@\"",
        env!("CARGO_BIN_EXE_sockspec")
    );
    Test::new()
        .file("crowd.yaml", CROWD)
        .args(["-c", &command, "sockspec"])
        .args(arguments)
        .status_of("/bin/sh", expected)
}

#[test]
fn a_low_soft_limit_on_files_is_raised() {
    under("-Sn 64", &["run", "crowd.yaml"], Exit::Conformant);
}

#[test]
fn under_a_low_hard_limit_fewer_scenarios_run_at_once() {
    under("-n 256", &["run", "rooms/*"], Exit::Conformant);
}

#[test]
fn a_lack_of_files_is_no_fault_of_the_target() {
    under(
        "-n 128",
        &["run", "crowd.yaml", "--report", "json=out.json"],
        Exit::NotRun,
    )
    .stdout_has("sockspec had no free file descriptor");
}

/// The page is larger than the limit, and the JUnit report is smaller.
#[test]
fn a_report_that_exceeds_the_limit_on_file_sizes_is_named_and_the_others_are_written() {
    let reports = [
        "run",
        "acks/once",
        "--report",
        "html=page.html",
        "--report",
        "junit=junit.xml",
    ];
    let finished = under("-f 32", &reports, Exit::NotRun)
        .stderr_has("error: can't write page.html: File too large")
        .stderr_has("the run itself ended with exit status 0");
    assert!(
        finished
            .written("junit.xml")
            .contains("<testcase name=\"acks/once")
    );
    assert!(finished.try_written("page.html").is_none());
}

#[tokio::test]
async fn a_run_that_was_stopped_blames_nobody() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("waiting.yaml"), WAITING).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sockspec"))
        .args([
            "--log",
            "debug",
            "run",
            "waiting.yaml",
            "--report",
            "json=out.json",
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let pid = child.id().unwrap().to_string();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let steps = async {
        while let Some(line) = log.next_line().await.unwrap() {
            if line.contains("limits/waiting") {
                return;
            }
        }
        panic!("the scenario never began");
    };
    let limit = Duration::from_secs(30);
    timeout(limit, steps).await.unwrap();
    let signal = async |name: &str| {
        let sent = Command::new("kill").args([name, &pid]).status().await;
        assert!(sent.unwrap().success());
    };
    signal("-STOP").await;
    // A shorter stop doesn't count; nothing else tells that this time has passed.
    tokio::time::sleep(Duration::from_secs(3)).await;
    signal("-CONT").await;
    let rest = async { while log.next_line().await.unwrap().is_some() {} };
    timeout(limit, rest).await.unwrap();
    let status = timeout(limit, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(Exit::NotRun as i32));
    let report = std::fs::read_to_string(folder.path().join("out.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let scenario = &report["scenarios"][0];
    assert_eq!(scenario["verdict"], "error", "{scenario}");
    assert_eq!(scenario["error"], "runner-stopped", "{scenario}");
}
