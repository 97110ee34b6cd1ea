//! Tests with plain WebSocket endpoints as targets.

use sockspec::cli::Exit;

use crate::support::{Served, Test};

#[test]
fn the_same_scenarios_pass_on_plain_and_engine_io_endpoints() {
    for target in ["reference", "reference-websocket"] {
        Test::new()
            .args([
                "run",
                "--target",
                target,
                "websocket/fragments-put-together*",
            ])
            .args(["websocket/ping-between-fragments", "websocket/text-kept*"])
            .args(["websocket/compression-window-kept*"])
            .status(Exit::Conformant)
            // All 15 scenarios pass: none is skipped, and no deviation is accepted.
            .stdout_has("15 ok in ");
    }
}

/// A plain endpoint sends no open packet, so a message in the form of an open packet is an ordinary message.
#[test]
fn messages_that_look_like_an_open_packet_are_ordinary_messages() {
    Test::new()
        .file(
            "zero.yaml",
            r#"scenarios:
- id: own/zero
  title: A message that begins with 0 is a message
  needs: [websocket, echo]
  clients: { visitor: { connect: false } }
  steps:
  - open: websocket
    echo: true
  - frame: { payload: "0{}" }
  - receive: { frame: { opcode: text, payload: "0{}" } }
  - receive: { echo: "0{}" }
"#,
        )
        .args(["run", "--target", "reference-websocket", "zero.yaml"])
        .status(Exit::Conformant)
        .stdout_has("1 ok in ");
}

#[test]
fn an_address_alone_is_enough() {
    let server = Served::new(&["--contract", "websocket"]);
    let url = server.ws_url();
    Test::new()
        .args([
            "run",
            "--target",
            &url,
            "websocket/chopped-frame",
            "rooms/to-excludes-sender",
        ])
        .status(Exit::Conformant)
        .stdout_has("ok     websocket/chopped-frame")
        .stdout_has("the scenario's clients speak socket.io, the target websocket");
}

#[test]
fn faults_in_frames_are_found_on_plain_endpoints_too() {
    let fault = [
        "--contract",
        "websocket",
        "--fault",
        "reserved-opcode-ignored",
    ];
    let server = Served::new(&fault);
    let url = server.ws_url();
    Test::new()
        .args([
            "run",
            "--all",
            "--target",
            &url,
            "websocket/bad-frame-fails-connection*",
        ])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   websocket/bad-frame-fails-connection[a-reserved-data-opcode]");
}

#[test]
fn scenarios_are_proved_on_the_server_that_they_need() {
    for target in ["reference", "reference-websocket"] {
        Test::new()
            .args(["prove", "--target", target, "websocket/chopped-frame"])
            .status(Exit::Conformant)
            .stdout_has("1 of 1 scenario proved");
    }
    // Only the plain endpoint sends messages back, so this scenario is proved on the plain endpoint.
    Test::new()
        .args(["prove", "websocket/bytes-kept"])
        .status(Exit::Conformant)
        .stdout_has("1 of 1 scenario proved");
}
