//! Tests of mistakes in steps, values, clients and tables.

use super::*;
use crate::scenario::Action;

#[test]
fn mistakes_in_tables_are_reported() {
    let table = |rows: &str| {
        told(&format!(
            "scenarios:\n- id: a\n  title: T\n  clients: [x]\n  each:\n{rows}  steps:\n  - call: $name\n    with: $value\n"
        ))
    };
    insta::assert_snapshot!(table("  - { case: one, name: a, value: 1 }\n  - { case: two, name: b }\n"), @r"
    rooms.yaml:10:11: error[unknown-variable]: nothing sets `$value`
        the row `two` of the `each:` table has no `value`, but the row `one` has one
    ");
    insta::assert_snapshot!(table("  - { case: one, name: a, value: 1 }\n  - { case: one, name: b, value: 2 }\n"), @r"rooms.yaml:7:5: error[duplicate-case]: another row of the `each:` table has the name `one` too");
    insta::assert_snapshot!(table("  - { name: [a] }\n  - 5\n  - { case: one, na-me: a, index: 2, value: <string>, name: e }\n"), @r"
    rooms.yaml:6:5: error[missing-key]: a row of the `each:` table needs `case`
        `case` is a short name, which becomes part of the scenario's id
    rooms.yaml:7:5: error[wrong-type]: a row of the `each:` table has to be a mapping, found the number 5
        write `- { case: expired, token: $credentials.expired }`
    rooms.yaml:8:18: error[bad-name]: `na-me` can't be the name of a variable
        a name consists of letters, digits and `_`, and does not start with a digit
    rooms.yaml:8:28: error[reserved-name]: `index` can't be set: it is a built-in variable
    rooms.yaml:11:11: error[expectation-as-value]: `$value` holds an expectation, not a value
        use this variable where the scenario expects a value, not where it sends one
    ");
}

#[test]
fn a_variable_that_uses_a_client_has_to_be_the_whole_value() {
    insta::assert_snapshot!(told(
        "scenarios:\n- id: a\n  title: T\n  clients: [x]\n  vars: { late: $x.sid, any: <any>, ghost: $y.sid }\n  steps:\n  - call: e\n    args: [$late, 'a $late', '${ late }', $any, 'a $any', $ghost]\n"
    ), @r"
    rooms.yaml:5:44: error[unknown-variable]: nothing sets `$y.sid`
        set it in `vars:`, in a row of `each:`, or with `<string as y>` in an earlier step
    rooms.yaml:8:22: error[unknown-variable]: nothing sets `$late`
        the value of `late` is an expectation or is known only during the run: write `$late` as a whole value, and not inside the value of `late`
    rooms.yaml:8:34: error[unknown-variable]: nothing sets `late`
        the value of `late` is an expectation or is known only during the run: write `$late` as a whole value, and not inside the value of `late`
    rooms.yaml:8:43: error[expectation-as-value]: `$any` holds an expectation, not a value
        use this variable where the scenario expects a value, not where it sends one
    rooms.yaml:8:52: error[unknown-variable]: nothing sets `$any`
        the value of `any` is an expectation or is known only during the run: write `$any` as a whole value, and not inside the value of `any`
    ");
}

#[test]
fn values_that_contain_themselves_or_grow_too_large_are_reported() {
    let vars = |vars: &str| {
        told(&format!(
            "scenarios:\n- id: a\n  title: T\n  clients: [x]\n  vars: {{ {vars} }}\n  steps:\n  - call: e\n    with: $a\n    reply: $a\n"
        ))
    };
    insta::assert_snapshot!(vars("a: [$a]"), @r"
    rooms.yaml:5:15: error[unknown-variable]: nothing sets `$a`
        the value of `a` is an expectation or is known only during the run: write `$a` as a whole value, and not inside the value of `a`
    ");
    insta::assert_snapshot!(vars("a: { x: $b }, b: [$a]"), @r"
    rooms.yaml:5:29: error[unknown-variable]: nothing sets `$a`
        the value of `a` is an expectation or is known only during the run: write `$a` as a whole value, and not inside the value of `a`
    ");
    let mut doubling: Vec<String> = (0..40)
        .map(|n| format!("v{n}: [$v{0}, $v{0}]", n + 1))
        .collect();
    doubling.push("v40: $x.sid, a: $v0".to_owned());
    assert!(vars(&doubling.join(", ")).contains("unknown-variable"));
}

#[test]
fn names_of_functions_are_refused() {
    insta::assert_snapshot!(told("scenarios:\n- id: a\n  title: T\n  clients: [echo, b]\n  vars: { bytes: 1 }\n  each:\n  - { case: x, now: 2 }\n  steps:\n  - expect: e\n    as: b\n    with: <string as length>\n"), @r"
    rooms.yaml:4:13: error[reserved-name]: `echo` can't be set: it is the name of a function, which would hide it in expressions
    rooms.yaml:5:11: error[reserved-name]: `bytes` can't be set: it is the name of a function, which would hide it in expressions
    rooms.yaml:7:16: error[reserved-name]: `now` can't be set: it is the name of a function, which would hide it in expressions
    rooms.yaml:11:22: error[reserved-name]: `length` can't be set: it is the name of a function, which would hide it in expressions
    ");
    // A scenario can have a variable `namespace`, because sockspec removes MiniJinja's built-in function of that name.
    right(
        "scenarios:\n- id: a\n  title: T\n  clients: [b]\n  vars: { namespace: /x, path2: \"${ namespace }\" }\n  steps:\n  - expect: e\n    with: $path2\n",
    );
}

#[test]
fn mistakes_in_clients_are_reported() {
    let clients = |clients: &str| {
        told(&format!(
            "scenarios:\n- id: a\n  title: T\n  clients: {clients}\n  steps:\n  - expect: e\n    as: all\n"
        ))
    };
    insta::assert_snapshot!(clients("5"), @r"rooms.yaml:4:12: error[wrong-type]: `clients` has to be a list of names, or a mapping of names to options, found the number 5");
    insta::assert_snapshot!(clients("[a b, all, target]"), @r"
    rooms.yaml:4:13: error[bad-name]: `a b` can't be the name of a client
        a name consists of letters, digits and `_`, and does not start with a digit
    rooms.yaml:4:18: error[bad-name]: `all` can't be the name of a client
        `all` means every client
    rooms.yaml:4:23: error[reserved-name]: `target` can't be set: it is a built-in variable
    ");
    insta::assert_snapshot!(clients("{ a: { conect: false, count: 0, eio: x, transport: tcp, query: [1], namespace: chat } }"), @r"
    rooms.yaml:4:19: error[unknown-key]: a client has no key `conect`
        did you mean `connect`?
    rooms.yaml:4:41: error[wrong-type]: `count` has to be a whole number from 1 to 100000, found the number 0
    rooms.yaml:4:49: error[wrong-type]: `eio` has to be a whole number from 0 to 255, found the text `x`
    rooms.yaml:4:63: error[unknown-value]: `transport` can't be the text `tcp`
        write `polling`, `upgrade` or `websocket`
    rooms.yaml:4:75: error[wrong-type]: `query` has to be a mapping of names to values, found a list
    rooms.yaml:4:91: error[bad-namespace]: a namespace starts with `/`, found `chat`
        write `/chat`
    ");
    insta::assert_snapshot!(clients("{ a: { auth: { token: $tokn }, headers: { x: $credentials.good } } }"), @r"
    rooms.yaml:4:34: error[unknown-variable]: nothing sets `$tokn`
        set it in `vars:`, in a row of `each:`, or with `<string as tokn>` in an earlier step
    ");
}

#[test]
fn mistakes_in_steps_are_reported() {
    insta::assert_snapshot!(told_of_steps("  - 5\n  - {}\n  - dance: now\n  - as: sender\n    emit: e\n"), @r"
    rooms.yaml:6:5: error[wrong-type]: a step has to be a mapping, found the number 5
        write `- emit: event-name`
    rooms.yaml:7:5: error[missing-verb]: the step is empty
    rooms.yaml:8:5: error[unknown-verb]: there is no verb `dance`
        a step begins with (a list of all verbs)
    rooms.yaml:9:5: error[verb-not-first]: a step begins with its verb, not with `as`
        move `emit` up
    ");
    insta::assert_snapshot!(told_of_steps("  - emit: e\n    expect: f\n    as: sender\n"), @r"
    rooms.yaml:7:5: error[two-verbs]: `expect` is a second verb beside `emit`
        a step has one verb: start another item with `- `
    ");
    insta::assert_snapshot!(told_of_steps("  - expect: e\n  - emit: [e]\n    as: [sender, outsider]\n"), @r"
    rooms.yaml:6:5: error[missing-actor]: the step names no client
        the scenario has several clients; name those that act with `as:`
    rooms.yaml:7:11: error[wrong-type]: `emit` has to be the name of an event, found a list
    rooms.yaml:8:18: error[unknown-client]: there is no client `outsider`
        write a client of the scenario: `sender` or `member`
    ");
    insta::assert_snapshot!(told_of_steps("  - expect: e\n    as: sender\n    with: 1\n    args: [1]\n    count: 0\n    order: random\n    within: 5\n    level: most\n"), @r"
    rooms.yaml:9:5: error[conflict]: `args` and `with` exclude each other
    rooms.yaml:10:12: error[wrong-type]: `count` has to be a whole number from 1 to 1000000, found the number 0
    rooms.yaml:11:12: error[unknown-value]: `order` can't be the text `random`
        write `any` or `strict`
    rooms.yaml:12:13: error[duration-without-unit]: `within: 5` has no unit
        write `5ms` or `5s`
    rooms.yaml:13:12: error[unknown-value]: `level` can't be the text `most`
        did you mean `must`?
    ");
    insta::assert_snapshot!(told_of_steps("  - call: e\n    as: sender\n    reply: 1\n    refused: {}\n    replies: 5\n    no-reply: 1\n"), @r"
    rooms.yaml:9:5: error[conflict]: `refused` and `reply` exclude each other
    rooms.yaml:10:14: error[wrong-type]: `replies` has to be a list of all arguments, found the number 5
    rooms.yaml:11:15: error[wrong-type]: `no-reply` has to be `true` or `false`, found the number 1
    ");
    insta::assert_snapshot!(told_of_steps("  - deliver: e\n    as: sender\n  - deliver: e\n    to: [membr, all]\n"), @r"
    rooms.yaml:6:5: error[missing-key]: `deliver` needs `to`
    rooms.yaml:7:5: error[unknown-key]: `deliver` has no key `as`
        `deliver` takes `accept`, `after`, `args`, `count`, `deliver`, `level`, `namespace`, `to`, `with` or `within`
    rooms.yaml:9:10: error[unknown-client]: there is no client `membr`
        did you mean `member`?
    ");
    insta::assert_snapshot!(told_of_steps("  - connect: chat\n    as: sender\n    rejected: {}\n    refused: {}\n  - disconnect: /x\n    namespace: /y\n    as: sender\n    how: slam\n"), @r"
    rooms.yaml:6:14: error[bad-namespace]: a namespace starts with `/`, found `chat`
        write `/chat`
    rooms.yaml:9:5: error[conflict]: `refused` and `rejected` exclude each other
    rooms.yaml:11:16: error[wrong-type]: `namespace` has to be left out, because the verb's value is the namespace, found the text `/y`
    rooms.yaml:13:10: error[unknown-value]: `how` can't be the text `slam`
        write `close`, `drop`, `half`, `leave` or `reset`
    ");
    insta::assert_snapshot!(told_of_steps("  - connect:\n    as: sender\n"), @r"
    rooms.yaml:6:5: error[already-connected]: `sender` has already joined: it connects before the first step
        declare it as `sender: { connect: false }`
    ");
    insta::assert_snapshot!(told_of_steps("  - open: udp\n    as: sender\n    session: outsider\n    refused: { status: 400, code: 3 }\n"), @r"
    rooms.yaml:6:11: error[unknown-value]: `open` can't be the text `udp`
        write `polling`, `tcp` or `websocket`
    rooms.yaml:8:14: error[unknown-client]: there is no client `outsider`
        write a client of the scenario: `sender` or `member`
    rooms.yaml:9:29: error[unknown-key]: an HTTP response has no key `code`
        an HTTP response takes `json`, `no-response`, `response`, `response-headers` or `status`
    ");
    insta::assert_snapshot!(told_of_steps("  - http: /health\n  - http: get /health\n  - http: GET /\n    json: {}\n    response: x\n"), @r"
    rooms.yaml:6:11: error[wrong-type]: `http` has to be a method and a path: `GET /health`, found the text `/health`
    rooms.yaml:7:11: error[wrong-type]: `http` has to be a method in capitals and a path: `GET /health`, found the text `get /health`
    rooms.yaml:10:5: error[conflict]: `response` and `json` exclude each other
    ");
    insta::assert_snapshot!(told_of_steps("  - receive:\n    as: sender\n  - receive: { pakcet: 1 }\n    as: sender\n  - receive: { frame: { opcode: pong, mask: true } }\n    as: sender\n  - send: { text: 1 }\n    as: sender\n"), @r"
    rooms.yaml:6:12: error[wrong-type]: `receive` has to be the expected packet, or `nothing`, found nothing
    rooms.yaml:8:16: error[unknown-key]: `receive` has no kind `pakcet`
        did you mean `packet`?
    rooms.yaml:10:39: error[unknown-key]: a frame has no key `mask`
        a frame takes `fin`, `opcode`, `payload` or `rsv`
    rooms.yaml:12:13: error[unknown-key]: `send` has no kind `text`
        write a packet's text, `{message: …}` or `{binary: …}`
    ");
    insta::assert_snapshot!(told_of_steps("  - frame: { opcode: pin, rsv: 8, chop: 0, length: 32, fin: 2 }\n    as: sender\n  - closed: { code: 1000, stays-open: true, how: bang }\n    as: sender\n  - closed: 1000\n    as: sender\n"), @r"
    rooms.yaml:6:22: error[unknown-value]: `opcode` can't be the text `pin`
        did you mean `ping`?
    rooms.yaml:6:32: error[wrong-type]: `rsv` has to be a whole number from 0 to 7, found the number 8
    rooms.yaml:6:41: error[wrong-type]: `chop` has to be a whole number from 1 to 1073741824, found the number 0
    rooms.yaml:6:52: error[unknown-value]: `length` can't be the number 32
        write `16` or `64`
    rooms.yaml:6:61: error[wrong-type]: `fin` has to be `true` or `false`, found the number 2
    rooms.yaml:8:27: error[conflict]: `stays-open` and `code` exclude each other
    rooms.yaml:8:45: error[conflict]: `how` and `stays-open` exclude each other
    rooms.yaml:8:50: error[unknown-value]: `how` can't be the text `bang`
        write `close-frame`, `close-packet`, `eof`, `http-error` or `reset`
    rooms.yaml:10:13: error[wrong-type]: `closed` has to be empty, or a mapping: `closed: { code: 1002 }`, found the number 1000
    ");
    insta::assert_snapshot!(told_of_steps("  - repeat: 0\n    steps: [alive]\n  - repeat: 2\n  - parallel: alive\n  - parallel: []\n  - alive: now\n"), @r"
    rooms.yaml:6:13: error[wrong-type]: `repeat` has to be a whole number from 1 to 100000, or an expression, found the number 0
    rooms.yaml:8:5: error[missing-key]: `repeat` needs `steps`
    rooms.yaml:9:15: error[wrong-type]: `parallel` has to be a list, found the text `alive`
    rooms.yaml:10:15: error[empty-list]: `parallel` is empty
    rooms.yaml:11:12: error[wrong-type]: `alive` has to be empty, found the text `now`
    ");
    insta::assert_snapshot!(told_of_steps("  - closed: {}\n    as: sender\n    accept: { strct: {}, lenient: { within: 5s, cod: 1 } }\n  - closed: {}\n    as: sender\n    accept: {}\n"), @r"
    rooms.yaml:8:15: error[unknown-key]: `accept` has no key `strct`
        did you mean `strict`?
    rooms.yaml:8:37: error[unknown-key]: `within` can't differ between strict and lenient
    rooms.yaml:8:49: error[unknown-key]: `closed` has no key `cod`
        did you mean `code`?
    rooms.yaml:11:13: error[missing-key]: `accept` needs `lenient`
    ");
    insta::assert_snapshot!(told_of_steps("  - check: $a == 1\n  - check: sender.sid = 1\n  - check: [1]\n  - check: lenght(sender.id) == member.sid\n  - check: target.nam == '$target.grase'\n"), @r"
    rooms.yaml:6:12: error[bad-expression]: expression `$a == 1` is wrong: unexpected character
        inside an expression a variable has no `$`
    rooms.yaml:7:12: error[bad-expression]: expression `sender.sid = 1` is wrong: unexpected input after expression
    rooms.yaml:8:12: error[wrong-type]: `check` has to be an expression, found a list
    rooms.yaml:9:12: error[unknown-variable]: nothing sets `lenght`
        did you mean `length`?
    rooms.yaml:9:19: error[unknown-field]: a client has no `id`
        did you mean `sid`?
    rooms.yaml:10:12: error[unknown-field]: `target` has no `nam`
        did you mean `name`?
    ");
    insta::assert_snapshot!(told_of_steps("  - reply: q\n    as: sender\n    twice: true\n    late: 2\n    with: <string>\n"), @r"
    rooms.yaml:9:5: error[conflict]: `late` and `twice` exclude each other
    rooms.yaml:9:11: error[duration-without-unit]: `late: 2` has no unit
        write `2ms` or `2s`
    rooms.yaml:10:11: error[misplaced-placeholder]: the placeholder `<string>` has no meaning here
        placeholders belong in expectations; for the text itself write `${ '<string>' }`
    ");
}

#[test]
fn mistakes_in_values_are_reported() {
    insta::assert_snapshot!(told_of_steps("  - emit: e\n    as: sender\n    with: { a: $nobody.x, b: costs 5$, c: '${ 1 + }', d: '${ 1', e: { $regex: x }, f: { $byte: 00 } }\n  - alive\n"), @r"
    rooms.yaml:8:16: error[unknown-variable]: nothing sets `$nobody.x`
        set it in `vars:`, in a row of `each:`, or with `<string as nobody>` in an earlier step
    rooms.yaml:8:37: error[bad-template]: no name follows `$`
        `$name` is a variable; write `$$` for a dollar sign
    rooms.yaml:8:47: error[bad-expression]: expression `1 +` is wrong: unexpected end of input, expected expression
    rooms.yaml:8:59: error[bad-template]: no `}` closes `${`
        write `${ expression }`; inside flow braces put it in quotes
    rooms.yaml:8:71: error[misplaced-operator]: the operator `$regex` has no meaning here
        operators belong in expectations; a value to send can only use `$bytes` or `$file`, each as the only key
    rooms.yaml:8:89: error[misplaced-operator]: the operator `$byte` has no meaning here
        for a field of that name write `$$byte`
    ");
    insta::assert_snapshot!(told_of_steps("  - expect: e\n    as: sender\n    with: { a: <strng>, b: <string as room-id>, c: { $regx: a }, d: { $gte: 1, x: 2 }, e: { $regex: '(' }, f: { $schema: { type: 5 } } }\n"), @r#"
    rooms.yaml:8:16: error[unknown-placeholder]: there is no placeholder `<strng>`
        did you mean `string`? for the text itself write `{ $eq: "<strng>" }`
    rooms.yaml:8:39: error[bad-name]: `room-id` can't be the name of a variable
        a name consists of letters, digits and `_`, and does not start with a digit
    rooms.yaml:8:54: error[unknown-operator]: there is no operator `$regx`
        did you mean `$regex`?
    rooms.yaml:8:80: error[mixed-operators]: the field `x` is beside an operator
        an object with operators has no fields; put the field into an object of its own
    rooms.yaml:8:101: error[bad-regex]: `(` is not a regular expression: unclosed group
    rooms.yaml:8:122: error[bad-schema]: this is not a JSON Schema: 5 is not valid under any of the schemas listed in the 'anyOf' keyword
    "#);
    insta::assert_snapshot!(told_of_steps("  - expect: e\n    as: sender\n    with: { a: { $bytes: 0 }, b: { $file: nowhere.bin }, c: { $oneOf: 1 }, d: { $not: <string as x> }, e: <string as sender>, f: $sender.id, g: $room.txt }\n"), @r"
    rooms.yaml:8:26: error[bad-hex]: `$bytes` has to be pairs of hex digits, found the number 0
        write `{$bytes: 00ff}`
    rooms.yaml:8:43: error[bad-file]: `nowhere.bin` can't be used: No such file or directory (os error 2)
        the path starts at the folder of this file
    rooms.yaml:8:71: error[wrong-type]: `$oneOf` has to be a list, found the number 1
    rooms.yaml:8:98: error[capture-in-not]: `x` can't be captured inside `$not`
    rooms.yaml:8:118: error[reserved-name]: `sender` can't be set: it is the name of a client
    rooms.yaml:8:130: error[unknown-field]: a client has no `id`
        did you mean `sid`?
    rooms.yaml:8:145: error[unknown-field]: `room` is a text, which has no `txt`
        for a dot after it write `${room}.txt`
    ");
    insta::assert_snapshot!(told_of_steps("  - emit: e\n    as: sender\n    with: $later\n  - expect: e\n    as: sender\n    with: <string as later>\n"), @r"
    rooms.yaml:8:11: error[unknown-variable]: nothing sets `$later`
        a later step sets this variable: move that step up
    ");
}

#[test]
fn unknown_filters_and_tests_are_reported() {
    insta::assert_snapshot!(wrong_steps("  - emit: e\n    as: sender\n    with: \"${ 'lenght' | lenght }\"\n  - check: room is strnig and (room | nonsense) == 1\n"), @r#"
    error[unknown-filter]: there is no filter `lenght`
     --> rooms.yaml:8:26
      |
    8 |     with: "${ 'lenght' | lenght }"
      |                          ^^^^^^
      |
      = help: did you mean `length`?

    error[unknown-test]: there is no test `strnig`
     --> rooms.yaml:9:20
      |
    9 |   - check: room is strnig and (room | nonsense) == 1
      |                    ^^^^^^
      |
      = help: did you mean `string`?

    error[unknown-filter]: there is no filter `nonsense`
     --> rooms.yaml:9:39
      |
    9 |   - check: room is strnig and (room | nonsense) == 1
      |                                       ^^^^^^^^
      |
      = help: the filters are `abs`, `attr`, `batch`, `bool`, `capitalize`, `chain`, `count`, `d`, `default`, `dictsort`, `e`, `escape`, `first`, `float`, `format`, `groupby`, `indent`, `int`, `items`, `join`, `last`, `length`, `lines`, `list`, `lower`, `map`, `max`, `min`, `pprint`, `reject`, `rejectattr`, `replace`, `reverse`, `round`, `safe`, `select`, `selectattr`, `slice`, `sort`, `split`, `string`, `sum`, `title`, `trim`, `unique`, `upper` or `zip`
    "#);
}

#[test]
fn members_of_a_group_are_chosen_by_number() {
    let text = |steps: &str| {
        format!(
            "scenarios:\n- id: a\n  title: T\n  clients: {{ crowd: {{ count: 3 }} }}\n  steps:\n{steps}"
        )
    };
    insta::assert_snapshot!(told(&text("  - expect: e\n    as: crowd[4]\n    with: [$crowd.sid, '$crowd[4].sid', '$crowd[1].id']\n")), @r"
    rooms.yaml:7:9: error[unknown-client]: the group `crowd` has no member `crowd[4]`
        the members of the group are numbered from 1 to 3
    rooms.yaml:8:12: error[group-as-value]: `crowd` is a group of 3 clients
        choose one: `$crowd[1]`
    rooms.yaml:8:25: error[unknown-client]: the group `crowd` has no member `crowd[4]`
        it has the members 1 to 3
    rooms.yaml:8:42: error[unknown-field]: a client has no `id`
        did you mean `sid`?
    ");
    let scenarios = right(&text(
        "  - deliver: e\n    to: [crowd]\n  - expect: e\n    as: crowd[2]\n    with: ['$crowd[3].sid', '${ crowd[1].sid }']\n",
    ));
    let [scenario] = scenarios.as_slice() else {
        panic!()
    };
    let names: Vec<String> = scenario
        .clients
        .iter()
        .map(|client| client.name.to_string())
        .collect();
    assert_eq!(names, ["crowd[1]", "crowd[2]", "crowd[3]"]);
    let Action::Deliver(deliver) = &scenario.steps[0].action else {
        panic!()
    };
    assert_eq!(deliver.to.len(), 3);
    assert_eq!(&*scenario.steps[1].actors[0].0, "crowd[2]");
}
