//! Tests of files without mistakes.

use std::time::Duration;

use super::*;
use crate::scenario::{Action, Answer, Level, Scope, TemplateError, Verb, visit_steps};

#[test]
fn sample_of_the_design_loads() {
    let scenarios = right(
        r#"
topic: Emitting to a room
needs: [rooms, acks]
scenarios:
- id: rooms/to-excludes-sender
  title: A client's room emit reaches the other members, once, and never the sender
  why: A chat shows every message twice to the person who wrote it.
  level: must
  verifies: [rooms.to-excludes-sender]
  catches: [room-emit-echoes-to-sender, room-emit-leaks]
  clients: [sender, member, outsider]
  steps:
  - call: join-room
    as: [sender, member]
    with: { room: $room }
  - emit: send-room-message
    as: sender
    with: { room: $room, text: hi }
  - deliver: room-message
    to: [member]
    with: { room: $room, text: hi, from: <string> }
- id: auth/bad-token-refused
  title: A token that is $case is refused
  each:
  - { case: expired, token: $credentials.expired, message: Token expired }
  - { case: forged,  token: $credentials.forged,  message: Invalid token }
  clients: { intruder: { connect: false } }
  steps:
  - connect: /chat
    as: intruder
    auth: { token: $token }
    refused: { message: $message }
  - closed: {}
    within: 2s
    accept:
      strict: { code: 1002 }
      lenient: { how: [close-frame, eof] }
"#,
    );
    let ids: Vec<&str> = scenarios
        .iter()
        .map(|scenario| scenario.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "rooms/to-excludes-sender",
            "auth/bad-token-refused[expired]",
            "auth/bad-token-refused[forged]"
        ]
    );
    let [first, second, _] = scenarios.as_slice() else {
        panic!()
    };
    assert_eq!(first.needs, ["acks", "rooms"]);
    assert_eq!(first.clients.len(), 3);
    let Action::Call(call) = &first.steps[0].action else {
        panic!()
    };
    assert!(matches!(call.answer.strict, Answer::Any));
    assert_eq!(first.steps[0].actors.len(), 2);
    assert_eq!(second.title, "A token that is expired is refused");
    assert!(!second.clients[0].connect);
    let closed = &second.steps[1];
    let Action::Closed(expected) = &closed.action else {
        panic!()
    };
    let strict = &expected.strict;
    assert!(strict.code.is_some() && strict.how.is_empty());
    let Some(lenient) = &expected.lenient else {
        panic!()
    };
    assert!(lenient.code.is_none() && lenient.how.len() == 2);
    assert!(
        matches!(closed.within, Some(crate::scenario::WaitBound::Fixed(bound)) if bound == Duration::from_secs(2))
    );
    assert!(Arc::ptr_eq(&first.source, &second.source));
}

#[test]
fn shipped_scenarios_load() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut folders = vec![root];
    let mut wrong = Vec::new();
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("requirements") {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                files += 1;
                let source = SourceFile::read(&path).unwrap();
                wrong.extend(load(source, UNKNOWN).err().unwrap_or_default());
            }
        }
    }
    assert!(files > 0);
    assert!(wrong.is_empty(), "{}", rendered(&wrong));
}

/// A scenario file with all verbs, and with all keys of most verbs.
pub(in crate::scenario) const EVERYTHING: &str = r#"
topic: Everything
needs: [acks]
level: should
tier: extended
transport: websocket
exclusive: true
background:
- emit: hello
  as: a
scenarios:
- id: verbs/all
  aliases: [verbs/old]
  title: Everything
  why: Something.
  verifies: a.b
  catches: [c]
  needs: rooms
  settle: 20ms
  within: 1s
  without: [invariant/one-ack]
  vars: { payload: { x: 1 }, big: "${ repeat('a', 10) }" }
  clients:
    a:
    b: { connect: false, namespace: /chat, auth: { token: $credentials.good }, query: { q: 1 }, headers: { h: [x, y] }, origin: http://x.example, transport: polling, eio: 4, path: /p/, heartbeat: false, deflate: true, msgpack: false }
    raw:
    second:
    crowd: { count: 2 }
  steps:
  - connect: /chat
    as: b
    reply: { sid: <sid as mine> }
  - connect: /other
    as: a
    rejected: { message: <string> }
  - call: e
    as: [a, crowd]
    args: [1, $payload, { $bytes: 00ff }]
    replies: [<any>, { $length: { $gte: 2 } }]
    namespace: /chat
    within: 2s
    after: 10ms
    level: may
  - call: e
    as: a
    no-reply: true
  - emit: e
    as: a
    with: $big
    refused: { code: BAD }
  - expect: "*"
    as: [a, b, crowd]
    with: $mine
    count: 2
    order: strict
    acknowledged: true
  - never: e
    as: b
  - deliver: e
    to: []
  - reply: q
    as: a
    values: [1, 2]
    late: 200ms
  - disconnect:
    as: a
    how: reset
  - http: POST $path?x=$marker
    query: { sid: $a.engine_sid }
    headers: { content-type: text/plain }
    body: "4hi"
    status: { $oneOf: [200, 204] }
    response-headers: { Access-Control-Allow-Origin: <absent> }
    response: ok
  - open: websocket
    as: raw
    query: { EIO: 4 }
    handshake: { sid: <sid as engine>, pingInterval: <integer as interval> }
  - open: polling
    as: second
    session: raw
    poll: false
  - send: ["40", { message: hi }, { binary: { $bytes: "01" } }]
    as: second
    status: 200
  - receive: nothing
    as: raw
  - receive: { $regex: "^0" }
    as: raw
    order: any
  - receive: { frame: { opcode: pong, fin: true, rsv: 0, payload: x } }
    as: raw
    within: ${ interval / 2 }
  - frame: { opcode: 3, fin: false, rsv: 4, mask: false, payload: { $bytes: "" }, length: 64, declared-length: 5, chop: 1, compress: true }
    as: raw
  - bytes: { $bytes: 8100 }
    as: raw
    chop: 1
  - closed: { code: 1002, reason: <string>, how: [eof, reset] }
    as: raw
    accept:
      lenient: { code: <any> }
  - closed:
    as: a
    stays-open: true
  - parallel:
    - call: e
      as: a
      reply: <string as first>
    - repeat: 3
      steps:
      - emit: e
        as: b
        with: $index
    - steps:
      - expect: e
        as: b
        with: <array as list>
      - emit: e
        as: b
        args: "${ list }"
  - expect: e
    as: b
    args: $list
  - expect: e
    as: b
    with: { $json: { a: [<number>] } }
  - check: first != 'x' and crowd[1].sid != mine
    because: it must
  - never: e
    as: all
  - reading: stops
    as: a
  - reading: goes-on
    as: a
  - alive
"#;

#[test]
fn every_verb_loads_with_all_its_keys() {
    let scenarios = right(EVERYTHING);
    let [scenario] = scenarios.as_slice() else {
        panic!()
    };
    assert_eq!(scenario.steps.len(), 30);
    assert_eq!(scenario.needs, ["acks", "rooms"]);
    assert_eq!(scenario.level, crate::scenario::Level::Should);
    let connects: Vec<bool> = scenario
        .clients
        .iter()
        .map(|client| client.connect)
        .collect();
    assert_eq!(connects, [true, false, false, false, true, true]);
}

/// A new verb needs a step in [`EVERYTHING`], with which the tests compare the reader and the schema.
#[test]
fn the_sample_has_a_step_with_every_verb() {
    let scenarios = right(EVERYTHING);
    let mut missing = Verb::ALL.to_vec();
    for scenario in &scenarios {
        visit_steps(&scenario.steps, &mut |step| {
            missing.retain(|verb| *verb != step.action.verb());
        });
    }
    assert_eq!(missing, [], "EVERYTHING has no step with these verbs");
}

#[test]
fn row_values_stand_where_words_numbers_and_lists_are_needed() {
    let scenarios = right(
        r#"
scenarios:
- id: a
  title: $case
  clients: { raw: , other: }
  vars: { method: GET, late: false }
  each:
  - { case: one, op: ping, code: 1002, ways: [eof], args: [1, $other.sid], answer: <string>, title: "Own $case", catches: [x], bound: 2s, accept: { lenient: { code: <any> } } }
  - { case: two, op: 9, code: { $gte: 1000 }, ways: [], args: [], answer: { $oneOf: [1] }, method: POST, bound: 1s, accept: null }
  steps:
  - open: websocket
    as: raw
  - frame: { opcode: $op, fin: $late }
    as: raw
  - closed: { code: $code, how: $ways }
    as: raw
    within: $bound
    accept: $accept
  - call: e
    as: other
    args: $args
    reply: $answer
  - http: $method /
    status: 200
"#,
    );
    let [one, two] = scenarios.as_slice() else {
        panic!()
    };
    assert_eq!(one.title, "Own one");
    assert_eq!(two.title, "two");
    assert_eq!(one.catches, ["x"]);
    for scenario in [one, two] {
        let Action::Frame(frame) = &scenario.steps[1].action else {
            panic!()
        };
        assert_eq!((frame.opcode, frame.fin), (9, false));
    }
    let tolerates = |scenario: &Scenario| match &scenario.steps[2].action {
        Action::Closed(closed) => closed.lenient.is_some(),
        _ => panic!(),
    };
    assert!(tolerates(one) && !tolerates(two));
    let Action::Call(call) = &one.steps[3].action else {
        panic!()
    };
    let args = call.operation.args.as_ref().unwrap();
    let scope = Scope::default();
    assert!(matches!(
        args.render(&scope),
        Err(TemplateError::Unset { .. })
    ));
    let Action::Http(http) = &two.steps[4].action else {
        panic!()
    };
    assert_eq!(http.method, "POST");
}

#[test]
fn row_adds_to_lists_and_replaces_the_rest() {
    let scenarios = right(
        "
needs: [acks]
scenarios:
- id: a/b
  title: T
  level: must
  needs: [rooms]
  catches: [shared]
  each:
  - { case: one, catches: own, needs: [binary], level: should }
  - { case: two }
  clients: [sender]
  steps: [{ call: echo }]
",
    );
    let [one, two] = scenarios.as_slice() else {
        panic!()
    };
    assert_eq!(one.catches, ["shared", "own"]);
    assert_eq!(one.needs, ["acks", "binary", "rooms"]);
    assert_eq!(one.level, Level::Should);
    assert_eq!(two.catches, ["shared"]);
    assert_eq!(two.level, Level::Must);
}

/// The page `docs/language.md`, which describes the scenario language.
const REFERENCE: &str = include_str!("../../../../docs/language.md");

#[test]
fn files_of_the_reference_load() {
    let blocks: Vec<&str> = REFERENCE
        .split("```yaml scenario\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        assert!(!right(block).is_empty());
    }
}

#[test]
fn reference_names_everything_there_is() {
    use crate::scenario::{
        BUILT_IN, ClientField, FUNCTIONS, OPERATORS, PLACEHOLDERS, TargetField, Verb,
    };
    let names = |table: &'static [(&str, &str)]| table.iter().map(|(name, _)| *name);
    let verbs = Verb::ALL.iter().map(|verb| format!("| `{}", verb.name()));
    let placeholders = names(PLACEHOLDERS).map(|name| format!("`<{name}>`"));
    let operators = names(OPERATORS).map(|name| format!("`{{{name}: "));
    let variables = names(BUILT_IN)
        .chain(ClientField::names())
        .chain(TargetField::names());
    let variables = variables.map(|name| format!("`{name}`"));
    let functions = FUNCTIONS.iter().map(|function| function.name());
    let functions = functions.map(|name| format!("`{name}("));
    for name in verbs
        .chain(placeholders)
        .chain(operators)
        .chain(variables)
        .chain(functions)
    {
        assert!(REFERENCE.contains(&name), "{name}");
    }
}

#[test]
fn a_key_of_accept_replaces_the_keys_that_it_excludes() {
    let scenarios = right(
        r#"
scenarios:
- id: a
  title: Some keys exclude each other
  clients: { raw: }
  steps:
  - open: websocket
    as: raw
    handshake: { upgrades: [] }
    accept: { lenient: { refused: { status: 400 } } }
  - closed: { stays-open: true }
    as: raw
    accept: { lenient: { code: 1002, stays-open: false } }
  - http: GET /
    status: 400
    accept: { lenient: { no-response: true } }
"#,
    );
    let [open, closed, http] = scenarios[0].steps.as_slice() else {
        panic!()
    };
    let Action::Open(open) = &open.action else {
        panic!()
    };
    let lenient = open.expected.lenient.as_ref().unwrap();
    assert!(open.expected.strict.handshake.is_some());
    assert!(lenient.handshake.is_none() && lenient.refused.is_some());
    let Action::Closed(closed) = &closed.action else {
        panic!()
    };
    let lenient = closed.lenient.as_ref().unwrap();
    assert!(closed.strict.stays_open && !lenient.stays_open && lenient.code.is_some());
    let Action::Http(http) = &http.action else {
        panic!()
    };
    let lenient = http.response.lenient.as_ref().unwrap();
    assert!(http.response.strict.status.is_some());
    assert!(lenient.status.is_none() && lenient.no_response);
}
