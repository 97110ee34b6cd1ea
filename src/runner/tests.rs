//! Whole runs against the reference server, in memory and in simulated time.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    client::{Budget, TlsPolicy, Verification},
    net::Network,
    reference::FaultSet,
    runner::{
        Event, EventKind, FailureKind, Host, Outcome, Plan, Record, Settings, Target, Verdict, run,
    },
    scenario::{Known, Others, SourceFile, load},
    simulation,
    targets::{Masked, REFERENCE_MANIFEST, load_manifest},
    work::{assert_linear, counted},
};

mod refusals;

/// Runs a scenario with these steps against a server with these faults, and returns the events and the record.
fn run_of(steps: &str, faults: &[&str]) -> (Vec<Event>, Record) {
    run_file(&with_steps("[sender, member]", steps), faults)
}

fn with_steps(clients: &str, steps: &str) -> String {
    format!(
        "topic: Chat\nscenarios:\n- id: chat/one\n  title: A message reaches the room\n  level: must\n  \
         clients: {clients}\n  steps:\n{steps}"
    )
}

/// Runs the scenarios of a file against a server with these faults, and returns the events and the record.
fn run_file(text: &str, faults: &[&str]) -> (Vec<Event>, Record) {
    let source = |path: &str, text: &str| {
        SourceFile::from_bytes(path.as_ref(), text.as_bytes().to_vec()).unwrap()
    };
    let anything = Known {
        requirements: None,
        faults: None,
        others: Others::Refused,
    };
    let scenarios = load(source("chat.yaml", text), anything).unwrap();
    let scenarios: Vec<_> = scenarios.into_iter().map(Arc::new).collect();
    let manifest = load_manifest(source("target.yaml", REFERENCE_MANIFEST), PathBuf::new());
    let manifest = Arc::new(manifest.unwrap());
    let target = Target {
        secrets: manifest.secrets.clone(),
        manifest,
        host: Host::Embedded(Box::new(
            FaultSet::from_ids(faults.iter().copied()).unwrap(),
        )),
        network: Network::memory(),
        budget: Budget::default(),
        tls: TlsPolicy::new(None, Verification::Checked).unwrap(),
        running: Arc::default(),
        tell: |_| {},
    };
    let settings = Arc::new(Settings::default());
    let plan = Plan::new(&scenarios, &target.manifest, &settings);
    let mut events = Vec::new();
    let emit = |event: &Masked<Event>| events.push((**event).clone());
    let whole = run(plan, &target, &settings, CancellationToken::new(), emit);
    let record = simulation::run(1, whole).unwrap().unwrap();
    (events, (*record).clone())
}

/// Returns the outcome of the only scenario.
fn outcome_of(steps: &str, faults: &[&str]) -> Outcome {
    let (_, mut record) = run_of(steps, faults);
    record.outcomes.remove(0)
}

/// Checks the kind of a failure, its sentence, and the last lines of what was received.
#[track_caller]
fn assert_failure(outcome: &Outcome, kind: FailureKind, sentence: &str, received: &str) {
    let breach = outcome.breach.as_ref().unwrap();
    assert_eq!(outcome.kind, Some(kind));
    assert_eq!(breach.sentence, sentence);
    let shown = breach.received.as_deref().unwrap();
    assert!(shown.ends_with(received), "{shown}");
}

#[test]
fn all_warnings_of_a_scenario_are_in_its_outcome() {
    let steps = "  - { call: echo, as: sender, with: 1, accept: { strict: { reply: 2 }, lenient: { reply: 1 } } }\n\
         \x20 - { call: echo, as: member, with: 1, accept: { strict: { reply: 2 }, lenient: { reply: 1 } } }\n\
         \x20 - { http: GET /health, accept: { strict: { status: 201 }, lenient: { status: 200 } } }\n";
    let outcome = outcome_of(steps, &[]);
    assert_eq!(outcome.verdict, Verdict::Warn);
    let kinds: Vec<_> = outcome.kinds().map(|(_, kind)| kind).collect();
    let (content, response) = (FailureKind::WrongContent, FailureKind::WrongResponse);
    assert_eq!(kinds, [content, content, response]);
    let sentences: Vec<_> = outcome
        .further
        .iter()
        .map(|finding| finding.sentence.as_str())
        .collect();
    assert_eq!(sentences.len(), 2, "{sentences:?}");
    assert!(sentences[0].contains("member"), "{sentences:?}");
    let lines = outcome
        .further
        .iter()
        .map(|finding| finding.place.as_ref().unwrap().line);
    assert_eq!(lines.collect::<Vec<_>>(), [9, 10]);
}

#[test]
fn scenarios_that_start_in_one_second_share_the_signed_tokens() {
    let signed = |rows: usize| {
        let rows: String = (0..rows)
            .map(|row| format!("  - {{ case: n{row} }}\n"))
            .collect();
        let file = with_steps(
            "[sender]",
            "  - { call: echo, as: sender, with: 1, reply: 1 }\n",
        );
        let file = format!("{file}  each:\n{rows}");
        counted("signed tokens", || {
            let (_, record) = run_file(&file, &[]);
            assert!(
                record
                    .outcomes
                    .iter()
                    .all(|one| one.verdict == Verdict::Pass)
            );
        })
    };
    let one = signed(1);
    assert!(one > 0);
    // The scenarios may start in two different seconds, so tokens are signed at most twice.
    assert!(signed(30) <= 2 * one);
}

#[test]
fn an_event_that_came_too_often_is_counted() {
    let steps = "  - { emit: message, as: sender, with: x }\n\
         \x20 - { emit: message, as: sender, with: x }\n\
         \x20 - { emit: message, as: sender, with: x }\n\
         \x20 - { deliver: message-back, to: [sender], with: x }\n";
    assert_failure(
        &outcome_of(steps, &[]),
        FailureKind::DeliveredTwice,
        "sender received `message-back` 3 times; expected exactly once.",
        " ms)",
    );
    let steps = "  - { emit: message, as: sender, with: x }\n\
         \x20 - { expect: message-back, as: sender, count: 2, within: 1s }\n";
    let outcome = outcome_of(steps, &[]);
    let received = outcome.breach.as_ref().unwrap().received.as_deref();
    assert_eq!(received, Some("`message-back` once and no other event"));
    let outcome = outcome_of("  - { expect: never-sent, as: sender, within: 1s }\n", &[]);
    let received = outcome.breach.as_ref().unwrap().received.as_deref();
    assert_eq!(received, Some("no other event"));
}

#[test]
fn a_failed_expect_lists_the_other_events_that_no_step_has_claimed() {
    let outcome = outcome_of(
        "  - { emit: message, as: member, with: claimed }\n  \
         - { expect: message-back, as: member, with: claimed }\n  \
         - { emit: message, as: member, with: other }\n  \
         - { emit: echo, as: member, with: echoed }\n  \
         - { expect: message-back, as: member, with: mine, within: 1s }\n",
        &[],
    );
    assert_failure(
        &outcome,
        FailureKind::WrongContent,
        "The `message-back` that member received was \"other\"; expected \"mine\".",
        "\"other\"\nother events that no step has claimed:\n42[\"echo-back\",\"echoed\"]",
    );
}

#[test]
fn an_expect_without_a_similar_event_lists_what_no_step_has_claimed() {
    let outcome = outcome_of(
        "  - { emit: message, as: member, with: claimed }\n  \
         - { expect: message-back, as: member, with: claimed }\n  \
         - { emit: message, as: member, with: other }\n  \
         - { expect: never-sent, as: member, within: 1s }\n",
        &[],
    );
    assert_failure(
        &outcome,
        FailureKind::NotDelivered,
        "member did not receive `never-sent` within 1 s.",
        r#"42["message-back","other"]"#,
    );
}

#[test]
fn a_scenario_that_runs_for_long_is_reported_once_while_it_still_runs() {
    let shown = |within: &str| {
        let (events, _) = run_of(
            &format!("  - {{ expect: never-sent, as: member, within: {within} }}\n"),
            &[],
        );
        let mut shown = Vec::new();
        for Event { at, kind } in events {
            if let EventKind::ScenarioSlow { id, running } = &kind {
                let (running, at) = (running.as_secs(), at.as_secs());
                shown.push(format!("at {at} s: {id} still runs after {running} s"));
            } else if let EventKind::ScenarioFinished(outcome) = &kind {
                shown.push(format!("{} ended", outcome.id));
            }
        }
        shown
    };
    let slow = "at 10 s: chat/one still runs after 10 s";
    assert_eq!(shown("35s"), [slow, "chat/one ended"]);
    assert_eq!(shown("9s"), ["chat/one ended"]);
}

/// Runs a scenario that has to pass.
#[track_caller]
fn pass(text: &str) {
    let (_, record) = run_file(text, &[]);
    assert_eq!(record.summary.pass, 1, "{:?}", record.outcomes);
}

#[test]
fn steps_of_a_group_copy_no_values_of_other_members() {
    let steps = "  - { call: echo, as: users, with: $text, reply: $text }\n\
         \x20 - { call: echo, as: users, with: '${ users[2].sid ~ text }', reply: '${ users[2].sid ~ text }' }\n\
         \x20 - { never: room-message, as: users }\n";
    assert_linear("copies of members", 64, |users| {
        pass(&with_steps(
            &format!("{{ users: {{ count: {users} }} }}"),
            steps,
        ));
    });
}

#[test]
fn repeated_deliveries_look_at_each_event_a_few_times() {
    let steps = |rounds| {
        format!(
            "  - {{ call: join-room, as: member, with: {{ room: $room }} }}\n  - repeat: {rounds}\n    steps:\n    \
             - {{ emit: send-to-room, as: sender, with: {{ room: $room, text: $text }} }}\n    \
             - {{ deliver: room-message, to: [member], with: {{ text: $text }} }}\n"
        )
    };
    assert_linear("comparisons of events", 40, |rounds| {
        pass(&with_steps("[sender, member]", &steps(rounds)));
    });
}

#[test]
fn an_expect_of_many_events_looks_at_each_event_a_few_times() {
    // Each `message` comes back as an event. The first ones match no step, so they stay unclaimed.
    let steps = |rounds: usize, expect: &str| {
        format!(
            "  - repeat: {rounds}\n    steps:\n    \
             - {{ emit: message, as: member, with: other }}\n  \
             - repeat: {rounds}\n    steps:\n    \
             - {{ emit: message, as: member, with: $text }}\n  \
             - {{ call: echo, as: member, with: hi, reply: hi }}\n{}",
            expect.replace("ROUNDS", &rounds.to_string())
        )
    };
    let at_once = "  - { expect: message-back, as: member, with: $text, count: ROUNDS }\n";
    let by_delivery = "  - { deliver: message-back, to: [member], with: $text, count: ROUNDS }\n";
    let one_by_one = "  - repeat: ROUNDS\n    steps:\n    \
         - { expect: message-back, as: member }\n";
    for expect in [at_once, by_delivery, one_by_one] {
        for work in ["comparisons of events", "looked up entries"] {
            assert_linear(work, 100, |rounds| {
                pass(&with_steps("[sender, member]", &steps(rounds, expect)));
            });
        }
    }
}

#[test]
fn repeated_replies_look_at_each_event_a_few_times() {
    let steps = |rounds| {
        format!(
            "  - repeat: {rounds}\n    steps:\n    \
             - {{ emit: ask, as: member, with: {{ value: $text, timeout: 5000 }} }}\n    \
             - {{ reply: question, as: member, with: $text }}\n  \
             - {{ call: echo, as: member, with: hi, reply: hi }}\n"
        )
    };
    assert_linear("comparisons of events", 40, |rounds| {
        pass(&with_steps("[sender, member]", &steps(rounds)));
    });
}

#[test]
fn repeated_receives_look_at_each_packet_a_few_times() {
    let packet = [
        r#"send: '42["message","hi"]'"#,
        r#"receive: '42["message-back","hi"]'"#,
    ];
    let frame = [
        "frame: { opcode: ping, payload: hi }",
        "receive: { frame: { opcode: pong } }",
    ];
    for ([send, receive], order) in [
        (packet, "strict"),
        (packet, "any"),
        (frame, "strict"),
        (frame, "any"),
    ] {
        let steps = |rounds| {
            format!(
                "  - {{ open: websocket, as: peer }}\n  - {{ send: '40', as: peer }}\n  \
                 - {{ receive: {{ packet: {{ type: connect }} }}, as: peer }}\n  - repeat: {rounds}\n    steps:\n    \
                 - {{ {send}, as: peer }}\n    \
                 - {{ {receive}, order: {order}, as: peer }}\n"
            )
        };
        assert_linear("comparisons of packets", 40, |rounds| {
            pass(&with_steps("[peer]", &steps(rounds)));
        });
    }
}

/// Each exclusive scenario counts one socket in its namespace, so it has a server for itself. The run takes as long as
/// one scenario, so none of them waits for another.
#[test]
fn exclusive_scenarios_run_beside_others_on_servers_of_their_own() {
    let scenario = |id: usize, keys: &str| {
        format!(
            "- id: chat/{id}\n  title: A client counts itself\n  {keys}\n  \
             clients: {{ member: {{ namespace: /custom }} }}\n  steps:\n  \
             - {{ call: sockets, as: member, reply: {{ count: <integer> }} }}\n  \
             - {{ never: message-back, as: member, within: 20s }}\n"
        )
    };
    let shared: String = (0..3).map(|id| scenario(id, "level: must")).collect();
    let exclusive: String = (3..9)
        .map(|id| scenario(id, "exclusive: true").replace("<integer>", "1"))
        .collect();
    let (events, record) = run_file(
        &format!("topic: Chat\nscenarios:\n{shared}{exclusive}"),
        &[],
    );
    assert_eq!(record.summary.pass, 9, "{:?}", record.outcomes);
    let at = events.last().map(|event| event.at).unwrap();
    assert!(at < Duration::from_secs(40), "{at:?}");
}
