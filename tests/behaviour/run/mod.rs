//! Tests of `sockspec run`.

mod expired;
mod failed;
mod language;
mod limits;
mod reports;
mod summary;
mod targets;
mod trace;

use sockspec::cli::Exit;

use crate::support::Test;

/// Returns a file of scenarios that echo `hi`. Each pair is the id of a scenario and its further keys. A scenario
/// expects the wrong reply unless its id starts with `right`.
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

/// Checks that the pieces occur in `text` in this order.
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

/// Scenarios of tier `info` are reported but never fail, not even with `--strict`.
#[test]
fn a_scenario_of_tier_info_never_fails() {
    let file = chat(&[("wrong", "level: must\n  tier: info")]);
    run(&file, &["--strict"])
        .status(Exit::Conformant)
        .stdout_has("0 ok, 1 warn in ");
    let nothing_known = "deviations: []\n";
    run(&file, &["--strict", "--baseline", "known.yaml"])
        .file("known.yaml", nothing_known)
        .status(Exit::Conformant)
        .stdout_has("chat/wrong: warn, which the baseline does not list");
}

#[test]
fn a_timeout_of_zero_is_refused() {
    run(&chat(&[("right", "level: must")]), &["--within", "0s"])
        .status(Exit::BadUsage)
        .stderr_has("the duration is too short; write `1ms` or more");
}

/// A step in `parallel` may not fail because of an event that a parallel step expects.
#[test]
fn a_parallel_step_ignores_events_that_another_one_expects() {
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

/// A server can end the connection after the first bad frame, before the second one is sent. The calls between them
/// give the server the time to do so.
#[test]
fn a_server_may_refuse_before_the_client_has_sent_everything() {
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
fn a_run_in_which_no_scenario_can_run_is_noted() {
    run(
        &chat(&[("right", "needs: [custom-path, polling-only]\n  level: must")]),
        &[],
    )
    .status(Exit::NothingSelected)
    .stdout_has("target reference  not started\n")
    .stdout_has(
        "note   no scenario runs: each of them needs something that the target does not provide",
    );
}

#[test]
fn an_unknown_capability_is_an_error_instead_of_a_skip() {
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

/// The user of a client is the `sub` of the token that the client presents, otherwise the socket id. The reference
/// server reads the token only in a namespace that demands one.
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
    late: { namespace: /late, auth: { token: $credentials.valid } }
    open: { namespace: /, auth: { token: $credentials.valid } }
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
  - call: whoami
    as: late
    reply: { user: $late.user }
  - call: whoami
    as: open
    reply: { user: $open.sid }
  - check: guest.user == guest.sid and open.user == late.user and payload.user != payload.sid and header.user != payload.user
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
fn a_scenario_in_which_no_step_can_fail_is_an_error() {
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
            "No step judged the target: every step that can fail is in a `repeat` that ran zero times.",
        );
    run(&file("2"), &[])
        .status(Exit::Conformant)
        .stdout_has("1 ok in ");
}
