//! Tests of `sockspec probe`.

use sockspec::cli::Exit;

use crate::support::{Served, Test};

#[test]
fn the_capabilities_of_a_server_are_listed() {
    let server = Served::new(&[]);
    let url = &server.url;
    Test::new()
        .args(["probe", url])
        .status(Exit::Conformant)
        .stdout_has("provides: [")
        .stdout_has("websocket");
    let json = Test::new()
        .args(["probe", "--json", url])
        .status(Exit::Conformant)
        .json();
    assert_eq!(json["schema"], "sockspec-probe/1");
}

#[test]
fn a_missing_server_and_a_wrong_url_are_errors() {
    Test::new()
        .args(["probe", "http://127.0.0.1:1"])
        .status(Exit::NotRun)
        .stdout("")
        .stderr_has("127.0.0.1:1");
    Test::new()
        .args(["probe", "localhost"])
        .status(Exit::BadUsage)
        .stderr_has("write `http://host:port`");
}

#[test]
fn a_plain_websocket_is_distinguished_from_engine_io() {
    let server = Served::new(&["--contract", "websocket", "--path", "/talk"]);
    let url = server.ws_url();
    let json = Test::new()
        .args(["probe", "--json", &format!("{url}/talk")])
        .status(Exit::Conformant)
        .json();
    assert_eq!(json["speaks"], "websocket");
    assert_eq!(json["path"], "/talk");
    assert_eq!(
        json["provides"],
        serde_json::json!(["binary-echo", "echo", "large-messages", "websocket"])
    );
    Test::new()
        .args(["probe", &url])
        .status(Exit::NotRun)
        .stderr_has("no plain WebSocket at /");
}

#[test]
fn an_upgrade_that_is_offered_but_broken_fails_instead_of_being_skipped() {
    let server = Served::new(&["--fault", "upgrade-probe-reply-wrong"]);
    let url = &server.url;
    Test::new()
        .args(["probe", url])
        .status(Exit::Conformant)
        .stdout_has("promised, but broken: the open packet lists the upgrade");
    Test::new()
        .args(["run", "engine.io/upgrade-by-hand", "--target", url])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   engine.io/upgrade-by-hand");
}

#[test]
fn a_websocket_that_is_listed_but_broken_fails_instead_of_being_skipped() {
    let server = Served::new(&["--fault", "handshake-accept-wrong"]);
    let url = &server.url;
    Test::new()
        .args(["probe", url])
        .status(Exit::Conformant)
        .stdout_has("promised, but broken: WebSocket handshake is wrong");
    let scenario = "engine.io/websocket-open-packet";
    Test::new()
        .args(["run", scenario, "--target", url])
        .status(Exit::NotConformant)
        .stdout_has(&format!("FAIL   {scenario}"));
}
