//! Tests of mistakes in files with correct syntax: expectations that no value can meet, and steps that pass with every
//! server.

use super::*;
use crate::scenario::{Actors, Verb};
use crate::{
    data::Data,
    scenario::{Action, Incoming, Scope},
};

/// Loads a scenario with a step that expects an event with the payload `value`. Returns the mistakes.
fn expectation(value: &str) -> String {
    told_of_steps(&format!(
        "  - expect: e\n    as: sender\n    with: {value}\n"
    ))
}

#[test]
fn operands_of_the_wrong_type_are_reported() {
    insta::assert_snapshot!(expectation("{ $gt: null }"), @"rooms.yaml:8:18: error[wrong-type]: `$gt` has to be a number or a text, found nothing");
    insta::assert_snapshot!(expectation("{ $lt: true, $gte: [1] }"), @r"
    rooms.yaml:8:18: error[wrong-type]: `$lt` has to be a number or a text, found `true`
    rooms.yaml:8:30: error[wrong-type]: `$gte` has to be a number or a text, found a list
    ");
    insta::assert_snapshot!(expectation("{ $lte: <number> }"), @"rooms.yaml:8:19: error[wrong-type]: `$lte` has to be a number or a text, found the placeholder `<number>`");
    insta::assert_snapshot!(expectation("{ $gte: 5, $lt: 5 }"), @"rooms.yaml:8:13: error[never-true]: no number is above 5 and below 5");
    insta::assert_snapshot!(expectation("{ a: { $oneOf: [] }, b: { $contains: [] } }"), @r"
    rooms.yaml:8:26: error[wrong-type]: `$oneOf` has to be a list with at least one item, found a list
    rooms.yaml:8:48: error[wrong-type]: `$contains` has to be a list with at least one item, found a list
    ");
    insta::assert_snapshot!(expectation("{ a: { $length: -1 }, b: { $length: '3' }, c: { $length: <string> } }"), @r"
    rooms.yaml:8:27: error[wrong-type]: `$length` has to be a whole number, or an operator such as `$gte`, found the number -1
    rooms.yaml:8:47: error[wrong-type]: `$length` has to be a whole number, or an operator such as `$gte`, found the text `3`
    rooms.yaml:8:68: error[wrong-type]: `$length` has to be a whole number, or an operator such as `$gte`, found the placeholder `<string>`
    ");
    insta::assert_snapshot!(expectation("{ a: { $startsWith: <string> }, b: { $endsWith: [x] }, c: { $regex: { a: 1 } } }"), @r"
    rooms.yaml:8:31: error[wrong-type]: `$startsWith` has to be a text, found the placeholder `<string>`
    rooms.yaml:8:59: error[wrong-type]: `$endsWith` has to be a text, found a list
    rooms.yaml:8:79: error[wrong-type]: `$regex` has to be a regular expression, found a mapping
    ");
}

#[test]
fn json_that_no_text_holds_is_reported() {
    insta::assert_snapshot!(expectation("{ a: { $json: <bytes> }, b: { $json: <absent> }, c: { $json: { d: <nothing> } } }"), @r#"
    rooms.yaml:8:25: error[wrong-type]: `$json` has to be an expectation that a value in JSON can meet, found the placeholder `<bytes>`
    rooms.yaml:8:48: error[wrong-type]: `$json` has to be an expectation that a value in JSON can meet, found the placeholder `<absent>`
    rooms.yaml:8:77: error[unknown-placeholder]: there is no placeholder `<nothing>`
        did you mean `absent`? for the text itself write `{ $eq: "<nothing>" }`
    "#);
}

#[test]
fn arguments_that_are_no_list_are_reported() {
    insta::assert_snapshot!(
        told_of_steps(
            "  - call: e
    as: sender
    args: 5
  - emit: e
    as: sender
    args: 'a ${ [1] }'
  - expect: e
    as: sender
    args: { a: 1 }
  - reply: e
    as: sender
    values: one
  - call: e
    as: sender
    replies: '${ [1] }'
"
        ),
        @r"
    rooms.yaml:8:11: error[wrong-type]: `args` has to be a list of all arguments, or one expression that gives a list, found the number 5
    rooms.yaml:11:11: error[wrong-type]: `args` has to be a list of all arguments, or one expression that gives a list, found the text `a ${ [1] }`
    rooms.yaml:14:11: error[wrong-type]: `args` has to be a list of all arguments, or one expression that gives a list, found a mapping
    rooms.yaml:17:13: error[wrong-type]: `values` has to be a list of all arguments, or one expression that gives a list, found the text `one`
    rooms.yaml:20:14: error[wrong-type]: `replies` has to be a list of all arguments, found the text `${ [1] }`
    "
    );
}

#[test]
fn a_sequence_is_a_list_of_steps_whose_captures_its_neighbours_cannot_use() {
    insta::assert_snapshot!(
        told_of_steps(
            "  - steps: 5
  - parallel:
    - steps:
      - expect: e
        as: sender
        with: <string as mine>
      - emit: e
        as: sender
        with: $mine
    - emit: e
      as: sender
      with: $mine
  - emit: e
    as: sender
    with: $mine
  - steps:
    - expect: e
      as: sender
    repeat: 2
"
        ),
        @r"
    rooms.yaml:6:12: error[wrong-type]: `steps` has to be a list, found the number 5
    rooms.yaml:17:13: error[unknown-variable]: nothing sets `$mine`
        a later step sets this variable: move that step up
    rooms.yaml:24:5: error[two-verbs]: `repeat` is a second verb beside `steps`
        a step has one verb: start another item with `- `
    "
    );
}

#[test]
fn bounds_that_a_number_can_meet_and_operands_with_variables_are_right() {
    for value in [
        "{ $gte: 5, $lte: 5 }",
        "{ $gt: 5, $lt: 6 }",
        "{ $gt: $room, $length: { $gte: 1 } }",
        "{ $startsWith: $room, $contains: [<string>], $length: <integer> }",
    ] {
        let steps = format!("  - expect: e\n    as: sender\n    with: {value}\n");
        right(&format!(
            "scenarios:\n- id: a/b\n  title: T\n  clients: [sender]\n  steps:\n{steps}"
        ));
    }
}

#[test]
fn fields_that_an_object_never_has_are_reported() {
    insta::assert_snapshot!(told_of_steps(
        "  - open: websocket\n    as: sender\n    handshake: { sidd: <sid>, extra: 1 }\n  - receive: { packet: { tpye: event } }\n    as: sender\n  - receive: { packet: { type: evnt, data: [] } }\n    as: sender\n  - receive: { message: a, binary: b }\n    as: sender\n  - receive: { binary: hello }\n    as: sender\n  - receive: nothin\n    as: sender\n"
    ), @r"
    rooms.yaml:8:18: error[unknown-key]: the open packet has no field `sidd`
        did you mean `sid`?
    rooms.yaml:9:26: error[unknown-key]: a Socket.IO packet has no field `tpye`
        did you mean `type`?
    rooms.yaml:11:32: error[unknown-value]: there is no packet type `evnt`
        did you mean `event`?
    rooms.yaml:13:14: error[wrong-type]: `receive` has to be a packet's text, or one of its kinds: `{ message: … }`, found a mapping
    rooms.yaml:15:24: error[wrong-type]: `binary` has to be bytes: `{ $bytes: 00ff }`, found the text `hello`
    rooms.yaml:17:14: error[unknown-value]: `nothin` is not a packet
        did you mean `nothing`? For a message of that text write `{ message: nothin }`
    ");
    insta::assert_snapshot!(told_of_steps(
        "  - call: e\n    as: sender\n    refused: { mesage: no, reason: x }\n  - call: e\n    as: sender\n    refused: true\n  - connect: /chat\n    as: member\n    rejected: { messge: no, more: 1 }\n"
    ), @r"
    rooms.yaml:8:16: error[unknown-key]: a refusal has no field `mesage`
        did you mean `message`?
    rooms.yaml:8:36: error[unknown-value]: `reason` can't be the text `x`
        write `banned`, `deleted`, `expired`, `forbidden`, `invalid`, `missing`, `not_yet_valid`, `payload` or `unexpected`
    rooms.yaml:11:14: error[wrong-type]: `refused` has to be a mapping of its fields, found `true`
    rooms.yaml:14:17: error[unknown-key]: CONNECT_ERROR has no field `messge`
        did you mean `message`?
    ");
    insta::assert_snapshot!(told_of_steps(
        "  - closed: { code: '1002' }\n    as: sender\n  - closed: { code: 99999 }\n    as: sender\n  - http: GET /x\n    status: '200'\n  - http: GET /x\n    status: 200\n    no-response: true\n  - http: GET x\n    headers: { bad name: x }\n    status: 200\n"
    ), @r"
    rooms.yaml:6:21: error[wrong-type]: `code` has to be a whole number from 0 to 65535, found the text `1002`
    rooms.yaml:8:21: error[wrong-type]: `code` has to be a whole number from 0 to 65535, found the number 99999
    rooms.yaml:11:13: error[wrong-type]: `status` has to be a whole number from 100 to 999, found the text `200`
    rooms.yaml:14:5: error[conflict]: `no-response` and `status` exclude each other
    rooms.yaml:15:11: error[wrong-type]: `http` has to be a method and a path that begins with `/`: `GET /health`, found the text `GET x`
    rooms.yaml:16:16: error[bad-name]: `bad name` can't be the name of a header
    ");
}

#[test]
fn an_unquoted_number_is_a_text_in_a_packet() {
    let scenarios = right(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender]\n  steps:\n  - open: websocket\n    as: sender\n  - receive: 45\n    as: sender\n",
    );
    let Action::Receive(receive) = &scenarios[0].steps[1].action else {
        panic!()
    };
    let Incoming::Text(matcher) = &receive.what.strict else {
        panic!()
    };
    let fits = |data| {
        matcher
            .check(Some(&data), &Scope::default())
            .unwrap()
            .is_ok()
    };
    assert!(fits(Data::from("45")));
    assert!(!fits(Data::from(45_u64)));
}

#[test]
fn misplaced_and_misspelled_placeholders_are_reported() {
    insta::assert_snapshot!(expectation("[<String>, <string as>, <strin>, <b>]"), @r#"
    rooms.yaml:8:12: error[bad-placeholder]: `<String>` is not a valid placeholder
        write `<string>` or `<string as variable>`; for the text itself write `{ $eq: "<String>" }`
    rooms.yaml:8:22: error[bad-placeholder]: `<string as>` is not a valid placeholder
        write `<string>` or `<string as variable>`; for the text itself write `{ $eq: "<string as>" }`
    rooms.yaml:8:35: error[unknown-placeholder]: there is no placeholder `<strin>`
        did you mean `string`? for the text itself write `{ $eq: "<strin>" }`
    rooms.yaml:8:44: error[unknown-placeholder]: there is no placeholder `<b>`
        the placeholders are `absent`, `any`, `array`, `boolean`, `bytes`, `epoch-ms`, `integer`, `null`, `number`, `object`, `sid`, `string`, `timestamp` or `uuid`; for the text itself write `{ $eq: "<b>" }`
    "#);
    insta::assert_snapshot!(told_of_steps(
        "  - emit: e\n    as: sender\n    with: [<string>, <b>]\n"
    ), @r"
    rooms.yaml:8:12: error[misplaced-placeholder]: the placeholder `<string>` has no meaning here
        placeholders belong in expectations; for the text itself write `${ '<string>' }`
    ");
    insta::assert_snapshot!(expectation("{ a: <string as x>, b: <string as x>, c: { $oneOf: [<string as y>, <integer as y>] } }"), @"rooms.yaml:8:45: error[captured-twice]: `x` is captured twice in one value");
}

#[test]
fn keys_without_effect_on_the_verb_are_reported() {
    insta::assert_snapshot!(told_of_steps(
        "  - emit: e\n    as: sender\n    after: 1s\n  - never: e\n    as: member\n    after: 1s\n"
    ), @r"
    rooms.yaml:8:5: error[pointless-key]: `after` has no meaning with `emit`
        the step waits for nothing
    rooms.yaml:11:5: error[pointless-key]: `after` has no meaning with `never`
        silence has no earliest time; write `within`, or `settle` in the scenario
    ");
}

#[test]
fn accept_beside_a_verb_that_does_not_take_it_is_a_mistake() {
    insta::assert_snapshot!(told_of_steps(
        "  - deliver: e\n    to: [sender]\n    accept: { lenient: { count: 2 } }\n"
    ), @r"
    rooms.yaml:8:5: error[pointless-key]: `accept` has no meaning with `deliver`
        `accept` goes with `call`, `closed`, `connect`, `expect`, `http`, `open`, `receive` or `send`
    ");
    // The verbs whose example in the reference is not a right step by itself.
    let steps = [
        "bytes: x",
        "check: 'sender.sid'",
        "deliver: e\n    to: [sender]",
        "frame:",
        "parallel: [alive]",
        "repeat: 2\n    steps: [alive]",
        "steps: [alive]",
    ];
    for verb in Verb::ALL.iter().filter(|verb| !verb.takes_accept()) {
        let key = format!("{}:", verb.name());
        let step = steps.into_iter().find(|step| step.starts_with(&key));
        let step = step.unwrap_or(verb.spec().example);
        let step = match step.contains(':') {
            true => step.to_owned(),
            false => format!("{step}:"),
        };
        let actor = match verb.actors() {
            Actors::None => "",
            Actors::Optional | Actors::Required => "    as: sender\n",
        };
        let told = told_of_steps(&format!(
            "  - {step}\n{actor}    accept: {{ lenient: {{}} }}\n"
        ));
        let refused = format!("`accept` has no meaning with `{}`", verb.name());
        assert!(told.contains(&refused), "{step}: {told}");
    }
}

#[test]
fn checks_that_do_not_depend_on_the_server_are_reported() {
    insta::assert_snapshot!(told_of_steps("  - check: 1 == 1\n  - check: \"'a' in sender.sid\"\n"), @r"
    rooms.yaml:6:12: error[cannot-fail]: the value of the expression does not depend on the server
        use a value that an earlier step captured: `<integer as count>`, then `count > 0`
    ");
    insta::assert_snapshot!(told_of_steps("  - emit: e\n    as: sender\n    args: [\"${ base64() }\", \"${ jwt(expires='soon') }\", \"${ jwt(expires='5s') }\", \"${ now('-1s') }\"]\n"), @r"
    rooms.yaml:8:16: error[bad-expression]: expression `base64()` failed: missing argument
    rooms.yaml:8:33: error[bad-expression]: expression `jwt(expires='soon')` failed: `soon` is not a duration; write `-60s` or `1h`
    ");
}

#[test]
fn never_and_deliver_need_a_client_that_could_receive_the_event() {
    insta::assert_snapshot!(told(
        "scenarios:\n- id: a/b\n  title: T\n  clients: { a: {}, late: { connect: false }, chat: { namespace: /chat } }\n  steps:\n  - never: e\n    as: late\n  - never: e\n    as: a\n    namespace: /nowhere\n  - deliver: e\n    to: []\n    namespace: /nowhere\n  - never: e\n    as: chat\n    namespace: /chat\n  - deliver: e\n    to: [late]\n  - connect: /\n    as: late\n  - expect: e\n    as: late\n"
    ), @r"
    rooms.yaml:6:5: error[not-connected]: `late` has no connection at this point
        `connect` or `open` it in an earlier step, or declare `late` without `connect: false`
    rooms.yaml:8:5: error[never-joined]: no client joins `/nowhere`, so this step can't fail
        let a client that could receive the event `connect` to the namespace
    rooms.yaml:11:5: error[never-joined]: no client joins `/nowhere`, so this step can't fail
        let a client that could receive the event `connect` to the namespace
    rooms.yaml:17:5: error[not-connected]: `late` has no connection at this point
        `connect` or `open` it in an earlier step, or declare `late` without `connect: false`
    ");
    right(
        "scenarios:\n- id: a/b\n  title: T\n  clients: { a: {}, raw: {}, b: { connect: false } }\n  steps:\n  - open: websocket\n    as: raw\n  - never: e\n    as: raw\n    namespace: /by-hand\n  - parallel:\n    - connect: /x\n      as: b\n    - never: e\n      as: b\n      namespace: /x\n",
    );
}

#[test]
fn misspelled_keys_of_rows_are_reported() {
    let table = |row: &str| {
        told(&format!(
            "scenarios:\n- id: a/b\n  title: \"T $named\"\n  each:\n  - {{ case: x, named: y, {row} }}\n  clients: [a]\n  steps:\n  - check: counted > 0 and a.sid\n"
        ))
    };
    insta::assert_snapshot!(table("counted: 1, transport: polling"), @r"
    rooms.yaml:5:38: error[unused-value]: nothing in the scenario uses `transport`
        in a row of the `each:` table, write `transports`
    ");
    insta::assert_snapshot!(table("counted: 1, need: acks, remark: long"), @r"
    rooms.yaml:5:38: error[unused-value]: nothing in the scenario uses `need`
        did you mean `needs`?
    ");
}

#[test]
fn steps_without_a_verb_and_wrong_client_names_are_reported() {
    insta::assert_snapshot!(told_of_steps("  - as: sender\n    with: 1\n  - wait: 5s\n  - emit: e\n    as: sender\n    with: $index\n  - deliver: e\n    to:\n"), @r"
    rooms.yaml:6:5: error[missing-verb]: the step has no verb
        `as` belongs to the step before, or a verb is missing above it
    rooms.yaml:8:5: error[unknown-verb]: there is no verb `wait`
        a step begins with (a list of all verbs)
    rooms.yaml:11:11: error[unknown-variable]: nothing sets `$index`
        `index` is set only inside `repeat`; it is the number of the round
    rooms.yaml:13:7: error[wrong-type]: `to` has to be the name of a client, or several, found nothing
    ");
    insta::assert_snapshot!(told("scenarios:\n- id: a/b\n  title: T\n  vars: { c: 1 }\n  clients: [a, a, c]\n  steps:\n  - alive\n"), @r"
    rooms.yaml:5:16: error[duplicate-client]: the client `a` is declared twice
    rooms.yaml:5:19: error[reserved-name]: `c` can't be a client: it is a variable of `vars:` or of a row of the `each:` table
    ");
}
