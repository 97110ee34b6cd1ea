//! Tests of plain WebSockets whose messages carry events.

use sockspec::cli::Exit;

use super::{
    MISTAKES,
    chat::{Chat, Mistake, Results},
    hub::Wire,
    passed, run_scenarios,
};
use crate::support::Test;

/// The manifest of a chat over a plain WebSocket, without the form of its envelopes.
const CHAT: &str = "\
provides: [acks, room-counts, rooms]
absent: [ack-error, ack-late, ack-never, ack-nothing, ack-twice, announce-to-room, message-with-ack, send-to-rooms, \
sockets, whoami]
success: { ok: true }
bindings:
  join-room: { event: 'room:join', replied: 'room:joined', fields: { room: roomId } }
  leave-room: { event: 'room:leave', replied: 'room:left', fields: { room: roomId } }
  send-to-room: { event: 'room:say', replied: 'room:sent', fields: { room: roomId, text: message } }
  members: { event: 'room:count', replied: 'room:counted', fields: { room: roomId, count: number } }
  room-message: { event: 'room:said', fields: { room: roomId, text: message, from: by } }
fence: { emit: ping, expect: pong }
";

const FORMS: [(Wire, Results, &str); 5] = [
    (
        Wire::Object,
        Results::Acknowledged,
        "{ event: event, data: data, id: id }",
    ),
    (Wire::Object, Results::Sent, "{ event: event, data: data }"),
    (
        Wire::Object,
        Results::Bare,
        "{ event: event, data: data }, replies: value",
    ),
    (Wire::Array, Results::Sent, "array"),
    (Wire::JsonRpc, Results::Acknowledged, "json-rpc"),
];

fn manifest(envelope: &str) -> String {
    let mut chat = CHAT.to_owned();
    if envelope.contains("replies: value") {
        for event in ["room:joined", "room:left", "room:sent", "room:counted"] {
            chat = chat.replace(&format!("replied: '{event}', "), "");
        }
    }
    format!("{chat}dialect: {{ speaks: websocket, envelope: {envelope} }}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_chat_passes_in_every_form_of_envelope() {
    for (wire, results, envelope) in FORMS {
        let chat = Chat {
            wire,
            results,
            mistake: None,
        };
        let finished = run_scenarios(
            chat,
            &manifest(envelope),
            &["rooms/*", "socket.io/*", "engine.io/*"],
            Exit::Conformant,
        )
        .await;
        assert!(passed(&finished) > 25, "{envelope}: {}", finished.out());
        assert!(!finished.out().contains("warn "), "{}", finished.out());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_of_a_chat_is_found_in_every_form_of_envelope() {
    for (mistake, scenario, sentence) in MISTAKES {
        // The manifests here do not say how an answer reports a failure.
        let sentence = match mistake {
            Mistake::ReportsFailure => "of sender's `join-room` had false at `ok`; expected true",
            _ => sentence,
        };
        for (wire, results, envelope) in FORMS {
            let chat = Chat {
                wire,
                results,
                mistake: Some(mistake),
            };
            run_scenarios(chat, &manifest(envelope), &[scenario], Exit::NotConformant)
                .await
                .stdout_has(sentence);
        }
    }
}

/// The trace of a failure shows the messages as they were sent and received.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_shows_envelopes() {
    let chat = Chat {
        wire: Wire::Object,
        results: Results::Acknowledged,
        mistake: Some(Mistake::EchoesToSender),
    };
    let (_, _, envelope) = FORMS[0];
    run_scenarios(
        chat,
        &manifest(envelope),
        &["rooms/to-excludes-sender"],
        Exit::NotConformant,
    )
    .await
    .stdout_has(r#""event":"room:say""#)
    .stdout_has(r#"← {"event":"room:said","data":{"#);
}

#[test]
fn the_reference_server_passes_in_envelopes() {
    let finished = Test::new()
        .args(["run", "--target", "reference-envelope"])
        .args(["rooms/*", "auth/*", "errors/*", "broadcast/*"])
        .status(Exit::Conformant);
    assert!(passed(&finished) > 150, "{}", finished.out());
}

#[test]
fn faults_of_the_reference_server_are_found_in_envelopes() {
    Test::new()
        .args(["prove", "--target", "reference-envelope"])
        .args(["errors/*", "broadcast/*", "rooms/leav*", "rooms/join*"])
        .args(["rooms/to-excludes-sender", "auth/bad-token-refused*"])
        .status(Exit::Conformant);
}
