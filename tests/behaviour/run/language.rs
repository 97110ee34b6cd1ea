//! Tests of parts of the scenario language that need a server.

use sockspec::cli::Exit;

use crate::support::{Finished, Test};

/// Runs the steps of one scenario on the reference server, with the clients `alice` and `bob`.
fn run(steps: &str, expected: Exit) -> Finished {
    let scenario = format!(
        "topic: Language\nneeds: [acks]\nscenarios:\n- id: language/one\n  title: It works\n  why: A test.\n  \
         clients: [alice, bob]\n  steps:\n{steps}"
    );
    Test::new()
        .file("one.yaml", scenario)
        .args(["run", "one.yaml"])
        .status(expected)
}

/// Each sequence needs what the other one sends between its steps, so the test passes only if both run at once and in
/// order.
#[test]
fn sequences_run_beside_each_other_and_each_in_order() {
    let steps = "  - call: join-room
    as: [alice, bob]
    with: { room: $room }
  - parallel:
    - steps:
      - emit: send-to-room
        as: alice
        with: { room: $room, text: one }
      - expect: room-message
        as: alice
        with: { text: two }
      - emit: send-to-room
        as: alice
        with: { room: $room, text: three }
    - steps:
      - expect: room-message
        as: bob
        with: { text: <string as first> }
      - check: first == 'one'
      - emit: send-to-room
        as: bob
        with: { room: $room, text: two }
      - expect: room-message
        as: bob
        with: { text: three }
";
    run(steps, Exit::Conformant).stdout_has("\n1 ok in ");
    let wrong = steps.replace("text: three }\n    - steps", "text: four }\n    - steps");
    run(&wrong, Exit::NotConformant).stdout_has("The `room-message` that bob received had ");
}

#[test]
fn an_expression_can_give_all_arguments() {
    let steps = "  - call: message-with-ack
    as: alice
    args: ['two', { at: 2 }]
    replies: [<string as first>, <object as second>]
  - call: message-with-ack
    as: bob
    args: \"${ [first, second] }\"
    replies: ['two', { at: 2 }]
";
    run(steps, Exit::Conformant).stdout_has("\n1 ok in ");
    let wrong = steps.replace("${ [first, second] }", "${ second }");
    run(&wrong, Exit::NotRun).stdout_has(
        r#"A value of the scenario can't be computed: {"at":2} is no list of arguments."#,
    );
}

#[test]
fn an_expression_can_give_all_expected_arguments() {
    let steps = "  - call: join-room
    as: bob
    with: { room: $room }
    reply: <object as joined>
  - emit: send-to-room
    as: alice
    with: { room: $room, text: hi }
  - expect: room-message
    as: bob
    args: \"${ [{ 'room': joined.room, 'text': 'ho' }] }\"
    within: 300ms
";
    run(steps, Exit::NotConformant).stdout_has(
        "The `room-message` that bob received had \"hi\" at `args[0].text`; expected \"ho\".",
    );
}

#[test]
fn json_inside_a_text_is_compared_and_a_failure_names_the_path_inside() {
    let steps = r#"  - call: echo
    as: alice
    with: { payload: '{"user":{"ids":[7],"name":"Una"}}' }
    reply: { payload: { $json: { user: { ids: [7] } } } }
"#;
    run(steps, Exit::Conformant);
    let wrong = steps.replace("ids: [7]", "ids: [8]");
    run(&wrong, Exit::NotConformant)
        .stdout_has("had 7 at `payload (json).user.ids[0]`; expected 8.")
        .stdout_has("\n  expected  payload (json).user.ids[0]: 8\n  received  payload (json).user.ids[0]: 7\n");
    let no_json = steps.replace("\"Una\"}}", "Una");
    run(&no_json, Exit::NotConformant).stdout_has(
        "expected  payload: a text with the JSON {\"user\":{\"ids\":[7]}} (the text is no JSON: ",
    );
}

/// Another message of the same name does not mean that the awaited one came with wrong content.
#[test]
fn a_message_that_never_came_is_not_one_with_wrong_content() {
    let steps = |expected: &str| {
        format!(
            "  - emit: message\n    as: alice\n    with: {{ text: m2 }}\n  - emit: message\n    as: bob\n    \
             with: {{ text: m1 }}\n  - expect: message-back\n    as: alice\n    with: {{ text: {expected} }}\n    within: 300ms\n"
        )
    };
    let out = run(&steps("m1"), Exit::NotConformant).out();
    let sentence = "alice did not receive `message-back` within 300 ms; it received another one, without \"m1\" at `text`.";
    assert!(out.contains(sentence), "{out}");
    let out = run(&steps("{ $regex: '^m3' }"), Exit::NotConformant).out();
    let sentence = "The `message-back` that alice received had \"m2\" at `text`; expected a text that matches /^m3/.";
    assert!(out.contains(sentence), "{out}");
}

#[test]
fn a_refused_connect_names_the_namespace_and_the_token() {
    let steps = "  - connect: /admin\n    as: alice\n    auth: { token: $credentials.valid }\n";
    let out = run(steps, Exit::NotConformant).out();
    let sentence =
        "The server refused alice's CONNECT to /admin with the token `valid`; it has to accept it.";
    assert!(out.contains(sentence), "{out}");
}

/// A client that is gone receives nothing in any case. A step that expects the end says that it is meant.
#[test]
fn a_client_that_the_server_disconnects_proves_no_silence() {
    let watched = "  - never: room-message\n    as: alice\n    within: 300ms\n";
    let ways = [
        (
            "  - emit: kick-me\n    as: alice\n",
            "The server disconnected alice from / while the scenario watched that alice does not receive \
             `room-message`; a client that is gone proves nothing.",
            "  - closed: { namespace: / }\n    as: alice\n",
        ),
        (
            "  - emit: kick-me\n    as: alice\n    with: { close: true }\n",
            "The server ended alice's connection while the scenario watched",
            "  - closed: {}\n    as: alice\n",
        ),
    ];
    for (kick, sentence, expected) in ways {
        run(&format!("{watched}{kick}"), Exit::NotConformant).stdout_has(sentence);
        run(&format!("{watched}{kick}{expected}"), Exit::Conformant).stdout_has("\n1 ok in ");
    }
    let left = "  - disconnect: /\n    as: alice\n";
    run(&format!("{watched}{left}"), Exit::Conformant).stdout_has("\n1 ok in ");
}
