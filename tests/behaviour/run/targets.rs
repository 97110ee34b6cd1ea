//! Tests of the target of a run: its manifest, its address, its start and its capabilities.

use sockspec::cli::Exit;

use super::{chat, in_order, run};
use crate::support::{Served, Test};

/// Returns the manifest of a server that runs `script` in a shell and knows the environment variable `TOKEN`.
#[cfg(unix)]
fn shell(script: &str) -> String {
    let command = format!(
        "launch: {{ command: [sh, -c, '{script}'], env: {{ TOKEN: \"${{env.TOKEN}}\" }} }}"
    );
    format!("name: broken\n{command}\nurl: http://127.0.0.1:$port\nprovides: [acks, websocket]\n")
}

/// The output of a server keeps its lines. Control characters are escaped and secrets are masked.
#[cfg(unix)]
#[test]
fn a_server_that_does_not_start_shows_its_last_lines() {
    let manifest = shell(r#"printf "\033[31mboom\033[0m\n\007\033[2J$TOKEN\n"; exit 3"#);
    run(
        &chat(&[("right", "level: must")]),
        &["--target", "broken.yaml"],
    )
    .file("broken.yaml", manifest)
    .inherit(&["PATH"])
    .env("TOKEN", "hidden-value")
    .status(Exit::NotRun)
    .stderr_has("(exit status: 3); its last output:\n  | boom\n  | \\u{7}***\n");
}

#[test]
fn a_fault_of_a_server_at_an_address_is_found() {
    let server = Served::new(&["--fault", "room-emit-echoes-to-sender"]);
    let url = &server.url;
    Test::new()
        .args(["run", "rooms/to-excludes-sender", "--url", url])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   rooms/to-excludes-sender")
        .stdout_has(&format!("--url {url}"));
}

/// Returns the reason and the kind of the only scenario in the JSON report `out.json`, and checks the JUnit report.
fn reported(finished: &crate::support::Finished) -> (String, String) {
    let report: serde_json::Value = serde_json::from_str(&finished.written("out.json")).unwrap();
    let scenario = &report["scenarios"][0];
    assert_eq!(scenario["verdict"], "error");
    let junit = finished.written("out.xml");
    assert!(
        junit.contains("<error") && junit.ends_with("</testsuites>\n"),
        "{junit}"
    );
    let text = |key: &str| scenario[key].as_str().unwrap().to_owned();
    (text("reason"), text("error"))
}

const REPORTS: [&str; 4] = ["--report", "json=out.json", "--report", "junit=out.xml"];

#[cfg(unix)]
#[test]
fn reports_are_written_if_the_target_does_not_start() {
    let manifest = shell(r#"echo "no $TOKEN"; exit 3"#);
    let finished = run(
        &chat(&[("right", "level: must")]),
        &["--target", "broken.yaml"],
    )
    .args(REPORTS)
    .file("broken.yaml", manifest)
    .inherit(&["PATH"])
    .env("TOKEN", "hidden-value")
    .status(Exit::NotRun)
    .stderr_has("the target can't be started");
    let (reason, kind) = reported(&finished);
    assert!(
        reason.starts_with("Not run: the target can't be started: "),
        "{reason}"
    );
    assert!(reason.contains("exit status: 3"), "{reason}");
    assert_eq!(kind, "target-not-started");
    assert!(!finished.written("out.json").contains("hidden-value"));
}

#[test]
fn reports_are_written_if_no_server_answers_at_the_url() {
    // The port was free a moment ago, so nobody listens on it.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let finished = run(&chat(&[("right", "level: must")]), &["--target", &url])
        .args(REPORTS)
        .status(Exit::NotRun);
    let (reason, kind) = reported(&finished);
    assert!(reason.contains(&port.to_string()), "{reason}");
    assert_eq!(kind, "target-not-started");
}

/// The client polls again at once, so the poll is answered with an empty body again and again.
#[test]
fn polls_that_are_answered_at_once_without_a_packet_fail() {
    let server = Served::new(&["--fault", "polling-empty-response"]);
    let url = &server.url;
    for scenario in ["engine.io/poll-held", "engine.io/text-kept-by-polling"] {
        Test::new()
            .args(["run", scenario, "--strict", "--url", url])
            .status(Exit::NotConformant)
            .stdout_has(
                "visitor received data that Engine.IO forbids: empty payload, although a payload holds at least one packet.",
            );
    }
}

/// The server refuses every bad token with the same message. The application has no administrators and no banned users.
#[test]
fn an_application_that_refuses_in_its_own_words_is_right() {
    let server = Served::new(&["--fault", "refusal-message-generic"]);
    let manifest = format!(
        "name: mine\nurl: {}\nprovides: [acks, auth-jwt, namespaces, websocket]\nabsent: [/admin]\n\
         credentials: {{ secret: sockspec-secret, valid: {{ jwt: {{ sub: u1, expires: 1h }} }} }}\n",
        server.url
    );
    let run = |manifest: &str, expected: Exit| {
        Test::new()
            .file("mine.yaml", manifest)
            .args(["run", "auth/*", "--verbose", "--target", "mine.yaml"])
            .status(expected)
    };
    run(&manifest, Exit::Conformant)
        .stdout_has("ok     auth/bad-token-refused[expired]")
        .stdout_has("ok     auth/bad-token-refused[unsigned]")
        .stdout_has("warn   auth/expiry-told-apart")
        .stdout_has("the target has no namespace `/admin`")
        .stdout_has("the target's manifest has no credential `banned`");
    // A manifest that says how the server refuses is a promise.
    run(
        &format!("{manifest}refusals: {{ expired: jwt expired }}\n"),
        Exit::NotConformant,
    )
    .stdout_has("FAIL   auth/bad-token-refused[expired]");
}

#[test]
fn an_application_that_refuses_a_payload_in_its_own_words_is_right() {
    let run = |fault: &str, manifest: &str, expected: Exit| {
        let server = Served::new(&["--fault", fault]);
        let manifest = format!(
            "name: mine\nurl: {}\nprovides: [acks, exceptions, websocket]\n\
             dialect: {{ errors: exception }}\n{manifest}",
            server.url
        );
        Test::new()
            .file("mine.yaml", manifest)
            .args([
                "run",
                "errors/invalid-text-refused",
                "--target",
                "mine.yaml",
            ])
            .status(expected)
    };
    run("validation-field-missing", "", Exit::Conformant).stdout_has("10 ok in ");
    run("validation-skipped", "", Exit::NotConformant);
    // A manifest that says how the server refuses is a promise.
    run(
        "validation-field-missing",
        "refusals: { payload: { code: VALIDATION_FAILED } }\n",
        Exit::NotConformant,
    )
    .stdout_has("The refusal of sender's `validate` had no `field`; expected \"text\".");
    run(
        "validation-off-by-one",
        "refusals: { payload: No }\n",
        Exit::NotConformant,
    )
    .stdout_has("expected \"No\"");
}

/// The fault counts the code units of UTF-16, as `length` in JavaScript does.
#[test]
fn the_length_of_a_text_is_counted_as_the_manifest_says() {
    let run = |fault: &[&str], manifest: &str, expected: Exit| {
        let server = Served::new(fault);
        let manifest = format!(
            "name: mine\nurl: {}\nprovides: [acks, exceptions, websocket]\n\
             dialect: {{ errors: exception }}\n{manifest}",
            server.url
        );
        Test::new()
            .file("mine.yaml", manifest)
            .args(["run", "errors/*text*", "--verbose", "--target", "mine.yaml"])
            .status(expected)
    };
    let counts_units: &[&str] = &["--fault", "validation-counts-utf16-units"];
    let emoji = "errors/valid-text-accepted[exactly-1000-emoji]";
    run(counts_units, "text_unit: utf16\n", Exit::Conformant)
        .stdout_has(&format!("ok     {emoji}"));
    run(counts_units, "", Exit::NotConformant).stdout_has(&format!("FAIL   {emoji}"));
    run(&[], "text_unit: utf16\n", Exit::NotConformant)
        .stdout_has("FAIL   errors/invalid-text-refused[emoji-beyond-the-limit]");
}

#[test]
fn a_binding_that_needs_what_a_scenario_does_not_send_is_named() {
    let manifest = "name: mine\nurl: http://127.0.0.1:1\nprovides: [acks, websocket]\n\
        bindings: { echo: { with: { name: $name } } }\n";
    let server = Served::new(&[]);
    let url = &server.url;
    run(
        &chat(&[("right", "level: must")]),
        &["--target", "mine.yaml", "--url", url],
    )
    .file("mine.yaml", manifest)
    .status(Exit::NothingSelected)
    .stdout_has(
        "The target's bindings can't express the request: the manifest's binding of `echo` needs the field `name`, which the scenario's \
         `with` does not have.",
    );
}

/// With a fence that the server does not answer, every `never` would wait for its timeout, and `alive` would fail.
#[test]
fn a_fence_that_is_never_acknowledged_is_noted_and_not_used() {
    let server = Served::new(&["--contract", "sockspec"]);
    let url = &server.url;
    let echo = Served::new(&["--contract", "engine"]);
    let echo_url = &echo.url;
    let file = chat(&[("right", "level: must")]) + "  - never: message\n    as: alice\n  - alive\n";
    let run_with = |rest: &str| {
        let manifest = format!(
            "name: mine\nurl: {url}\nprovides: [acks, echo, socket-io, websocket]\ntiming: {{ within: 700ms }}\n{rest}"
        );
        run(&file, &["-v", "--target", "mine.yaml"])
            .file("mine.yaml", manifest)
            .status(Exit::Conformant)
            .out()
    };
    let note = "got no answer in / within 700ms (mine.yaml:5)";
    let ack = "an acknowledged request after the step";
    let out = run_with("fence: { call: nosuch }\nbindings: { nosuch: nosuch }");
    in_order(
        &out,
        &[
            &format!("note   the manifest's fence `nosuch` {note}"),
            "a WebSocket ping and its pong after the step",
        ],
    );
    let out = run_with("fence: { call: echo }");
    assert!(!out.contains(note) && out.contains(ack), "{out}");
    // The namespace `/chat` requires a token. Without credentials, the program can't test this fence.
    let out = run_with("fence: { call: knock }\nbindings: { knock: { namespace: /chat } }");
    assert!(!out.contains("got no answer"), "{out}");
    // An Engine.IO server that echoes everything also echoes the CONNECT packet, as if it accepted the client.
    let manifest = format!(
        "name: mine\nurl: {echo_url}\npath: /engine.io/\nprovides: [engine-echo, websocket]\nfence: {{ call: echo }}\n"
    );
    let out = Test::new()
        .file("mine.yaml", manifest)
        .args(["run", "engine.io/websocket-*", "--target", "mine.yaml"])
        .status(Exit::Conformant)
        .out();
    assert!(!out.contains("got no answer"), "{out}");
}

/// A fence with a wrong name is a mistake of the manifest, and not of the server, in whichever namespace the clients are.
#[test]
fn a_fence_without_an_answer_is_not_blamed_on_the_server() {
    let server = Served::new(&["--contract", "sockspec"]);
    let scenarios = "scenarios:\n- id: a/alive\n  title: A\n  clients: { a: { namespace: /custom }, b: }\n  steps:\n  \
        - never: room-message\n    as: a\n  - alive:\n    as: a\n  - closed: { stays-open: true }\n    as: b\n  - alive\n";
    for (launch, within) in [
        (format!("url: {}", server.url), "1100ms"),
        (
            "launch: built-in\nurl: http://127.0.0.1:$port".to_owned(),
            "1100ms",
        ),
    ] {
        for fence in ["{ emit: knock, expect: knock }", "{ call: knock }"] {
            let manifest = format!(
                "name: mine\n{launch}\nprovides: [acks, events, namespaces, polling, rooms, socket-io, websocket]\n\
                 timing: {{ within: {within} }}\nbindings: {{ knock: knock }}\nfence: {fence}\n"
            );
            let out = run(
                scenarios,
                &["--target", "mine.yaml", "--transport", "websocket"],
            )
            .file("mine.yaml", manifest)
            .status(Exit::Conformant)
            .out();
            let told = out
                .matches("the manifest's fence `knock` got no answer in / ")
                .count();
            assert_eq!(told, 1, "{out}");
            assert!(out.contains("(mine.yaml:"), "{out}");
        }
    }
}

#[test]
fn a_password_in_a_url_is_refused_and_not_shown() {
    let url = "http://user:secretpw@127.0.0.1:1";
    let shown = "error: http://*************@127.0.0.1:1 contains a user name or a password\n help: remove the user name and the password: sockspec doesn't send them\n";
    let file = chat(&[("right", "level: must")]);
    for option in ["--url", "--target"] {
        run(&file, &[option, url])
            .status(Exit::BadUsage)
            .stderr(shown);
    }
    Test::new()
        .args(["probe", url])
        .status(Exit::BadUsage)
        .stderr(shown);
    run(&file, &["--url", "http://user:secretpw@"])
        .status(Exit::BadUsage)
        .stderr_has("`http://*************@` is not the URL of a server");
}

/// `launch: built-in` starts the reference server with the settings and names of the manifest.
#[test]
fn a_manifest_can_configure_the_reference_server() {
    let manifest = "name: mine\nlaunch: built-in\nurl: http://127.0.0.1:$port\nprovides: [acks, socket-io]\n\
        profiles: { small: { env: { MAX_PAYLOAD: 10000 }, provides: [small-payload] } }\n";
    let file = chat(&[
        ("right", "level: must"),
        ("right-small", "needs: [small-payload]\n  level: must"),
    ]);
    run(&file, &["--target", "mine.yaml"])
        .file("mine.yaml", manifest)
        .status(Exit::Conformant)
        .stdout_has("target mine")
        .stdout_has("2 ok in ");
}

#[test]
fn an_unreachable_server_is_an_error_and_not_a_failure() {
    let nowhere = "http://127.0.0.1:1";
    for option in ["--url", "--target"] {
        run(&chat(&[("right", "level: must")]), &[option, nowhere])
            .status(Exit::NotRun)
            .stdout("")
            .stderr_has("127.0.0.1:1");
    }
}

#[test]
fn scenarios_that_need_a_missing_capability_are_skipped() {
    let file = chat(&[
        ("right", "level: must"),
        ("right-far", "needs: [teleportation]\n  level: must"),
    ]);
    // A capability that no file declares may be a typing error, so the exit status is not that of a complete run.
    run(&file, &["-v"])
        .status(Exit::NothingSelected)
        .stdout_has("skip   chat/right-far  the target does not provide `teleportation`")
        .stdout_has("1 ok")
        .stderr_has("scenarios were skipped because no manifest provides `teleportation`");
    let elsewhere = "name: other\nurl: http://127.0.0.1:1\nprovides: [teleportation]\n";
    Test::new()
        .file("mine/chat.yaml", &file)
        .file("mine/other.yaml", elsewhere)
        .args(["run", "mine"])
        .status(Exit::Conformant);
    // The exit status of a failure takes precedence over that of scenarios that were skipped.
    let wrong = chat(&[
        ("wrong", "level: must"),
        ("right-far", "needs: [teleportation]\n  level: must"),
    ]);
    run(&wrong, &[]).status(Exit::NotConformant);
}

#[test]
fn a_run_that_skips_everything_judges_nothing() {
    let manifest =
        "name: mine\nlaunch: built-in\nurl: http://127.0.0.1:$port\nprovides: [acks, socket-io]\n";
    let run_with = |scenarios: &[(&str, &str)]| {
        run(
            &chat(scenarios),
            &["--target", "mine.yaml", "--report", "json=report.json"],
        )
        .file("mine.yaml", manifest)
    };
    let skipped = ("right-far", "needs: [eio3]\n  level: must");
    let finished = run_with(&[skipped])
        .status(Exit::NothingSelected)
        .stdout_has("next   support `eio3` to run 1 more scenario")
        .stderr_has("every scenario was skipped, so the target was not judged");
    assert!(finished.written("report.json").contains("\"skip\""));
    run_with(&[skipped, ("right", "level: must")]).status(Exit::Conformant);
}

#[test]
fn an_unknown_target_is_an_error() {
    run(
        &chat(&[("right", "level: must")]),
        &["--target", "nowhere.yaml"],
    )
    .status(Exit::BadUsage)
    .stderr_has("no such target: nowhere.yaml");
}

/// A ping can arrive while an earlier step waits for another packet. The step that expects the ping still finds it, and
/// finds it once.
#[test]
fn a_ping_that_an_earlier_step_skipped_is_received_once() {
    let server = Served::new(&["--ping-interval", "300", "--ping-timeout", "10s"]);
    let url = &server.url;
    Test::new()
        .file(
            "pings.yaml",
            r#"scenarios:
- id: own/skipped-ping
  title: A ping that came during a request is received
  clients: [visitor]
  steps:
  - open: websocket
    as: visitor
    heartbeat: false
    join: true
  - send: '421["ack-late",{"after":600}]'
    as: visitor
  - receive: { packet: { type: ack, id: 1 } }
    as: visitor
  - receive: "2"
    as: visitor
    within: 200ms
- id: own/same-ping
  title: The same ping is not received twice
  clients: [visitor]
  steps:
  - open: websocket
    as: visitor
    heartbeat: false
    join: true
  - receive: "2"
    as: visitor
  - receive: "2"
    as: visitor
    within: 400ms
"#,
        )
        .args(["run", "--target", url, "pings.yaml"])
        .status(Exit::NotConformant)
        .stdout_has("1 ok, 1 FAIL in ")
        .stdout_has("FAIL   own/same-ping");
}
