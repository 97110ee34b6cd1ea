//! Whole runs in which the server refuses requests of clients.

use super::*;

/// The time limit for a `deliver` step to fail after a refusal: the server refuses the event at once, and then the
/// runner waits one second for a late delivery.
const SOON: Duration = Duration::from_secs(2);

const JOIN: &str =
    "  - { call: join-room, as: member, with: { room: $room }, reply: { success: true } }\n";

/// Checks that the step ends early after the refusal. Otherwise it would wait for its whole `within` of 40 s.
#[test]
fn deliver_fails_soon_after_the_server_refused_the_sender() {
    let outcome =
        undelivered("  - { emit: send-to-room, as: sender, with: { room: 5, text: hi } }\n");
    assert!(outcome.duration < SOON, "{:?}", outcome.duration);
    assert_failure(
        &outcome,
        FailureKind::NotDelivered,
        "member did not receive `room-message` because the server refused sender's `send-to-room`.",
        r#"sender received: 42["exception",{"status":"error","code":"VALIDATION_FAILED","message":"room must be a string","field":"room"}]"#,
    );
}

#[test]
fn deliver_fails_soon_after_the_server_disconnected_the_sender() {
    let outcome = undelivered("  - { emit: kick-me, as: sender, with: { close: true } }\n");
    assert!(outcome.duration < SOON, "{:?}", outcome.duration);
    assert_failure(
        &outcome,
        FailureKind::NotDelivered,
        "member did not receive `room-message` because the server disconnected sender from /.",
        "\nsender received: 41",
    );
}

#[test]
fn deliver_fails_soon_after_the_server_closed_the_senders_connection() {
    let steps = "  - { emit: unknown, as: sender }\n  - { deliver: room-message, to: [member], within: 40s }\n";
    let outcome = outcome_of(steps, &["event-unknown-closes"]);
    assert!(outcome.duration < SOON, "{:?}", outcome.duration);
    assert_failure(
        &outcome,
        FailureKind::NotDelivered,
        "member did not receive `room-message` because the server ended sender's connection.",
        "\nsender received: the connection ended with a close frame",
    );
}

/// Runs `steps` after `member` has joined the room, and then a `deliver` step that fails. The step would wait 40 s.
fn undelivered(steps: &str) -> Outcome {
    let deliver = "  - { deliver: room-message, to: [member], within: 40s }\n";
    run_file(
        &with_steps("[sender, member, other]", &[JOIN, steps, deliver].concat()),
        &[],
    )
    .1
    .outcomes
    .remove(0)
}

/// Each of these steps comes after a refused `send-to-room`, and the failure still names `send-to-room`.
#[test]
fn deliver_names_the_refused_request_whatever_came_after_it() {
    let refused = "  - { emit: send-to-room, as: sender, with: { room: 5, text: hi } }\n";
    for (later, is_soon) in [
        ("  - { call: echo, as: sender, with: 1, reply: 1 }\n", true),
        ("  - { emit: message, as: other, with: 1 }\n", true),
        ("  - { call: whoami, as: other }\n", true),
        ("  - { send: '42[\"message\",1]', as: other }\n", true),
        ("  - { send: '3', as: other }\n", false),
        ("  - { connect: /custom, as: other }\n", true),
    ] {
        let outcome = undelivered(&[refused, later].concat());
        let sentence = outcome.reason.as_deref().unwrap();
        assert!(
            sentence.ends_with("the server refused sender's `send-to-room`."),
            "{later}{sentence}"
        );
        assert_eq!(outcome.duration < SOON, is_soon, "{later}{sentence}");
    }
}

#[test]
fn deliver_names_all_senders_that_the_server_refused() {
    let outcome = undelivered(
        "  - parallel:\n\
         \x20   - { emit: send-to-room, as: sender, with: { room: 5, text: hi } }\n\
         \x20   - { emit: announce-to-room, as: other, with: { room: 5, text: hi } }\n",
    );
    assert!(outcome.duration < SOON, "{:?}", outcome.duration);
    assert_failure(
        &outcome,
        FailureKind::NotDelivered,
        "member did not receive `room-message` because the server refused sender's `send-to-room` and \
         the server refused other's `announce-to-room`.",
        r#"other received: 42["exception",{"status":"error","code":"VALIDATION_FAILED","message":"room must be a string","field":"room"}]"#,
    );
}

/// The server accepts one of two requests that cause the event, so the event may still come.
#[test]
fn deliver_waits_for_the_request_that_the_server_did_not_refuse() {
    let outcome = undelivered(
        "  - { emit: send-to-room, as: sender, with: { room: 5, text: hi } }\n\
         \x20 - { emit: send-to-room, as: other, with: { room: $other_room, text: hi } }\n",
    );
    assert!(outcome.duration > SOON, "{:?}", outcome.duration);
    assert_eq!(
        outcome.reason.as_deref(),
        Some(
            "member did not receive `room-message` within 40 s; the server refused sender's `send-to-room`."
        )
    );
}

#[test]
fn deliver_says_that_one_of_several_requests_was_refused_if_it_can_be_any() {
    let outcome = undelivered(
        "  - { emit: message, as: sender, with: 1 }\n\
         \x20 - { emit: send-to-room, as: sender, with: { room: 5, text: hi } }\n",
    );
    let sentence = outcome.reason.as_deref().unwrap();
    assert!(
        sentence.ends_with(
            "; the server refused one of sender's requests `message` and `send-to-room`."
        ),
        "{sentence}"
    );
}

#[test]
fn deliver_names_a_refused_event_that_the_scenario_wrote_by_hand() {
    let outcome = undelivered("  - { send: '42[\"send-to-room\",{\"room\":5}]', as: sender }\n");
    assert!(outcome.duration < SOON, "{:?}", outcome.duration);
    assert_eq!(
        outcome.reason.as_deref(),
        Some(
            "member did not receive `room-message` because the server refused sender's `send-to-room`, a packet \
             that the scenario writes by hand."
        )
    );
    let frame = undelivered(
        "  - { frame: { payload: '42[\"send-to-room\",{\"room\":5}]' }, as: sender }\n",
    );
    let sentence = frame.reason.unwrap();
    assert!(
        sentence
            .ends_with("the server refused a packet of sender that the scenario writes by hand."),
        "{sentence}"
    );
}

/// A refusal that a step expects explains no later failure.
#[test]
fn deliver_does_not_name_an_expected_refusal() {
    let outcome = undelivered(
        "  - { emit: send-to-room, as: other, with: { room: 5, text: hi }, refused: { code: VALIDATION_FAILED } }\n\
         \x20 - { emit: send-to-room, as: sender, with: { room: $other_room, text: hi } }\n",
    );
    assert_eq!(
        outcome.reason.as_deref(),
        Some(
            "member did not receive `room-message` within 40 s, although the server acknowledged its `join-room`."
        )
    );
}

/// The server acknowledges the event with success, so a delivery may still come.
#[test]
fn deliver_waits_its_whole_time_if_the_server_accepted_the_event() {
    let outcome = outcome_of(
        &[
            JOIN,
            "  - { call: send-to-room, as: sender, with: { room: $other_room, text: hi }, reply: { success: true } }\n",
            "  - { deliver: room-message, to: [member], within: 40s }\n",
        ]
        .concat(),
        &[],
    );
    assert!(
        outcome.duration >= Duration::from_secs(40),
        "{:?}",
        outcome.duration
    );
    assert_failure(
        &outcome,
        FailureKind::NotDelivered,
        "member did not receive `room-message` within 40 s, although the server acknowledged its `join-room`.",
        "no other event",
    );
}

/// The target reports refusals by the event `exception`, so no acknowledgement follows.
#[test]
fn a_call_ends_as_soon_as_the_server_refuses_it() {
    let outcome = outcome_of(
        "  - { call: join-room, as: sender, with: { room: 5 }, within: 40s }\n",
        &[],
    );
    assert!(outcome.duration < SOON, "{:?}", outcome.duration);
    assert_failure(
        &outcome,
        FailureKind::WronglyRefused,
        "The server refused sender's `join-room` (VALIDATION_FAILED: room must be a string); it has to acknowledge it.",
        r#""field":"room"}]"#,
    );
    let outcome = outcome_of(
        "  - { call: kick-me, as: sender, with: {}, within: 40s }\n",
        &[],
    );
    assert!(outcome.duration < SOON, "{:?}", outcome.duration);
    assert_failure(
        &outcome,
        FailureKind::NotAcknowledged,
        "The server disconnected sender from / before it answered sender's `kick-me`; it has to acknowledge it.",
        "41",
    );
}

/// The report answers an earlier request, so the call may still be acknowledged.
#[test]
fn a_call_goes_on_if_the_server_refuses_another_request() {
    let steps = "  - { emit: fail, as: sender, with: { code: NO, message: no } }\n\
         \x20 - { call: ack-late, as: sender, with: { after: 500 }, reply: late }\n\
         \x20 - { expect: exception, as: sender }\n";
    pass(&with_steps("[sender]", steps));
}
