//! Tests of the manifest keys `success`, `failure`, `dialect.replies` and `fence`.

use sockspec::cli::Exit;

use super::{
    MISTAKES,
    chat::{Chat, Mistake, Results},
    hub::Wire,
    passed, run_scenarios,
};
use crate::support::{Finished, Test};

/// The manifest of a chat, without the way in which results come back.
const CHAT: &str = "\
provides: [acks, room-counts, rooms, socket-io, websocket]
absent: [ack-error, ack-late, ack-never, ack-nothing, ack-twice, announce-to-room, message-with-ack, send-to-rooms, \
sockets, whoami]
success: { ok: true }
failure: { ok: false, reason: <string> }
bindings:
  join-room: { event: 'room:join', replied: 'room:joined', fields: { room: roomId } }
  leave-room: { event: 'room:leave', replied: 'room:left', fields: { room: roomId } }
  send-to-room: { event: 'room:say', replied: 'room:sent', fields: { room: roomId, text: message } }
  members: { event: 'room:count', replied: 'room:counted', fields: { room: roomId, count: number } }
  room-message: { event: 'room:said', fields: { room: roomId, text: message, from: by } }
";

const WAYS: [(&str, Results, &str); 3] = [
    ("ack", Results::Acknowledged, "fence: { call: echo }"),
    (
        "event",
        Results::Sent,
        "fence: { emit: ping, expect: pong }",
    ),
    (
        "both",
        Results::Both,
        "fence: { emit: ping, expect: pong, with: { at: 1 } }",
    ),
];

fn manifest(replies: &str, fence: &str) -> String {
    format!("{CHAT}dialect: {{ replies: {replies} }}\n{fence}\n")
}

fn chat(results: Results, mistake: Option<Mistake>) -> Chat {
    Chat {
        wire: Wire::SocketIo,
        results,
        mistake,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_chat_passes_however_its_results_come_back() {
    for (replies, results, fence) in WAYS {
        let finished = run_scenarios(
            chat(results, None),
            &manifest(replies, fence),
            &["rooms/*"],
            Exit::Conformant,
        )
        .await;
        assert!(passed(&finished) > 30, "{replies}: {}", finished.out());
        assert!(!finished.out().contains("warn "), "{}", finished.out());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_of_a_chat_is_found_however_its_results_come_back() {
    for (mistake, scenario, sentence) in MISTAKES {
        for (replies, results, fence) in WAYS {
            run_scenarios(
                chat(results, Some(mistake)),
                &manifest(replies, fence),
                &[scenario],
                Exit::NotConformant,
            )
            .await
            .stdout_has(sentence);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_does_not_come_is_named() {
    let short = |replies, fence| format!("{}timing: {{ within: 1s }}\n", manifest(replies, fence));
    for (replies, results, sentence) in [
        (
            "event",
            Results::Sent,
            "The server did not send sender the event `room:joined` with the result of `join-room`",
        ),
        (
            "ack",
            Results::Acknowledged,
            "The server did not acknowledge sender's `join-room`",
        ),
        // The result comes as an acknowledgement only, although the manifest promises both.
        (
            "both",
            Results::Acknowledged,
            "The server did not send sender the event `room:joined` with the result of `join-room`",
        ),
        (
            "both",
            Results::Sent,
            "The server did not acknowledge sender's `join-room`",
        ),
    ] {
        let is_half = replies == "both";
        let mistake = (!is_half).then_some(Mistake::ReturnsNothing);
        run_scenarios(
            chat(results, mistake),
            &short(replies, "fence: { emit: ping, expect: pong }"),
            &["rooms/joined-when-acknowledged"],
            Exit::NotConformant,
        )
        .await
        .stdout_has(sentence);
    }
}

/// Runs one scenario in which a join has to be refused with this report.
async fn run_refused(report: &str, manifest: &str, expected: Exit) -> Finished {
    let own = format!(
        "scenarios:\n- id: own/refused\n  title: A join without a room is refused\n  clients: [caller]\n  steps:\n  \
         - call: join-room\n    as: caller\n    with: {{ room: 5 }}\n    refused: {report}\n"
    );
    let server = super::serve(chat(Results::Acknowledged, None)).await;
    let test = Test::new()
        .file("own.yaml", own)
        .file(
            "chat.yaml",
            format!("name: chat\nurl: {}\n{manifest}", server.url),
        )
        .args(["run", "own.yaml", "--target", "chat.yaml"]);
    tokio::task::spawn_blocking(move || test.status(expected))
        .await
        .unwrap()
}

/// The chat reports a refusal in its acknowledgement, in a form of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_in_the_form_of_the_manifest_is_a_refusal() {
    for (failure, expected) in [
        ("failure: { ok: false, reason: <string> }", Exit::Conformant),
        ("failure: { state: failed }", Exit::NotConformant),
    ] {
        let manifest =
            manifest("ack", "").replace("failure: { ok: false, reason: <string> }", failure);
        run_refused("{ message: <string> }", &manifest, expected).await;
    }
}

/// The chat puts the code and the field of a refusal into JSON that is a text in the acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_read_at_the_places_of_the_manifest() {
    let places = "refusal: { code: details.$json.id, field: details.$json.name }";
    let report = "{ code: E_ROOM, field: room, message: roomId must be a string }";
    run_refused(report, &manifest("ack", places), Exit::Conformant).await;
    run_refused(report, &manifest("ack", ""), Exit::NotConformant)
        .await
        .stdout_has("The refusal of caller's `join-room` had no `code`; expected \"E_ROOM\".");
    run_refused(
        "{ code: E_NAME }",
        &manifest("ack", places),
        Exit::NotConformant,
    )
    .await
    .stdout_has("had \"E_ROOM\" at `code`; expected \"E_NAME\".");
}
