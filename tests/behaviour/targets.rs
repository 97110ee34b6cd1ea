//! Tests of the manifests under `fixtures/targets/`: servers in other languages and frameworks, as far as their tools
//! are installed.

use std::{path::PathBuf, process::Command};

use sockspec::cli::Exit;

use crate::support::{Served, Test};

/// Some scenarios of every protocol layer that all of the stacks pass. `.ci/run` runs all scenarios.
const SAMPLE: [&str; 8] = [
    "acks/value-returned",
    "auth/missing-token-refused*",
    "engine.io/polling-open-packet",
    "engine.io/upgrade-by-hand",
    "events/payload-unchanged*",
    "heartbeat/server-pings",
    "rooms/to-excludes-sender",
    "websocket/ping-answered*",
];

pub(crate) fn manifest(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/targets")
        .join(name)
}

/// Returns true if a stack is installed: the program `tool` runs, and the path `result`, which its setup creates,
/// exists. CI sets the variable `require`; a missing stack is an error then.
pub(crate) fn is_there(name: &str, tool: &[&str], result: &str, require: &str) -> bool {
    let runs = tool.split_first().is_some_and(|(program, arguments)| {
        Command::new(program)
            .args(arguments)
            .output()
            .is_ok_and(|output| output.status.success())
    });
    let made = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/servers")
        .join(result)
        .exists();
    let there = runs && made;
    assert!(
        there || std::env::var_os(require).is_none(),
        "{name}: its tools or the result of its setup are missing"
    );
    if !there {
        eprintln!("skipped: {name} is not set up");
    }
    there
}

/// Runs the sample against the server of a manifest, with the environment variables that the tools of the stack need.
fn sample(name: &str) {
    Test::new()
        .inherit(&[
            "PATH",
            "HOME",
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "RUSTUP_HOME",
        ])
        .args(["run", "--verbose", "--target"])
        .args([manifest(name)])
        .args(SAMPLE)
        .status(Exit::Conformant)
        .stdout_has("ok     rooms/to-excludes-sender");
}

#[test]
fn socketio_node_passes() {
    let node = ["node", "--version"];
    if is_there(
        "socket.io on Node",
        &node,
        "socketio-node/node_modules",
        "SOCKSPEC_REQUIRE_NODE",
    ) {
        sample("socketio-node.yaml");
    }
}

#[test]
fn python_socketio_passes() {
    let python = ["python3", "--version"];
    if is_there(
        "python-socketio",
        &python,
        "python-socketio/.venv",
        "SOCKSPEC_REQUIRE_PYTHON",
    ) {
        sample("python-socketio.yaml");
    }
}

#[test]
fn socketioxide_passes() {
    // Building the server takes minutes, so the test runs only if CI asks for it with the variable.
    if std::env::var_os("SOCKSPEC_REQUIRE_SOCKETIOXIDE").is_some() {
        sample("socketioxide.yaml");
    } else {
        eprintln!("skipped: socketioxide is not asked for");
    }
}

#[test]
fn the_official_contracts_pass_at_an_address() {
    for (contract, file, scenario) in [
        (
            "official",
            "official-contract.yaml",
            "socket.io/connect-answered",
        ),
        ("engine", "engine-contract.yaml", "engine.io/echo-in-order"),
    ] {
        let server = Served::new(&["--contract", contract]);
        Test::new()
            .args([
                "run",
                scenario,
                "engine.io/polling-open-packet",
                "--url",
                &server.url,
            ])
            .args(["--target"])
            .args([manifest(file)])
            .status(Exit::Conformant)
            .stdout_has("2 ok in ");
    }
}

/// A server at an address passes even if it sends events to every client that joins, and even with a long heartbeat.
#[test]
fn a_server_at_an_address_may_greet_clients_and_have_a_long_heartbeat() {
    let server = Served::new(&["--contract", "official"]);
    let url = &server.url;
    Test::new()
        .args(["run", "websocket/nothing-read-after-bad-frame"])
        .args(["--target", url])
        .status(Exit::Conformant)
        .stdout_has("1 ok in ");
    Test::new()
        .args(["run", "heartbeat/server-pings", "--url", url])
        .args(["--target"])
        .args([manifest("official-contract.yaml")])
        .status(Exit::NothingSelected)
        .stdout_has("add a profile that provides `short-heartbeat` to run 1 more scenario");
}

/// As in the README, the manifest declares the capabilities of the application; probes find the others.
#[test]
fn a_manifest_does_not_have_to_list_the_transports() {
    let server = Served::new(&[]);
    let url = &server.url;
    let program = env!("CARGO_BIN_EXE_sockspec");
    let running = format!("name: mine\nurl: {url}\nprovides: [acks]\n");
    let launched = format!(
        "name: mine\nurl: http://127.0.0.1:$port\nprovides: [acks]\nlaunch:\n  \
         command: [{program:?}, serve, --port, $port]\n  ready: {{ line: listening, within: 20s }}\n"
    );
    for manifest in [running, launched] {
        Test::new()
            .file("mine.yaml", manifest)
            .args(["run", "acks/value-returned", "--target", "mine.yaml"])
            .status(Exit::Conformant)
            .stdout_has("8 ok in ");
    }
}

/// Every baseline names scenarios that exist, and gives for each deviation whose mistake it is and why.
#[test]
fn baselines_are_explained() {
    let listed = Test::new().args(["list"]).status(Exit::Conformant).out();
    for target in [
        "socketio-node",
        "python-socketio",
        "socketioxide",
        "websocket-ws",
        "nestjs",
        "nestjs-11",
        "nestjs-chat",
        "nestjs-ws",
    ] {
        let path = manifest(&format!("{target}.baseline.yaml"));
        let baseline = sockspec::runner::Baseline::read(&path).unwrap();
        assert_eq!(baseline.target.as_deref(), Some(target));
        for (id, deviation) in &baseline.deviations {
            assert!(
                deviation.because.is_some() && !deviation.reason.is_empty(),
                "{target}: {id}"
            );
            let scenario = id.split('@').next().unwrap_or_default();
            assert!(listed.contains(scenario), "{target}: {id}");
        }
    }
}
