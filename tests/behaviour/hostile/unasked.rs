//! Tests with servers that send an event that no step expects, before the expected one.

use sockspec::cli::Exit;

use super::{Hostile, OPEN, text_frames};

const CONNECTED: &str = r#"40{"sid":"ijklmnop"}"#;

const AWAITED: &str = r#"42["awaited"]"#;

/// Two scenarios: one expects each packet in turn with `receive`, the other expects an event with `order: strict`.
const SCENARIOS: &str = r#"topic: What is unasked for
scenarios:
- id: unasked/by-hand
  title: The awaited event is the next packet, and the last
  why: A test.
  level: must
  clients: [visitor]
  steps:
  - open: websocket
    as: visitor
  - receive: { $regex: '^40' }
    as: visitor
  - receive: '42["awaited"]'
    as: visitor
  - receive: nothing
    as: visitor

- id: unasked/in-order
  title: The awaited event is the next one
  why: A test.
  level: must
  clients: [visitor]
  steps:
  - expect: awaited
    as: visitor
    order: strict
"#;

/// The capabilities of a server that declares a part of the contract, so that its events are known.
const KNOWN: &str = "[websocket, events]";

/// The capabilities of a server that declares nothing of the contract, so that it may send any events.
const UNKNOWN: &str = "[websocket]";

/// Runs the scenarios against a server that sends `event` on each connection before the expected event.
async fn run(provides: &str, event: &'static str, expected: Exit) -> String {
    run_with(provides, [OPEN, CONNECTED, event, AWAITED], expected).await
}

/// Runs the scenarios against a server that sends `packets` on each connection.
async fn run_with(provides: &str, packets: [&'static str; 4], expected: Exit) -> String {
    // The server closes, because it would not answer the ping that a proof of silence sends to an open connection.
    let bytes = [text_frames(&packets), vec![0x88, 0]].concat();
    let manifest = format!("provides: {provides}\ngreetings: [welcome]\n");
    let server = Hostile::sending(bytes).await;
    server
        .run_scenarios(&manifest, SCENARIOS, expected)
        .await
        .out()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn greetings_and_broadcasts_of_other_scenarios_are_ignored() {
    for event in [
        r#"42["welcome","dear visitor"]"#,
        r#"42["broadcast-message",{"text":"marker-0123456789ab","from":"x"}]"#,
        r#"42["news",["to","other_room-0123456789ab"]]"#,
    ] {
        let text = run(KNOWN, event, Exit::Conformant).await;
        assert!(text.contains("2 ok"), "{event}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_other_event_fails_if_the_application_is_known() {
    for event in [
        r#"42["broadcast-message",{"text":"hello"}]"#,
        r#"42["broadcast-message",{"text":"marker-7"}]"#,
        r#"427["broadcast-message",{"text":"marker-0123456789ab"}]"#,
    ] {
        let text = run(KNOWN, event, Exit::NotConformant).await;
        assert!(text.contains("2 FAIL"), "{event}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_application_may_send_any_event() {
    for event in [
        r#"42["tick",{"at":1}]"#,
        r#"427["hello"]"#,
        r#"42["user left",{}]"#,
    ] {
        let text = run(UNKNOWN, event, Exit::Conformant).await;
        assert!(text.contains("2 ok"), "{event}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_another_packet_fails_for_every_application() {
    for event in [
        r#"431["x"]"#,
        r#"42["echo-back","sockspec"]"#,
        r#"44{"message":"no"}"#,
    ] {
        let text = run(UNKNOWN, event, Exit::NotConformant).await;
        assert!(text.contains("FAIL   unasked/by-hand"), "{event}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_before_the_connect_reply_is_reported() {
    let sentence = "before the server answered its CONNECT to /";
    let said = |event| [OPEN, event, CONNECTED, AWAITED];
    let text = run_with(UNKNOWN, said(r#"42["hello"]"#), Exit::Conformant).await;
    let line = text.lines().find(|line| line.contains(sentence));
    assert!(line.is_some() && text.contains("1 ok, 1 warn"), "{text}");
    // The event is a greeting, so the step with `order: strict` accepts it and only the missing CONNECT reply fails.
    let text = run_with(KNOWN, said(r#"42["welcome"]"#), Exit::NotConformant).await;
    let line = text.lines().find(|line| line.contains(sentence));
    assert!(
        line.is_some() && text.contains("FAIL   unasked/in-order"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_greeting_is_no_event_for_a_step_that_names_none() {
    let scenario = r#"topic: Any event
scenarios:
- id: unasked/any
  title: No event comes but greetings
  why: A test.
  level: must
  clients: [visitor]
  steps:
  - never: "*"
    as: visitor
  - closed: {}
    as: visitor
"#;
    let manifest = format!("provides: {KNOWN}\ngreetings: [welcome]\n");
    for (event, expected) in [
        (r#"42["welcome",1]"#, Exit::Conformant),
        (r#"42["other",1]"#, Exit::NotConformant),
    ] {
        let bytes = [text_frames(&[OPEN, CONNECTED, event]), vec![0x88, 0]].concat();
        let server = Hostile::sending(bytes).await;
        server.run_scenarios(&manifest, scenario, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offset_is_recognized_by_the_pid_in_the_connect_reply() {
    let scenario = r#"topic: Offsets
scenarios:
- id: unasked/event
  title: The event has one argument
  why: A test.
  level: must
  clients: [visitor]
  steps:
  - expect: news
    as: visitor
    args: [1]

- id: unasked/packet
  title: The packet has one argument
  why: A test.
  level: must
  clients: [visitor]
  steps:
  - open: websocket
    as: visitor
  - receive: { packet: { type: connect } }
    as: visitor
  - receive: { packet: { type: event, data: [news, 1] } }
    as: visitor
"#;
    let manifest = format!("provides: {KNOWN}\n");
    let recovering = r#"40{"sid":"ijklmnop","pid":"qrstuvwx"}"#;
    for (reply, expected) in [
        (recovering, Exit::Conformant),
        (CONNECTED, Exit::NotConformant),
    ] {
        let event = r#"42["news",1,"an-offset"]"#;
        let bytes = [text_frames(&[OPEN, reply, event]), vec![0x88, 0]].concat();
        let server = Hostile::sending(bytes).await;
        server.run_scenarios(&manifest, scenario, expected).await;
    }
}
