//! Tests that processes which a target leaves behind end with the run.

use std::{fs, path::Path, time::Duration};

use sockspec::cli::Exit;

use crate::support::Test;

/// Ways to leave the process group of a target. Each writes the id of the process that left into the file `pid`.
const WAYS: [(&str, &str); 4] = [
    (
        "its own session",
        "setsid sh -c 'echo $$ > pid; exec sleep 600' &",
    ),
    (
        "twice forked",
        "(setsid sh -c 'echo $$ > pid; exec sleep 600' &)",
    ),
    (
        "without a standard stream",
        "(setsid sh -c 'echo $$ > pid; exec sleep 600' > /dev/null 2>&1 < /dev/null &)",
    ),
    (
        "without an environment",
        "(setsid env -i PATH=\"$PATH\" sh -c 'echo $$ > pid; exec sleep 600' &)",
    ),
];

fn manifest(script: &str) -> String {
    let server = env!("CARGO_BIN_EXE_sockspec");
    let script = serde_json::Value::from(format!(
        "{script}\nuntil test -s pid; do :; done; exec {server} serve --port $1"
    ));
    format!(
        "name: x
url: http://127.0.0.1:$port
launch: {{ command: [sh, -c, {script}, launch, $port], ready: {{ line: listening, within: 20s }} }}
provides: [acks, events, rooms, websocket, polling, socket-io]
"
    )
}

fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

async fn gone(pid: &str) {
    let wait = async {
        while lives(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(10), wait).await;
    ended.expect("the process goes on");
}

#[test]
fn processes_that_left_the_group_end_with_the_run() {
    for (way, script) in WAYS {
        let finished = Test::new()
            .file("target.yaml", manifest(script))
            .args(["run", "--target", "target.yaml", "acks/value-returned"])
            .inherit(&["PATH"])
            .status(Exit::Conformant);
        let pid = finished.written("pid");
        assert!(!lives(&pid), "{way}");
    }
}

#[tokio::test]
async fn processes_that_left_the_group_end_with_an_interrupt_and_with_a_kill() {
    for signal in ["-INT", "-KILL"] {
        let slow = "topic: Slow
scenarios:
- id: slow/one
  title: Nothing comes
  why: A test.
  level: must
  clients: [alice]
  steps:
  - expect: never-sent
    as: alice
    within: 100s
";
        let running = Test::new()
            .file("slow.yaml", slow)
            .file("target.yaml", manifest(WAYS[1].1))
            .args(["run", "--target", "target.yaml", "slow.yaml"])
            .inherit(&["PATH"])
            .start()
            .await;
        let folder = running.folder();
        let pid = fs::read_to_string(Path::new(folder.path()).join("pid")).unwrap();
        assert!(lives(&pid));
        running.signal(signal).await;
        gone(&pid).await;
    }
}

/// A child of the program that existed before the run is not killed.
#[test]
fn other_processes_are_left_alone() {
    let test = Test::new()
        .file("target.yaml", manifest(WAYS[1].1))
        .inherit(&["PATH"]);
    let script = format!(
        "setsid sleep 600 > /dev/null 2>&1 & echo $! > other
         (setsid sh -c 'echo $$ > orphan; exec sleep 600' > /dev/null 2>&1 &)
         until test -s orphan; do :; done
         exec {} run --target target.yaml acks/value-returned",
        env!("CARGO_BIN_EXE_sockspec")
    );
    let finished = test.args(["-c", &script]).status_of("sh", Exit::Conformant);
    let (other, orphan) = (finished.written("other"), finished.written("orphan"));
    let survived = [lives(&other), lives(&orphan)];
    let ended = lives(&finished.written("pid"));
    for pid in [other, orphan] {
        let _ = std::process::Command::new("kill").arg(pid.trim()).status();
    }
    assert_eq!(survived, [true, true]);
    assert!(!ended);
}
