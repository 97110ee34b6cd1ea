//! Whole files, right and wrong.

use std::{sync::Arc, time::Duration};

use super::{Known, load};
use crate::scenario::{Action, Answer, Colours, Diagnostic, Level, Scenario, SourceFile};

const UNKNOWN: Known<'static> = Known {
    requirements: None,
    faults: None,
};

fn load_text(text: &str) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let source = SourceFile::from_bytes("rooms.yaml".as_ref(), text.into()).unwrap();
    load(source, UNKNOWN)
}

/// Loads a file that must be right.
#[track_caller]
fn right(text: &str) -> Vec<Scenario> {
    load_text(text).unwrap_or_else(|diagnostics| panic!("{}", rendered(&diagnostics)))
}

fn rendered(diagnostics: &[Diagnostic]) -> String {
    let texts: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render_full(Colours::Off))
        .collect();
    texts.join("\n\n")
}

/// Everything that is wrong with a file.
#[track_caller]
fn wrong(text: &str) -> String {
    let diagnostics = load_text(text).expect_err("the file is wrong");
    rendered(&diagnostics)
}

/// Everything that is wrong with these steps of two clients.
#[track_caller]
fn wrong_steps(steps: &str) -> String {
    wrong(&format!(
        "scenarios:\n- id: a/b\n  title: T\n  clients: [sender, member]\n  steps:\n{steps}"
    ))
}

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
    assert!(matches!(call.answer, Answer::Any));
    assert_eq!(first.steps[0].actors.len(), 2);
    assert_eq!(second.title, "A token that is expired is refused");
    assert!(!second.clients[0].connect);
    let closed = &second.steps[1];
    let Action::Closed(strict) = &closed.action else {
        panic!()
    };
    assert!(strict.code.is_some() && strict.how.is_empty());
    let Some(Action::Closed(lenient)) = closed.lenient.as_deref() else {
        panic!()
    };
    assert!(lenient.code.is_none() && lenient.how.len() == 2);
    assert!(
        matches!(closed.within, Some(crate::scenario::WaitBound::Fixed(bound)) if bound == Duration::from_secs(2))
    );
    assert!(Arc::ptr_eq(&first.source, &second.source));
}

#[test]
fn all_mistakes_are_told_at_once() {
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
  - { case: one, catches: [own], needs: [binary], level: should }
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
