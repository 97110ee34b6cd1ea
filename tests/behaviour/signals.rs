//! Tests that a signal ends every wait of the program.

use std::path::Path;

use sockspec::cli::Exit;

use crate::support::{Quiet, Test};

const RIGHT: &str = "topic: Chat
needs: [acks]
scenarios:
- id: chat/right
  title: An echo
  why: A test.
  level: must
  clients: [alice]
  steps:
  - call: echo
    as: alice
    with: hi
    reply: hi
";

fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

async fn assert_interruptible(start: impl Fn() -> Quiet) {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let running = start();
        running.is_blocked().await;
        let (status, err) = running.signal(signal).await;
        assert_eq!(status, Some(Exit::Interrupted as i32), "{signal}: {err}");
        assert!(err.contains("interrupted"), "{signal}: {err}");
    }
}

#[tokio::test]
async fn a_pipe_without_a_writer_in_place_of_a_file() {
    for command in [
        &["run", "pipe.yaml"][..],
        &["check", "pipe.yaml"],
        &["run", "acks/*", "--ca", "pipe.yaml"],
    ] {
        assert_interruptible(|| {
            let test = Test::new().args(command.iter().copied());
            make_pipe(&test.path("pipe.yaml"));
            test.start_quietly()
        })
        .await;
    }
}

#[tokio::test]
async fn a_pipe_without_a_reader_in_place_of_a_report() {
    let test = Test::new().file("chat.yaml", RIGHT).args([
        "run",
        "chat.yaml",
        "--report",
        "json=pipe",
        "--report",
        "junit=junit.xml",
    ]);
    make_pipe(&test.path("pipe"));
    let junit = test.path("junit.xml");
    let running = test.start_quietly();
    // The other report is written although it comes last on the command line.
    while !junit.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let (status, _) = running.signal("-INT").await;
    assert_eq!(status, Some(Exit::Interrupted as i32));
}

#[tokio::test]
async fn a_server_that_never_answers_the_probe() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    assert_interruptible(|| Test::new().args(["probe", &url]).start_quietly()).await;
    let run = || {
        Test::new()
            .args(["run", "--target", &url, "acks/*"])
            .start_quietly()
    };
    assert_interruptible(run).await;
}

#[tokio::test]
async fn a_target_that_is_never_ready() {
    let manifest = "name: x
url: http://127.0.0.1:$port
launch: { command: [sleep, '600'], ready: { within: 500s } }
";
    assert_interruptible(|| {
        Test::new()
            .file("target.yaml", manifest)
            .args(["run", "--target", "target.yaml", "acks/*"])
            .inherit(&["PATH"])
            .start_quietly()
    })
    .await;
}

/// One `sockspec` process runs a long setup in a folder. A second process has to wait, and names the first one.
#[tokio::test]
async fn the_lock_of_another_runner() {
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().display();
    let manifest = format!(
        "name: x
url: http://127.0.0.1:$port
launch: {{ setup: [sh, -c, 'touch began; sleep 600'], command: ['true'], workdir: {shown} }}
"
    );
    let start = || {
        Test::new()
            .file("target.yaml", &manifest)
            .args(["run", "--target", "target.yaml", "acks/*"])
            .inherit(&["PATH"])
            .start_quietly()
    };
    let first = start();
    while !folder.path().join("began").exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let holder = format!("waiting for process {}, which sets up ", first.pid());
    for signal in ["-INT", "-TERM", "-HUP"] {
        let second = start();
        second.is_blocked().await;
        let (status, err) = second.signal(signal).await;
        assert_eq!(status, Some(Exit::Interrupted as i32), "{err}");
        assert!(err.contains(&holder), "no {holder:?} in {err}");
    }
    let (status, _) = first.signal("-INT").await;
    assert_eq!(status, Some(Exit::Interrupted as i32));
}
