//! Tests of mistakes in files and ids.

use super::*;

#[test]
fn mistakes_in_the_form_of_a_file_are_reported() {
    insta::assert_snapshot!(told(""), @r"rooms.yaml:1:1: error[empty-file]: the file is empty");
    insta::assert_snapshot!(told("# nothing\n"), @r"rooms.yaml:1:1: error[empty-file]: the file is empty");
    insta::assert_snapshot!(told("- a\n"), @r"
    rooms.yaml:1:1: error[wrong-type]: a scenario file has to be a mapping, found a list
        write the scenarios under the key `scenarios:`
    ");
    insta::assert_snapshot!(told("topic: T\n"), @r"rooms.yaml:1:1: error[missing-key]: a scenario file needs `scenarios`");
    insta::assert_snapshot!(told("scenarios: []\n"), @r"rooms.yaml:1:12: error[empty-list]: `scenarios` is empty");
    insta::assert_snapshot!(told("scenarios: {}\nbackgrund: []\n"), @r"
    rooms.yaml:1:12: error[wrong-type]: `scenarios` has to be a list, found a mapping
        start each item with `- `
    rooms.yaml:2:1: error[unknown-key]: a scenario file has no key `backgrund`
        did you mean `background`?
    ");
    insta::assert_snapshot!(told("scenarios: [a]\n---\n"), @r"
    rooms.yaml:2:1: error[several-documents]: a second YAML document starts here
        a file is one document; put the scenarios under one `scenarios:`
    ");
    insta::assert_snapshot!(told("a: [1\nb: 2\n"), @r"rooms.yaml:2:2: error[syntax]: this is not YAML: illegal placement of ':' indicator");
    insta::assert_snapshot!(told("a:\n\t- b\n"), @r"
    rooms.yaml:2:2: error[syntax]: this is not YAML: tabs disallowed within this context (block indentation)
        indent YAML with spaces, not with tabs
    ");
    insta::assert_snapshot!(told("a: &x 1\n"), @r"
    rooms.yaml:1:7: error[anchor]: YAML anchors and aliases are not allowed in files of sockspec
        name a value under `vars:` and use it as `$name`; a text that starts with `*` or `&` needs quotes
    ");
    insta::assert_snapshot!(told("a: *x\n"), @r"
    rooms.yaml:1:4: error[anchor]: YAML anchors and aliases are not allowed in files of sockspec
        name a value under `vars:` and use it as `$name`; a text that starts with `*` or `&` needs quotes
    ");
    insta::assert_snapshot!(told("a: !!binary aGk=\n"), @r"
    rooms.yaml:1:4: error[tag]: YAML tags are not allowed in files of sockspec
        write bytes as `{$bytes: ff00}`; quotes make any scalar text
    ");
    insta::assert_snapshot!(told("%YAML 1.2\n---\na: 1\n"), @r"rooms.yaml:1:1: error[syntax]: this is not YAML: YAML directives are disallowed");
    insta::assert_snapshot!(told("scenarios: 1\nscenarios: 2\n"), @r"rooms.yaml:2:1: error[duplicate-key]: `scenarios` is given twice");
    insta::assert_snapshot!(told("scenarios:\n- { id: ${ x } }\n"), @r#"
    rooms.yaml:2:10: error[syntax]: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'
        inside flow braces an expression needs quotes: `{ text: "${ repeat('a', 3) }" }`
    "#);
    insta::assert_snapshot!(told("scenarios:\n- { [a]: b }\n"), @r"
    rooms.yaml:2:5: error[key-not-text]: a key has to be text
        a text that starts with `{` or `[` needs quotes, `${ … }` inside flow braces, too
    ");
    insta::assert_snapshot!(told("a: \"\0\"\n"), @r"rooms.yaml:1:5: error[syntax]: this is not YAML: unexpected character: `\u{0}'");
}

#[test]
fn hostile_files_are_refused_quickly() {
    let bomb = format!(
        "a: &a [x]\nb: &b [{}]\nscenarios: [*b]\n",
        vec!["*a"; 1000].join(", ")
    );
    insta::assert_snapshot!(told(&bomb), @r"
    rooms.yaml:1:7: error[anchor]: YAML anchors and aliases are not allowed in files of sockspec
        name a value under `vars:` and use it as `$name`; a text that starts with `*` or `&` needs quotes
    ");
    insta::assert_snapshot!(told(&"[".repeat(10_000)), @r"rooms.yaml:1:65: error[too-deep]: more than 64 levels of nesting");
    insta::assert_snapshot!(told(&"- ".repeat(10_000)), @r"rooms.yaml:1:129: error[too-deep]: more than 64 levels of nesting");
    insta::assert_snapshot!(told(&"{a: ".repeat(10_000)), @r"rooms.yaml:1:257: error[too-deep]: more than 64 levels of nesting");
    let deep = format!("scenarios:\n- id: a\n  title: {}\n", "[".repeat(63));
    insta::assert_snapshot!(told(&deep), @r"rooms.yaml:3:72: error[syntax]: this is not YAML: unclosed bracket '['");
    let wide = format!("scenarios:\n{}", "- a\n".repeat(200_000));
    let long = format!("scenarios: [{}, \"\\e[31m\": 1]\n", "a, ".repeat(100_000));
    let lines = told(&long);
    assert!(!lines.contains('\u{1b}'));
    assert!(rendered(&load_text(&long).unwrap_err()).len() < 1 << 20);
    let diagnostics = load_text(&wide).unwrap_err();
    assert_eq!(diagnostics.len(), 101);
    insta::assert_snapshot!(diagnostics[100].render_short(), @r"rooms.yaml:200001:3: error[too-many-mistakes]: the file has 199900 more mistakes; this is the last of them");
}

#[test]
fn an_id_is_unique_over_files() {
    let load = |name: &str, text: &str| {
        let source = SourceFile::from_bytes(name.as_ref(), text.into()).unwrap();
        load(source, UNKNOWN).unwrap()
    };
    let mut scenarios = load(
        "a.yaml",
        "scenarios:\n- { id: a, aliases: [old], title: T, each: [{ case: x }, { case: y }], steps: [alive] }\n",
    );
    scenarios.extend(load(
        "b.yaml",
        "scenarios:\n- { id: 'b', title: T, aliases: ['old'], steps: [alive] }\n",
    ));
    assert!(crate::scenario::duplicate_ids(&scenarios).is_empty());
    scenarios.extend(load(
        "c.yaml",
        "scenarios:\n- { id: b, title: T, steps: [alive] }\n",
    ));
    insta::assert_snapshot!(rendered(&crate::scenario::duplicate_ids(&scenarios)), @r"
    error[duplicate-id]: another scenario has the id `b`
     --> c.yaml:2:3
      |
    2 | - { id: b, title: T, steps: [alive] }
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: the other scenario is at b.yaml:2; an id is unique among all files
    ");
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    insta::assert_snapshot!(wrong_steps("  - emti: x\n    as: sendr\n  - emit: x\n    as: sendr\n    wiht: $nobody\n"), @r"
    error[unknown-verb]: there is no verb `emti`
     --> rooms.yaml:6:5
      |
    6 |   - emti: x
      |     ^^^^
      |
      = help: did you mean `emit`?

    error[unknown-client]: there is no client `sendr`
     --> rooms.yaml:9:9
      |
    9 |     as: sendr
      |         ^^^^^
      |
      = help: did you mean `sender`?

    error[unknown-key]: `emit` has no key `wiht`
      --> rooms.yaml:10:5
       |
    10 |     wiht: $nobody
       |     ^^^^
       |
       = help: did you mean `with`?
    ");
}

#[test]
fn unknown_ids_of_requirements_and_faults_are_reported() {
    let text = "scenarios:\n- { id: a, title: T, verifies: [rooms.leve], catches: [room-leak], steps: [alive] }\n";
    let source = SourceFile::from_bytes("a.yaml".as_ref(), text.into()).unwrap();
    let catalogue = "- { id: rooms.leave, level: must, title: T }\n";
    let catalogue = SourceFile::from_bytes("r.yaml".as_ref(), catalogue.into()).unwrap();
    let requirements = crate::scenario::Requirements::load([catalogue]).unwrap();
    let known = Known {
        requirements: Some(&requirements),
        faults: Some(&["room-leaks"]),
        others: Others::Refused,
    };
    insta::assert_snapshot!(rendered(&load(source, known).unwrap_err()), @r"
    error[unknown-requirement]: there is no requirement `rooms.leve`
     --> a.yaml:2:33
      |
    2 | - { id: a, title: T, verifies: [rooms.leve], catches: [room-leak], steps: [alive] }
      |                                 ^^^^^^^^^^
      |
      = help: did you mean `rooms.leave`?

    error[unknown-fault]: the reference server has no fault `room-leak`
     --> a.yaml:2:56
      |
    2 | - { id: a, title: T, verifies: [rooms.leve], catches: [room-leak], steps: [alive] }
      |                                                        ^^^^^^^^^
      |
      = help: did you mean `room-leaks`?
    ");
}

#[test]
fn mistakes_in_the_form_of_a_scenario_are_reported() {
    insta::assert_snapshot!(told("scenarios:\n- id: a\n"), @r"
    rooms.yaml:2:3: error[missing-key]: a scenario needs `title`
    rooms.yaml:2:3: error[missing-key]: a scenario needs `steps`
    ");
    insta::assert_snapshot!(told("scenarios:\n- title: T\n  steps: []\n"), @r"
    rooms.yaml:2:3: error[missing-key]: a scenario needs `id`
    rooms.yaml:3:10: error[empty-list]: `steps` is empty
    ");
    insta::assert_snapshot!(told("scenarios:\n- 5\n"), @r"rooms.yaml:2:3: error[wrong-type]: a scenario has to be a mapping, found the number 5");
    insta::assert_snapshot!(told(r#"
scenarios:
- id: Rooms/To
  title: 5$
  why:
  level: most
  tier: slwo
  transport: [websocket, carrier-pigeon]
  exclusive: maybe
  settle: 5
  within: soon
  without: [one-ack]
  steps: [alive]
"#), @r"
    rooms.yaml:3:7: error[bad-id]: `Rooms/To` can't be an id
        an id is lower-case words joined by `-`, in parts joined by `/`: `rooms/sender-excluded`
    rooms.yaml:4:10: error[bad-template]: no name follows `$`
        `title` can contain the variables of its row of the `each:` table, such as `$case`; write `$$` for a dollar sign
    rooms.yaml:6:10: error[unknown-value]: `level` can't be the text `most`
        did you mean `must`?
    rooms.yaml:7:9: error[unknown-value]: `tier` can't be the text `slwo`
        did you mean `slow`?
    rooms.yaml:8:26: error[unknown-value]: `transport` can't be the text `carrier-pigeon`
        write `polling`, `upgrade` or `websocket`
    rooms.yaml:9:14: error[wrong-type]: `exclusive` has to be `true` or `false`, found the text `maybe`
    rooms.yaml:10:11: error[duration-without-unit]: `settle: 5` has no unit
        write `5ms` or `5s`
    rooms.yaml:11:11: error[bad-duration]: `within` has to be a duration, found the text `soon`
        write `200ms`, `5s` or `1m 30s`
    rooms.yaml:12:13: error[unknown-invariant]: there is no invariant `one-ack`
        did you mean `invariant/one-ack`?
    ");
    insta::assert_snapshot!(told(r#"
scenarios:
- { id: a, title: T, steps: [alive] }
- { id: a, title: T, steps: [alive] }
- { id: b, aliases: [a], title: T, steps: [alive] }
"#), @r"
    rooms.yaml:4:9: error[duplicate-id]: the id `a` is taken
    rooms.yaml:5:22: error[duplicate-id]: the id `a` is taken
    ");
    insta::assert_snapshot!(told("scenarios:\n- { id: a, title: T, clients: [x], steps: [{ emit: e }] }\n"), @r"
    rooms.yaml:2:3: error[cannot-fail]: no step of this scenario can fail
        add a step that can fail, such as `expect`, `deliver`, `never` or `call`
    ");
}
