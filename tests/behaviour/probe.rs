//! Tests of `sockspec probe`.

use sockspec::cli::Exit;

use crate::support::Test;

#[test]
fn the_capabilities_of_a_server_are_listed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Test::new().args(["serve", "--port", "0"]).start());
    let url = server.first_line.replace("listening on ", "");
    Test::new()
        .args(["probe", &url])
        .status(Exit::Conformant)
        .stdout_has("provides: [")
        .stdout_has("websocket");
    let json = Test::new()
        .args(["probe", "--json", &url])
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
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let serve = [
        "serve",
        "--port",
        "0",
        "--contract",
        "websocket",
        "--path",
        "/talk",
    ];
    let server = runtime.block_on(Test::new().args(serve).start());
    let url = server.first_line.replace("listening on http", "ws");
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
