//! Tests of the checks of names.

use super::*;

fn mistakes(scenarios: &[&str], manifests: &[&str]) -> String {
    lines(&names(scenarios, manifests).mistakes())
}

fn warnings(scenarios: &[&str], manifests: &[&str]) -> String {
    lines(&names(scenarios, manifests).warnings())
}

fn names(scenarios: &[&str], manifests: &[&str]) -> Names {
    let source = |text: &&str| {
        let bytes = text.as_bytes().to_vec();
        SourceFile::from_bytes("a.yaml".as_ref(), bytes).unwrap()
    };
    let mut names = Names::default();
    scenarios
        .iter()
        .map(source)
        .for_each(|file| names.add_scenarios(&file));
    manifests
        .iter()
        .map(source)
        .for_each(|file| names.add_manifest(&file));
    names
}

fn lines(found: &[Diagnostic]) -> String {
    let lines = found.iter().map(|mistake| {
        let help = mistake.help.as_deref().unwrap_or("-");
        format!("{}\n    {help}", mistake.render_short())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn names_that_are_nearly_known_are_mistakes() {
    insta::assert_snapshot!(mistakes(
        &["needs: [romms]\nscenarios:\n- id: a/b\n  needs: [payments]\n  vars: { token: $credentials.vald }\n  each:\n  - { case: c, needs: [presense] }\n"],
        &["provides: [room]\nbindings: { join-rom: a, payy: b }\nfence: { call: ekko }\nabsent: [/admn, /chat, bannd, whoami]\n\
           profiles: { p: { lacks: [ack] } }\ngreetings: [welcome, room-mesage]\n\
           credentials: { expird: x, valid2: y, expired: z }\n"],
    ), @r"
    a.yaml:1:9: error[unknown-capability]: there is no capability `romms`
        did you mean `rooms`?
    a.yaml:7:24: error[unknown-capability]: there is no capability `presense`
        did you mean `presence`?
    a.yaml:5:18: error[unknown-credential]: there is no credential `vald`
        did you mean `valid`?
    a.yaml:1:12: error[unknown-capability]: there is no capability `room`
        did you mean `rooms`?
    a.yaml:5:26: error[unknown-capability]: there is no capability `ack`
        did you mean `acks`?
    a.yaml:2:13: error[unknown-operation]: there is no operation `join-rom`
        did you mean `join-room`?
    a.yaml:6:22: error[unknown-event]: there is no event `room-mesage`
        did you mean `room-message`?
    a.yaml:7:16: error[unknown-credential]: there is no credential `expird`
        did you mean `expired`?
    a.yaml:3:16: error[unknown-operation]: there is no operation `ekko`
        did you mean `echo`?
    a.yaml:4:10: error[unknown-name]: there is no operation, namespace or credential `/admn`
        did you mean `/admin`?
    a.yaml:4:24: error[unknown-name]: there is no operation, namespace or credential `bannd`
        did you mean `banned`?
    ");
}

#[test]
fn steps_with_nearly_known_names_give_warnings() {
    let steps = |name: &str| {
        format!(
            "scenarios:\n- id: a/b\n  steps:\n  - call: {name}\n    with: {{ call: join-roon }}\n  - parallel:\n    \
             - never: room-mesage\n    - emit: echos\n    - never: {{ frame: {{}} }}\n    - expect: join-room\n    \
             - expect: {name}\n    - expect: $join-rom\n"
        )
    };
    let (near, own) = (steps("join-rom"), steps("join-lobby"));
    insta::assert_snapshot!(warnings(&[&near], &[]), @r"
    a.yaml:4:11: warning[unknown-event]: the contract has no operation or event `join-rom`
        did you mean `join-room`?
    ");
    let manifest = "bindings: { join-rom: a, room-message: { event: room-mesage } }\n";
    assert_eq!(warnings(&[&near], &[manifest]), "");
    assert_eq!(mistakes(&[&near], &[manifest]), "");
    assert!(!warnings(&[&own], &[]).contains("join-lobby"));
}

#[test]
fn steps_of_manifests_with_nearly_known_names_give_warnings() {
    let manifest = "bindings: { echo: say-again, room-message: posted }\nnamespaces: { /: /lobby }\n\
                    fence: { emit: ehco, expect: postde }\nenter:\n- connect: /caht\n- call: join-rom\n- call: leave-room\n  with: { rom: a }\n\
                    - expect: room-mesage\n- emit: say-agian\n- emit: hello\n- connect: /lobby\n";
    insta::assert_snapshot!(mistakes(&[], &[manifest]), @r"
    a.yaml:8:11: error[unknown-field]: the contract's `leave-room` has no field `rom`
        did you mean `room`?
    ");
    insta::assert_snapshot!(warnings(&[], &[manifest]), @r"
    a.yaml:5:12: warning[unknown-namespace]: the contract has no namespace `/caht`
        did you mean `/chat`?
    a.yaml:6:9: warning[unknown-event]: neither the contract nor `bindings` has an event `join-rom`
        did you mean `join-room`?
    a.yaml:9:11: warning[unknown-event]: neither the contract nor `bindings` has an event `room-mesage`
        did you mean `room-message`?
    a.yaml:10:9: warning[unknown-event]: neither the contract nor `bindings` has an event `say-agian`
        did you mean `say-again`?
    a.yaml:3:16: warning[unknown-event]: neither the contract nor `bindings` has an event `ehco`
        did you mean `echo`?
    a.yaml:3:30: warning[unknown-event]: neither the contract nor `bindings` has an event `postde`
        did you mean `posted`?
    ");
    let right = manifest
        .replace("ehco", "say-again")
        .replace("postde", "posted")
        .replace("/caht", "/chat")
        .replace("join-rom", "join-room")
        .replace("rom:", "room:")
        .replace("room-mesage", "room-message")
        .replace("say-agian", "say-again");
    assert_eq!(
        (mistakes(&[], &[&right]), warnings(&[], &[&right])),
        Default::default()
    );
    // A scenario of the run uses an event of the application's own.
    let scenario = "scenarios:\n- id: a/b\n  steps:\n  - { emit: ehco }\n";
    assert!(!warnings(&[scenario], &[manifest]).contains("`ehco`"));
}

#[test]
fn the_manifests_of_the_project_give_no_warnings() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![
        root.join("fixtures/targets"),
        root.join("tests/applications"),
    ];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "yaml") {
                let bytes = std::fs::read(&path).unwrap();
                let mut names = Names::default();
                names.add_manifest(&SourceFile::from_bytes(&path, bytes).unwrap());
                assert_eq!(names.warnings(), [], "{}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen} manifests");
}

#[test]
fn shipped_scenarios_have_no_mistakes_and_give_no_warnings() {
    let mut names = Names::default();
    let shipped = crate::cli::shipped::Shipped::load().unwrap();
    let mut files = BTreeSet::new();
    for scenario in &shipped.scenarios {
        if files.insert(&scenario.source.path) {
            names.add_scenarios(&scenario.source);
        }
    }
    assert_eq!(names.warnings(), []);
    assert_eq!(names.mistakes(), []);
}

#[test]
fn names_that_another_file_of_the_run_uses_are_known() {
    let scenario = "needs: [acks2]\nscenarios:\n- id: a/b\n  steps:\n  - call: ekho\n    with: $credentials.vali\n";
    let manifest = "provides: [acks2]\nbindings: { ekho: a }\nfence: { call: ekho }\ncredentials: { vali: x }\n";
    assert_eq!(mistakes(&[scenario], &[manifest]), "");
    assert_ne!(mistakes(&[scenario], &[]), "");
    assert_ne!(mistakes(&[], &[manifest]), "");
}

/// A step that forbids an event with a wrong name passes on every server.
#[test]
fn a_forbidden_event_that_nothing_else_mentions_is_a_mistake_or_gives_a_warning() {
    let file = |steps: &str| {
        format!(
            "scenarios:\n- id: a/b\n  vars: {{ gone: room-mesage, none: [] }}\n  each:\n  - {{ event: member-lefd, to: [] }}\n  \
             - {{ event: user-gone, to: [x] }}\n  steps:\n{steps}"
        )
    };
    let wrong = file(
        "  - never: $event\n  - never: $gone\n  - steps:\n    - deliver: broadcast-mesage\n      to: $none\n  - deliver: \
         order-made\n    to: $to\n  - never: \"${ 'order-' + 'mode' }\"\n  - never: aks\n  - never: \"*\"\n  - never: exception\n",
    );
    insta::assert_snapshot!(mistakes(&[&wrong], &[]), @r"
    a.yaml:5:14: error[unknown-event]: nothing else in these files mentions the event `member-lefd`, so a step that forbids it may never fail
        did you mean `member-left`?
    a.yaml:3:17: error[unknown-event]: nothing else in these files mentions the event `room-mesage`, so a step that forbids it may never fail
        did you mean `room-message`?
    a.yaml:11:16: error[unknown-event]: nothing else in these files mentions the event `broadcast-mesage`, so a step that forbids it may never fail
        did you mean `broadcast-message`?
    a.yaml:15:12: error[unknown-event]: nothing else in these files mentions the event `order-mode`, so a step that forbids it may never fail
        did you mean `order-made`?
    ");
    insta::assert_snapshot!(warnings(&[&wrong], &[]), @r"
    a.yaml:16:12: warning[unknown-event]: nothing else in these files mentions the event `aks`, so a step that forbids it may never fail
        is the name right? a step that expects the event, or a key of `bindings` in the manifest, makes it known
    a.yaml:6:14: warning[unknown-event]: nothing else in these files mentions the event `user-gone`, so a step that forbids it may never fail
        is the name right? a step that expects the event, or a key of `bindings` in the manifest, makes it known
    ");
    for known in [
        file("  - never: room-mesage\n  - emit: room-mesage\n"),
        file("  - never: room-mesage\n  - deliver: $gone\n    to: [x]\n"),
        file("  - never: room-mesage\n  - send: '42[\"room-mesage\",1]'\n"),
        file("  - never: room-mesage\n  - receive: { packet: { data: [room-mesage, 1] } }\n"),
    ] {
        assert_eq!(mistakes(&[&known], &[]), "", "{known}");
        assert!(
            !warnings(&[&known], &[]).contains("nothing else"),
            "{known}"
        );
    }
    let forbidden = file("  - never: room-mesage\n");
    for manifest in [
        "bindings: { room-mesage: a }\n",
        "bindings: { a: { replied: room-mesage } }\n",
        "enter: [{ expect: room-mesage }]\n",
    ] {
        assert_eq!(mistakes(&[&forbidden], &[manifest]), "", "{manifest}");
        assert_eq!(warnings(&[&forbidden], &[manifest]), "", "{manifest}");
    }
}

#[test]
fn fields_that_are_nearly_those_of_the_contract_are_mistakes() {
    let file = |steps: &str| {
        format!("scenarios:\n- id: a/b\n  vars: {{ body: {{ romm: 1 }} }}\n  steps:\n{steps}")
    };
    let wrong = file(
        "  - call: join-room\n    with: { rom: x }\n  - emit: join-room\n    with: $body\n  - emit: send-direct\n    args: [{ too: x, text: y }, 1]\n  \
         - never: room-message\n    with: { $exactly: { txet: x } }\n  - expect: room-message\n    with: { tezt: <absent>, rooom: x }\n",
    );
    insta::assert_snapshot!(mistakes(&[&wrong], &[]), @r"
    a.yaml:6:13: error[unknown-field]: the contract's `join-room` has no field `rom`
        did you mean `room`?
    a.yaml:3:19: error[unknown-field]: the contract's `join-room` has no field `romm`
        did you mean `room`?
    a.yaml:10:14: error[unknown-field]: the contract's `send-direct` has no field `too`
        did you mean `to`?
    a.yaml:12:25: error[unknown-field]: the contract's `room-message` has no field `txet`
        did you mean `text`?
    a.yaml:14:13: error[unknown-field]: the contract's `room-message` has no field `tezt`
        did you mean `text`?
    ");
    insta::assert_snapshot!(warnings(&[&wrong], &[]), @r"
    a.yaml:14:29: warning[unknown-field]: the contract's `room-message` has no field `rooom`
        did you mean `room`?
    ");
    let right = file(
        "  - call: join-room\n    with: { rom: x }\n    refused: { code: X }\n  - call: join-room\n    with: { room: x, rom: y, mood: z }\n  \
         - call: echo\n    with: { rom: x }\n  - call: join-lobby\n    with: { rom: x }\n",
    );
    assert_eq!(mistakes(&[&right], &[]), "");
    assert_eq!(warnings(&[&right], &[]), "");
    let own = "bindings: { join-room: { fields: { rom: a } } }\n";
    assert!(!mistakes(&[&wrong], &[own]).contains("`rom`"));
}

#[test]
fn fields_of_bindings_are_those_of_the_contract_or_of_a_scenario() {
    let manifest = "bindings:\n  join-room: { fields: { rom: a } }\n  leave-room: { fields: { roomId: room } }\n  \
        send-to-room: { with: { id: $rooom, at: $marker, t: $text } }\n  members: { returns: [$cout] }\n  \
        room-message: { fields: { from: user.id, mood: m } }\n  own: { fields: { rom: a } }\n";
    insta::assert_snapshot!(mistakes(&[], &[manifest]), @r"
    a.yaml:2:26: error[unknown-field]: the contract's `join-room` has no field `rom`
        did you mean `room`?
    a.yaml:3:27: error[unknown-field]: the contract's `leave-room` has no field `roomId`
        the scenarios' name comes first: write `room: roomId`
    a.yaml:4:32: error[unknown-field]: the contract's `send-to-room` has no field `rooom`
        did you mean `room`?
    a.yaml:5:25: error[unknown-field]: the contract's `members` has no field `cout`
        did you mean `count`?
    ");
    insta::assert_snapshot!(warnings(&[], &[manifest]), @r"
    a.yaml:6:44: warning[unknown-field]: the contract's `room-message` has no field `mood`
        its fields are `room`, `text` or `from`
    ");
    let scenario =
        "scenarios:\n- id: a/b\n  steps:\n  - expect: room-message\n    with: { mood: x }\n";
    assert_eq!(warnings(&[scenario], &[manifest]), "");
}

#[test]
fn namespaces_that_are_nearly_those_of_the_contract_give_warnings() {
    let file = "scenarios:\n- id: a/b\n  clients: { a: { namespace: /chta }, b: { namespace: /orders }, c: { connect: false, namespace: /amdin } }\n  \
        each:\n  - { ns: /custm }\n  - { ns: /dynamic-7 }\n  steps:\n  - connect: $ns\n  - connect: /amdin\n    refused: {}\n  \
        - emit: x\n    namespace: /lat\n  - closed: { namespace: /slw }\n";
    insta::assert_snapshot!(warnings(&[file], &[]), @r"
    a.yaml:5:11: warning[unknown-namespace]: the contract has no namespace `/custm`
        did you mean `/custom`?
    a.yaml:12:16: warning[unknown-namespace]: the contract has no namespace `/lat`
        did you mean `/late`?
    a.yaml:13:26: warning[unknown-namespace]: the contract has no namespace `/slw`
        did you mean `/slow`?
    a.yaml:3:30: warning[unknown-namespace]: the contract has no namespace `/chta`
        did you mean `/chat`?
    ");
    assert_eq!(mistakes(&[file], &[]), "");
    let manifest = "namespaces: { /: /chta, /admn: absent }\nbindings: { /custm: /x, knock: { namespace: /slw } }\n";
    insta::assert_snapshot!(mistakes(&[], &[manifest]), @r"
    a.yaml:1:25: error[unknown-namespace]: the contract has no namespace `/admn`
        did you mean `/admin`?
    a.yaml:2:13: error[unknown-namespace]: the contract has no namespace `/custm`
        did you mean `/custom`?
    ");
    assert!(!warnings(&[file], &[manifest]).contains("/chta"));
    assert!(!warnings(&[file], &[manifest]).contains("/slw"));
}
