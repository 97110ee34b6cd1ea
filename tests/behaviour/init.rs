//! Tests of `sockspec init`.

use sockspec::cli::Exit;

use crate::support::{Served, Test};

#[test]
fn a_manifest_and_a_first_scenario_are_written_and_run() {
    let server = Served::new(&[]);
    let finished = Test::new()
        .args(["init", "--target", &server.url])
        .status(Exit::Conformant)
        .stdout(
            "wrote sockspec.yaml  the manifest of the server, with all findings\nwrote specs/first.yaml  a first \
             scenario\n\nnext   sockspec run specs/first.yaml --target sockspec.yaml\n       sockspec run --target \
             sockspec.yaml\n",
        );
    let (manifest, first) = (
        finished.written("sockspec.yaml"),
        finished.written("specs/first.yaml"),
    );
    for piece in [
        "name: my-server\n",
        "\n# What a probe found:\n# engine-io: yes: an open packet\n",
        "provides:\n- cors-closed\n- echo\n",
        "\n# - acks  # ",
        " more scenarios\n",
        "with the credentials ",
        "\n# With a profile that starts the server with other settings:\n# ",
        "\n# short-heartbeat: ",
        "\n# If the server supports it:\n",
    ] {
        assert!(manifest.contains(piece), "no {piece:?} in\n{manifest}");
    }
    Test::new()
        .file("sockspec.yaml", &manifest)
        .file("specs/first.yaml", &first)
        .args(["check", "sockspec.yaml", "specs"])
        .status(Exit::Conformant);
    Test::new()
        .file("sockspec.yaml", &manifest)
        .file("specs/first.yaml", &first)
        .args(["run", "specs/first.yaml", "--target", "sockspec.yaml"])
        .status(Exit::Conformant)
        .stdout_has("ok     first/stays-connected  ");
    // A declaration takes effect when its `#` is removed.
    Test::new()
        .file(
            "sockspec.yaml",
            manifest.replacen("# - acks  #", "- acks  #", 1),
        )
        .args(["run", "acks/value-returned", "--target", "sockspec.yaml"])
        .status(Exit::Conformant);
}

#[test]
fn the_first_scenario_suits_a_plain_endpoint() {
    let server = Served::new(&["--contract", "websocket"]);
    let finished = Test::new()
        .args(["init", "--target", &server.url])
        .status(Exit::Conformant);
    let manifest = finished.written("sockspec.yaml");
    assert!(manifest.contains("\ndialect: websocket\n"), "{manifest}");
    Test::new()
        .file("sockspec.yaml", &manifest)
        .file("specs/first.yaml", finished.written("specs/first.yaml"))
        .args(["run", "specs", "--target", "sockspec.yaml"])
        .status(Exit::Conformant)
        .stdout_has("ok     first/stays-connected  ");
}

#[test]
fn no_file_is_replaced() {
    let server = Served::new(&[]);
    for path in ["sockspec.yaml", "specs/first.yaml"] {
        let finished = Test::new()
            .file(path, "mine")
            .args(["init", "--target", &server.url])
            .status(Exit::BadUsage)
            .stderr(&format!(
                "error: {path} exists\n help: `init` replaces no file: remove it, or use another folder\n"
            ));
        assert_eq!(finished.written(path), "mine");
        let other = if path == "sockspec.yaml" {
            "specs/first.yaml"
        } else {
            "sockspec.yaml"
        };
        assert_eq!(finished.try_written(other), None);
    }
}

#[test]
fn nothing_is_written_if_no_server_answers() {
    let finished = Test::new()
        .args(["init", "--target", "http://127.0.0.1:1"])
        .status(Exit::NotRun);
    assert_eq!(finished.try_written("sockspec.yaml"), None);
}

/// A token of the user `u1` that never expires, signed with the secret of the reference server.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSJ9.3WLeugEBBXMEgXtOwIAYUBVk0Mrk_OHAkRD1ECwiz1g";

#[test]
fn a_manifest_behind_a_login_runs_and_does_not_hold_the_token() {
    let server = Served::new(&[]);
    let finished = Test::new()
        .args(["init", "--target", &server.url])
        .args(["--namespace", "/chat", "--token", TOKEN])
        .status(Exit::Conformant)
        .stdout_has("export SOCKSPEC_TOKEN=…");
    let manifest = finished.written("sockspec.yaml");
    for piece in [
        "\nnamespaces: { /: \"/chat\" }\n",
        "\n  valid: ${env.SOCKSPEC_TOKEN}\n",
        "\n  auth: { token: $credentials.valid }\n",
        "\n- socket-io\n",
    ] {
        assert!(manifest.contains(piece), "no {piece:?} in\n{manifest}");
    }
    assert!(!manifest.contains(TOKEN), "{manifest}");
    Test::new()
        .file("sockspec.yaml", &manifest)
        .file("specs/first.yaml", finished.written("specs/first.yaml"))
        .env("SOCKSPEC_TOKEN", TOKEN)
        .args(["run", "specs", "--target", "sockspec.yaml"])
        .status(Exit::Conformant)
        .stdout_has("ok     first/stays-connected  ");
}

#[test]
fn a_token_that_lets_nobody_in_writes_nothing() {
    let server = Served::new(&[]);
    let finished = Test::new()
        .args(["init", "--target", &server.url])
        .args(["--namespace", "/chat", "--token", "not-a-token"])
        .status(Exit::NotRun)
        .stderr_has("error: no client with this token gets into /chat: ");
    assert_eq!(finished.try_written("sockspec.yaml"), None);
    Test::new()
        .args(["init", "--target", &server.url, "--namespace", "chat"])
        .status(Exit::BadUsage)
        .stderr_has("a namespace starts with `/`; write `/chat`");
}

#[test]
fn the_first_scenario_suits_a_server_without_websocket() {
    let server = Served::new(&["--transports", "polling"]);
    let finished = Test::new()
        .args(["init", "--target", &server.url])
        .status(Exit::Conformant);
    Test::new()
        .file("sockspec.yaml", finished.written("sockspec.yaml"))
        .file("specs/first.yaml", finished.written("specs/first.yaml"))
        .args(["run", "specs", "--target", "sockspec.yaml"])
        .status(Exit::Conformant)
        .stdout_has("ok     first/stays-connected  ");
}
