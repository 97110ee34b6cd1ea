//! Tests of what a manifest says about the way into an application: other namespaces, a login.

use sockspec::cli::Exit;

use crate::support::{Served, Test};

/// The capabilities of the reference server that scenarios about an application need.
const PROVIDES: &str = "provides: [acks, binary, broadcast, direct, echo, engine-io, events, exceptions, namespaces, polling, rooms, \
                        room-counts, server-disconnect, socket-io, upgrade, watch, websocket]\nfence: { call: echo }\n\
                        dialect: { errors: exception }\n";

/// Returns a call of `run` with a manifest of the server.
fn run(server: &Served, manifest: &str, scenarios: &[&str]) -> Test {
    let url = &server.url;
    Test::new()
        .file(
            "app.yaml",
            format!("name: app\nurl: {url}\n{PROVIDES}{manifest}"),
        )
        .args(["run", "--target", "app.yaml"])
        .args(scenarios.iter().copied())
}

/// Scenarios in which clients join the main namespace: by name, by default, and in packets written by hand.
const IN_MAIN: [&str; 6] = [
    "acks/*",
    "engine.io/message*",
    "events/*",
    "namespaces/*",
    "rooms/to-*",
    "socket.io/*",
];

#[test]
fn an_application_in_another_namespace_is_judged_there() {
    let server = Served::new(&[]);
    let manifest = "namespaces: { /: /custom, /custom: absent, /chat: absent }\n";
    run(&server, manifest, &IN_MAIN)
        .status(Exit::Conformant)
        .stdout_has("ok     rooms/to-excludes-sender")
        .stdout_has("ok     socket.io/connect-answered")
        .stdout_has("the target has no namespace `/custom`")
        .stdout_lacks("warn ");
}

#[test]
fn a_mistake_of_an_application_in_another_namespace_is_found() {
    let server = Served::new(&["--fault", "room-emit-echoes-to-sender"]);
    let manifest = "namespaces: { /: /custom, /custom: absent }\n";
    run(&server, manifest, &["rooms/to-excludes-sender"])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   rooms/to-excludes-sender");
}
