//! Recognises events that the server sent because of another request than the awaited event.

use super::{message_packet::sent_events, unrelated::is_of_another_scenario};
use crate::{
    client::{Entry, What},
    data::{Data, unhex},
    runner::play::attempt::Attempt,
    scenario::Mismatch,
    wire::socket_io::Packet,
};

/// Returns true if an event that differs from the awaited one is another message, and not the awaited message with
/// wrong content: it belongs to another scenario, or it holds what a client of this scenario sent in another request of
/// the same kind.
pub(in crate::runner) fn is_another_message(
    attempt: &Attempt<'_>,
    entry: &Entry,
    mismatch: &Mismatch,
) -> bool {
    let What::Socket(Packet::Event { args, .. }) = &entry.what else {
        return false;
    };
    if is_of_another_scenario(attempt, args) {
        return true;
    }
    let Some(received @ (Data::String(_) | Data::Number(_) | Data::Bytes(_))) = &mismatch.received
    else {
        return false;
    };
    let received = in_packet(&mismatch.path, &received.to_string());
    let expected = in_packet(&mismatch.path, &as_data(&mismatch.expected));
    let clients = attempt.declared.all().iter();
    let links = clients.flat_map(|client| client.links());
    let sent: Vec<_> = links
        .flat_map(|link| sent_events(&link))
        .map(|(event, args)| (event, Data::Array(args).to_string()))
        .collect();
    are_of_two_requests(&sent, &received, &expected)
}

/// Returns an expected value as JSON. An expectation of bytes is described in words.
fn as_data(expected: &str) -> String {
    match expected.strip_prefix("the bytes ").and_then(unhex) {
        Some(bytes) => Data::Bytes(bytes.into()).to_string(),
        None => expected.to_owned(),
    }
}

/// Returns the text by which a packet holds a value: the value itself, or for a number in a field also the name of the
/// field, because numbers occur everywhere.
fn in_packet(path: &str, value: &str) -> String {
    let field = path.rsplit(['.', ']']).next().unwrap_or_default();
    if value.starts_with(['"', '{']) || field.is_empty() {
        value.to_owned()
    } else {
        format!("\"{field}\":{value}")
    }
}

/// Returns true if one event holds only the received value, and another event of the same name holds only the expected
/// one. `sent` has the name of each event and its arguments as JSON.
fn are_of_two_requests(sent: &[(String, String)], received: &str, expected: &str) -> bool {
    let holding = |value: &str, other: &str| -> Vec<&str> {
        let events = sent.iter();
        events
            .filter(|(_, args)| args.contains(value) && !args.contains(other))
            .map(|(event, _)| event.as_str())
            .collect()
    };
    let awaited = holding(expected, received);
    holding(received, expected)
        .iter()
        .any(|event| awaited.contains(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_request_of_the_same_kind_is_another_message() {
        let sent = [
            ("say", r#"[{"text":"m1","n":1}]"#),
            ("say", r#"[{"text":"m2","n":2}]"#),
            ("join", r#"[{"room":"r1"}]"#),
            ("file", r#"[{"$bytes":"0102"}]"#),
            ("file", r#"[{"$bytes":"0304"}]"#),
        ]
        .map(|(event, args)| (event.to_owned(), args.to_owned()));
        let of_two =
            |received: &str, expected: &str| are_of_two_requests(&sent, received, expected);
        assert!(of_two("\"m2\"", "\"m1\""));
        assert!(!of_two("\"m3\"", "\"m1\""), "nobody sent m3");
        assert!(!of_two("\"r1\"", "\"m1\""), "another kind of request");
        let bytes = |text: &str| in_packet("args[0].data", &as_data(text));
        assert!(of_two(
            &bytes(r#"{"$bytes":"0304"}"#),
            &bytes("the bytes 0102")
        ));
        let number = |value| in_packet("args[0].n", value);
        assert!(of_two(&number("2"), &number("1")));
        assert!(!of_two(&number("3"), &number("1")));
        assert_eq!(in_packet("text", "\"m1\""), "\"m1\"");
        assert_eq!(in_packet("", "5"), "5");
    }
}
