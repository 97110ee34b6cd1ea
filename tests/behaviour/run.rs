//! `sockspec run`.

use sockspec::cli::Exit;

use crate::support::Test;

/// A file of scenarios, each with its title and what it expects of an echo of `hi`.
fn chat(scenarios: &[(&str, &str)]) -> String {
    let mut text = String::from("topic: Chat\nneeds: [acks]\nscenarios:\n");
    for (id, rest) in scenarios {
        text += &format!(
            "- id: chat/{id}\n  title: An echo\n  why: A user reads the wrong answer.\n  {rest}\n  \
             clients: [alice]\n  steps:\n  - call: echo\n    as: alice\n    with: hi\n    reply: "
        );
        text += if id.starts_with("right") {
            "hi\n"
        } else {
            "ho\n"
        };
    }
    text
}

fn run(file: &str, arguments: &[&str]) -> Test {
    Test::new()
        .file("chat.yaml", file)
        .args(["run", "chat.yaml"])
        .args(arguments.iter().copied())
}

/// The pieces stand in the text, in this order.
#[track_caller]
fn in_order(text: &str, pieces: &[&str]) {
    let mut rest = text;
    for piece in pieces {
        let place = rest.find(piece);
        let place = place.unwrap_or_else(|| panic!("no {piece:?} behind the others in\n{text}"));
        rest = &rest[place + piece.len()..];
    }
}

#[test]
fn a_right_server_passes() {
    run(&chat(&[("right", "level: must")]), &[])
        .status(Exit::Conformant)
        .stdout_has("ok     chat/right  ")
        .stdout_has("\n1 ok in ")
        .stderr("");
}

#[test]
fn shipped_scenarios_are_run_by_pattern() {
    Test::new()
        .args(["run", "rooms/to-excludes-sender", "acks/value-returned"])
        .status(Exit::Conformant)
        .stdout_has("target reference  http://127.0.0.1:");
}

#[test]
fn a_failure_shows_its_evidence_in_order() {
    let finished = run(&chat(&[("wrong", "level: must")]), &["--seed", "7"]);
    let text = finished.status(Exit::NotConformant).out();
    in_order(
        &text,
        &[
            "FAIL   chat/wrong",
            "--> chat.yaml:",
            "|   - call: echo\n",
            "^^^^",
            "expected  ",
            "ho",
            "received  ",
            "hi",
            "What each client saw\n    alice\n",
            " → 42",
            r#"["echo","hi"]"#,
            " ← 43",
            "Why it matters\n    A user reads the wrong answer.\n",
            "Run exactly this again\n    sockspec run chat.yaml:4 --seed 7\n",
            "0 ok, 1 FAIL in ",
        ],
    );
}

#[test]
fn a_broken_should_is_a_warning_unless_the_run_is_strict() {
    let file = chat(&[("wrong", "level: should")]);
    run(&file, &[])
        .status(Exit::Conformant)
        .stdout_has("0 ok, 1 warn in ");
    run(&file, &["--strict"]).status(Exit::NotConformant);
}

/// "Reported, never failed."
#[test]
fn what_is_of_tier_info_is_never_held_against_a_target() {
    let file = chat(&[("wrong", "level: must\n  tier: info")]);
    run(&file, &["--strict"])
        .status(Exit::Conformant)
        .stdout_has("0 ok, 1 warn in ");
    let nothing_known = "deviations: []\n";
    run(&file, &["--strict", "--baseline", "known.yaml"])
        .file("known.yaml", nothing_known)
        .status(Exit::Conformant)
        .stdout_has("chat/wrong: warn, which the baseline does not say");
}

#[test]
fn a_wait_of_no_time_is_refused() {
    run(&chat(&[("right", "level: must")]), &["--within", "0s"])
        .status(Exit::BadUsage)
        .stderr_has("the duration is too short; write `1ms` or more");
}

/// What a server wrote keeps its lines, and can neither steer the terminal nor show a secret.
#[cfg(unix)]
#[test]
fn a_server_that_does_not_start_shows_its_last_lines() {
    let manifest = r#"
name: broken
launch:
  command: [sh, -c, 'printf "boom\n\033[2J$TOKEN\n"; exit 3']
  env: { TOKEN: "${env.TOKEN}" }
url: http://127.0.0.1:$port
provides: [acks, websocket]
"#;
    run(
        &chat(&[("right", "level: must")]),
        &["--target", "broken.yaml"],
    )
    .file("broken.yaml", manifest)
    .inherit(&["PATH"])
    .env("TOKEN", "hidden-value")
    .status(Exit::NotRun)
    .stderr_has("(exit status: 3); its last output:\n  | boom\n  | \\u{1b}[2J***\n");
}

/// What a step in `parallel` claims to be alone may be what a step beside it is about to claim.
#[test]
fn steps_side_by_side_do_not_accuse_each_other() {
    let file = "topic: Chat
needs: [acks, exceptions]
scenarios:
- id: chat/side-by-side
  title: Two events that fail are reported to their own callers
  why: A user reads somebody else's error.
  level: must
  clients: [first, second]
  steps:
  - emit: fail
    as: second
    with: { code: SECOND, message: no }
  - call: echo
    as: second
    with: hi
  - parallel:
    - emit: fail
      as: first
      with: { code: FIRST, message: no }
      refused: { code: FIRST }
    - repeat: 1
      steps:
      - repeat: 50
        steps:
        - call: echo
          as: second
          with: hi
      - expect: exception
        as: second
        with: { code: SECOND }
";
    run(file, &[])
        .status(Exit::Conformant)
        .stdout_has("ok     chat/side-by-side");
}

/// A server may refuse at the first byte what a client sends in one go. The calls give it the time.
#[test]
fn an_act_may_be_refused_before_all_of_it_is_sent() {
    let file = "topic: Frames
needs: [websocket, acks]
scenarios:
- id: frames/two-bad-ones
  title: Bad frames end the connection
  why: Somebody is held up by a broken client.
  level: must
  clients: [visitor, bystander]
  steps:
  - open: websocket
    as: visitor
  - frame: { opcode: 3 }
    as: visitor
  - repeat: 30
    steps:
    - call: echo
      as: bystander
      with: hi
  - frame: { opcode: 3 }
    as: visitor
  - closed: {}
    as: visitor
";
    run(file, &[])
        .status(Exit::Conformant)
        .stdout_has("ok     frames/two-bad-ones");
}

#[test]
fn a_server_with_a_fault_is_found_out_by_its_address() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let serve = Test::new().args([
        "serve",
        "--port",
        "0",
        "--fault",
        "room-emit-echoes-to-sender",
    ]);
    let server = runtime.block_on(serve.start());
    let url = server.first_line.replace("listening on ", "");
    Test::new()
        .args(["run", "rooms/to-excludes-sender", "--url", &url])
        .status(Exit::NotConformant)
        .stdout_has("FAIL   rooms/to-excludes-sender")
        .stdout_has(&format!("--url {url}"));
}

#[test]
fn a_binding_that_needs_what_a_scenario_does_not_send_is_named() {
    let manifest = "name: mine\nurl: http://127.0.0.1:1\nprovides: [acks, websocket]\n\
        bindings: { echo: { with: { name: $name } } }\n";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Test::new().args(["serve", "--port", "0"]).start());
    let url = server.first_line.replace("listening on ", "");
    run(
        &chat(&[("right", "level: must")]),
        &["--target", "mine.yaml", "--url", &url],
    )
    .file("mine.yaml", manifest)
    .status(Exit::NotRun)
    .stdout_has(
        "The target's bindings can't express the request: the manifest's binding of `echo` needs the field `name`, which the scenario's \
         `with` does not have.",
    );
}

/// A fence that nobody answers would make every silence wait for its deadline, and `alive` accuse the server.
#[test]
fn a_fence_that_is_never_acknowledged_is_noted_and_not_used() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let serve = |contract| {
        let serve = Test::new().args(["serve", "--port", "0", "--contract", contract]);
        let server = runtime.block_on(serve.start());
        let url = server.first_line.replace("listening on ", "");
        (server, url)
    };
    let (_server, url) = serve("sockspec");
    let (_echo, echo_url) = serve("engine");
    let file = chat(&[("right", "level: must")]) + "  - never: message\n    as: alice\n  - alive\n";
    let judged = |rest: &str| {
        let manifest = format!(
            "name: mine\nurl: {url}\nprovides: [acks, echo, socket-io, websocket]\ntiming: {{ within: 700ms }}\n{rest}"
        );
        run(&file, &["-v", "--target", "mine.yaml"])
            .file("mine.yaml", manifest)
            .status(Exit::Conformant)
            .out()
    };
    let note = "is not acknowledged in / within 700ms";
    let ack = "an ack round trip after the act";
    let out = judged("fence: { call: nosuch }\nbindings: { nosuch: nosuch }");
    in_order(
        &out,
        &[
            &format!("note   the manifest's fence `nosuch` {note}"),
            "a WebSocket ping and pong after the act",
        ],
    );
    let out = judged("fence: { call: echo }");
    assert!(!out.contains(note) && out.contains(ack), "{out}");
    // Whoever has no credentials can't find it out.
    let out = judged("fence: { call: knock }\nbindings: { knock: { namespace: /chat } }");
    assert!(!out.contains("is not acknowledged"), "{out}");
    // A bare Engine.IO server that sends everything back only seems to let people in.
    let manifest = format!(
        "name: mine\nurl: {echo_url}\npath: /engine.io/\nprovides: [engine-echo, websocket]\nfence: {{ call: echo }}\n"
    );
    let out = Test::new()
        .file("mine.yaml", manifest)
        .args(["run", "engine.io/websocket-*", "--target", "mine.yaml"])
        .status(Exit::Conformant)
        .out();
    assert!(!out.contains("is not acknowledged"), "{out}");
}

#[test]
fn a_password_in_a_url_is_refused_and_not_shown() {
    let url = "http://user:secretpw@127.0.0.1:1";
    let shown = "error: http://*************@127.0.0.1:1 contains a user name or a password\n help: remove them: sockspec doesn't send them\n";
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

/// `launch: built-in` is the reference server, with the settings and the names of one's own manifest.
#[test]
fn a_manifest_can_be_one_of_the_reference_server() {
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
fn a_server_that_is_not_there_is_no_failure() {
    let nowhere = "http://127.0.0.1:1";
    for option in ["--url", "--target"] {
        run(&chat(&[("right", "level: must")]), &[option, nowhere])
            .status(Exit::NotRun)
            .stdout("")
            .stderr_has("127.0.0.1:1");
    }
}

#[test]
fn what_a_target_lacks_is_skipped() {
    let file = chat(&[
        ("right", "level: must"),
        ("right-far", "needs: [teleportation]\n  level: must"),
    ]);
    run(&file, &["-v"])
        .status(Exit::Conformant)
        .stdout_has("skip   chat/right-far  the target does not provide `teleportation`");
}

#[test]
fn a_run_that_judges_nothing_says_so() {
    run(
        &chat(&[("right", "needs: [custom-path, polling-only]\n  level: must")]),
        &[],
    )
    .status(Exit::Conformant)
    .stdout_has("target reference  not started\n")
    .stdout_has("note   nothing is run: each scenario needs what the target does not provide");
}

#[test]
fn a_name_that_nothing_knows_does_not_make_an_empty_run_right() {
    run(
        &chat(&[("right", "needs: [acks, room]\n  level: must")]),
        &[],
    )
    .status(Exit::BadUsage)
    .stderr_has("error[unknown-capability]: there is no capability `room`")
    .stderr_has("did you mean `rooms`?");
    run(
        &chat(&[("right", "needs: [teleportation]\n  level: must")]),
        &[],
    )
    .status(Exit::NothingSelected)
    .stderr_has("no scenario can run: no manifest provides `teleportation`");
    let manifest = "name: mine\nlaunch: built-in\nurl: http://127.0.0.1:$port\n\
        provides: [acks, socket-io, teleportation]\n";
    run(
        &chat(&[("right", "needs: [teleportation]\n  level: must")]),
        &["--target", "mine.yaml"],
    )
    .file("mine.yaml", manifest)
    .status(Exit::Conformant);
}

/// The user of a client is the `sub` of the token that the client presents, otherwise the socket id.
#[test]
fn a_client_knows_its_user() {
    let file = r#"
topic: Users
needs: [acks, auth-jwt]
scenarios:
- id: users/known
  title: The server takes every client for the user of its token
  level: must
  clients:
    guest: {}
    payload: { namespace: /chat, auth: { token: $credentials.valid } }
    query: { namespace: /chat, query: { token: $credentials.admin } }
    header: { namespace: /chat, headers: { Authorization: "Bearer ${credentials.other}" } }
  steps:
  - call: whoami
    as: guest
    reply: { id: $guest.sid, user: $guest.user, namespace: $guest.namespace }
  - call: whoami
    as: payload
    reply: { user: $payload.user }
  - call: whoami
    as: query
    reply: { user: $query.user }
  - call: whoami
    as: header
    reply: { user: $header.user }
  - check: guest.user == guest.sid and payload.user != payload.sid and header.user != payload.user
"#;
    Test::new()
        .file("users.yaml", file)
        .args(["run", "users.yaml"])
        .status(Exit::Conformant)
        .stdout_has("\n1 ok in ");
}

#[test]
fn slow_scenarios_run_on_demand() {
    let file = chat(&[("right", "level: must\n  tier: slow")]);
    run(&file, &[]).status(Exit::NothingSelected).stderr(
        "error: every selected scenario is in a tier that is off by default: `--include slow`\n",
    );
    run(&file, &["--include", "slow"]).status(Exit::Conformant);
}

#[test]
fn reports_for_programs() {
    let file = chat(&[("right", "level: must"), ("wrong", "level: must")]);
    let finished = run(
        &file,
        &["--report", "json=-", "--report", "junit=out/junit.xml"],
    )
    .status(Exit::NotConformant)
    .stderr_has("FAIL   chat/wrong");
    let json = finished.json();
    assert_eq!(json["schema"], "sockspec-report/1");
    assert_eq!(json["summary"]["pass"], 1);
    assert_eq!(json["summary"]["fail"], 1);
    assert_eq!(json["target"]["name"], "reference");
    assert_eq!(json["scenarios"][1]["id"], "chat/wrong");
    assert_eq!(json["scenarios"][1]["file"], "chat.yaml");
    assert_eq!(
        json["scenarios"][1]["breach"]["place"]["text"],
        "  - call: echo"
    );
    let junit = finished.written("out/junit.xml");
    assert!(junit.contains(r#"<testcase name="chat/wrong""#), "{junit}");
    assert!(junit.contains("<failure "), "{junit}");
}

#[test]
fn two_reports_need_two_places() {
    run(
        &chat(&[("right", "level: must")]),
        &["--report", "json=x", "--report", "junit=x"],
    )
    .status(Exit::BadUsage)
    .stderr("error: two reports have the same path\n");
}

#[test]
fn a_target_that_is_no_file() {
    run(
        &chat(&[("right", "level: must")]),
        &["--target", "nowhere.yaml"],
    )
    .status(Exit::BadUsage)
    .stderr_has("no such target: nowhere.yaml");
}

#[test]
fn known_deviations_are_accepted_until_they_are_gone() {
    let wrong = chat(&[("wrong", "level: must")]);
    let baseline = run(&wrong, &["--update-baseline", "known.yaml"])
        .status(Exit::NotConformant)
        .written("known.yaml");
    assert!(
        baseline.contains("- id: \"chat/wrong\"\n  verdict: fail\n"),
        "{baseline}"
    );
    let known = |file: &str| run(file, &["--baseline", "known.yaml"]).file("known.yaml", &baseline);
    known(&wrong)
        .status(Exit::Conformant)
        .stdout_has("baseline: 1 known, 0 new, 0 stale");
    known(&wrong.replace("reply: ho", "reply: hi"))
        .status(Exit::NotConformant)
        .stdout_has("chat/wrong: stale: listed in the baseline, but passes");
    known(&chat(&[("wrong-too", "level: must")]))
        .status(Exit::NotConformant)
        .stdout_has("chat/wrong-too: FAIL, which the baseline does not say");
}

#[test]
fn a_baseline_that_may_be_somebody_elses_is_noted() {
    let baseline = "target: mine
deviations:
- { id: chat/wrnog, verdict: fail, reason: answers wrong }
- { id: rooms/to-exclude-sender, verdict: fail, reason: echoes }
- { id: rooms/to-excludes-sender, verdict: fail, reason: echoes }
";
    run(
        &chat(&[("wrong", "level: must")]),
        &["--baseline", "known.yaml"],
    )
    .file("known.yaml", baseline)
    .status(Exit::NotConformant)
    .stdout_has(
        "\
note   the baseline is of target `mine`, this run is of `reference`
note   the baseline lists `chat/wrnog`, which no known scenario has; did you mean `chat/wrong`?
note   the baseline lists `rooms/to-exclude-sender`, which no known scenario has; did you mean `rooms/to-excludes-sender`?
baseline: 0 known, 1 new, 0 stale
",
    );
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_status() {
    run(&chat(&[("wrong", "level: must")]), &[])
        .status_with_closed_stdout(Exit::NotConformant)
        .stderr("");
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_still_writes_reports() {
    let file = chat(&[("right", "level: must")])
        + "  - expect: never-sent\n    as: alice\n    within: 50s\n";
    let running = run(&file, &["--report", "json=report.json"]).start().await;
    let folder = running.folder();
    assert_eq!(running.signal("-INT").await, Some(Exit::Interrupted as i32));
    let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["run"]["interrupted"], true);
}

/// Two at once: when the first has ended, the second is under way and the last has not begun.
#[cfg(unix)]
#[tokio::test]
async fn what_an_interrupt_cuts_short_is_reported() {
    let long = "  - expect: never-sent\n    as: alice\n    within: 50s\n";
    let file = ["right-b", "right-c", "right-d"].iter().fold(
        chat(&[("right-a", "level: must")]),
        |file, name| {
            file + &chat(&[(name, "level: must")])
                .replace("topic: Chat\nneeds: [acks]\nscenarios:\n", "")
                + long
        },
    );
    let mut running = run(&file, &["--jobs", "2", "--report", "json=report.json"])
        .start()
        .await;
    running.line_with("chat/right-a").await;
    let folder = running.folder();
    assert_eq!(running.signal("-INT").await, Some(Exit::Interrupted as i32));
    let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let scenarios = json["scenarios"].as_array().unwrap();
    let told: Vec<_> = scenarios
        .iter()
        .map(|scenario| (&scenario["id"], &scenario["verdict"], &scenario["reason"]))
        .collect();
    let [first, second, third, last] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((first.0, first.1), (&"chat/right-a".into(), &"pass".into()));
    let cut_short = (&"skip".into(), &"interrupted while it ran".into());
    assert_eq!((second.1, second.2), cut_short);
    // Whether it took the free place already is a matter of luck.
    assert_eq!(third.1, "skip");
    let not_run = (&"skip".into(), &"not run: interrupted".into());
    assert_eq!((last.1, last.2), not_run);
}

#[test]
fn a_scenario_that_judges_nothing_is_no_success() {
    let file = |times: &str| {
        format!(
            "topic: Rounds\nneeds: [acks]\nscenarios:\n- id: rounds/none\n  title: An echo\n  \
             level: must\n  clients: [a]\n  vars: {{ rounds: {times} }}\n  steps:\n  - repeat: $rounds\n    steps:\n    \
             - call: echo\n      with: 1\n      reply: 1\n"
        )
    };
    run(&file("0"), &[])
        .status(Exit::NotRun)
        .stdout_has("ERROR  rounds/none")
        .stdout_has(
            "No step judged the target: every step that can fail is in a `repeat` of no rounds.",
        );
    run(&file("2"), &[])
        .status(Exit::Conformant)
        .stdout_has("1 ok in ");
}
