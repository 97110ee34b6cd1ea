//! Servers that say what no step asked for before what one did.

use sockspec::cli::Exit;

use super::{Hostile, OPEN, text_frames};

const CONNECTED: &str = r#"40{"sid":"ijklmnop"}"#;

const AWAITED: &str = r#"42["awaited"]"#;

/// One scenario that goes packet by packet and one that wants an order.
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

/// A server whose application has a part of the contract.
const KNOWN: &str = "[websocket, events]";

/// A server whose application could be any.
const UNKNOWN: &str = "[websocket]";

/// Runs the scenarios against a server that says `event` on each connection before the awaited one.
async fn run(provides: &str, event: &'static str, expected: Exit) -> String {
    run_with(provides, [OPEN, CONNECTED, event, AWAITED], expected).await
}

/// Runs the scenarios against a server that says this on each connection.
async fn run_with(provides: &str, packets: [&'static str; 4], expected: Exit) -> String {
    // Without a close frame, silence would have to wait for a pong that never comes.
    let bytes = [text_frames(&packets), vec![0x88, 0]].concat();
    let manifest = format!("provides: {provides}\ngreetings: [welcome]\n");
    let server = Hostile::saying(bytes).await;
    server.judged(&manifest, SCENARIOS, expected).await.out()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn greetings_and_what_other_scenarios_broadcast_are_looked_past() {
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
async fn everything_else_comes_out_of_turn_where_the_application_is_known() {
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
async fn an_unknown_application_may_say_what_it_likes() {
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
async fn answers_are_answers_whoever_gives_them() {
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
async fn an_event_may_overtake_the_reply_where_the_application_is_unknown() {
    let sentence = "before the server answered its CONNECT to /";
    let said = |event| [OPEN, event, CONNECTED, AWAITED];
    let text = run_with(UNKNOWN, said(r#"42["hello"]"#), Exit::Conformant).await;
    let line = text.lines().find(|line| line.contains(sentence));
    assert!(line.is_some() && text.contains("1 ok, 1 warn"), "{text}");
    // A greeting, so that the step about the order is content.
    let text = run_with(KNOWN, said(r#"42["welcome"]"#), Exit::NotConformant).await;
    let line = text.lines().find(|line| line.contains(sentence));
    assert!(
        line.is_some() && text.contains("FAIL   unasked/in-order"),
        "{text}"
    );
}
