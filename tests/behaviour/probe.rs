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
