//! Recognises events that the server sent because of another request than the awaited event.

use super::unrelated::is_of_another_scenario;
use crate::{
    client::{Entry, Outgoing, What},
    data::Data,
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
    let Some(received @ (Data::String(_) | Data::Number(_))) = &mismatch.received else {
        return false;
    };
    let received = in_packet(&mismatch.path, &received.to_string());
    let expected = in_packet(&mismatch.path, &mismatch.expected);
    let sent: Vec<String> = attempt
        .declared
        .all()
        .iter()
        .flat_map(|client| client.links())
        .flat_map(|link| {
            let entries = link.connection.journal().entries();
            entries.iter().filter_map(packet).collect::<Vec<_>>()
        })
        .collect();
    are_of_two_requests(&sent, &received, &expected)
}

/// Returns the text by which a packet holds a value: the value itself, or for a number in a field also the name of the
/// field, because numbers occur everywhere.
fn in_packet(path: &str, value: &str) -> String {
    let field = path.rsplit(['.', ']']).next().unwrap_or_default();
    if value.starts_with('"') || field.is_empty() {
        value.to_owned()
    } else {
        format!("\"{field}\":{value}")
    }
}

/// Returns the text of an event that a client sent.
fn packet(entry: &Entry) -> Option<String> {
    match &entry.what {
        What::Sent(Outgoing::Packet(text)) => Some(text.to_string()),
        _ => None,
    }
}

/// Returns true if one packet holds only the received value, and another packet with the same event holds only the
/// expected one.
fn are_of_two_requests(sent: &[String], received: &str, expected: &str) -> bool {
    let holding = |value: &str, other: &str| -> Vec<&str> {
        let holds = |text: &&String| text.contains(value) && !text.contains(other);
        sent.iter()
            .filter(holds)
            .filter_map(|text| event(text))
            .collect()
    };
    let awaited = holding(expected, received);
    holding(received, expected)
        .iter()
        .any(|event| awaited.contains(event))
}

/// Returns the quoted name of the event in a packet: `"say"` in `42["say",1]`.
fn event(packet: &str) -> Option<&str> {
    let (_, rest) = packet.split_once('[')?;
    let end = rest.get(1..)?.find('"')? + 2;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_request_of_the_same_kind_is_another_message() {
        let sent = [
            r#"42["say",{"text":"m1","n":1}]"#,
            r#"42/chat,7["say",{"text":"m2","n":2}]"#,
            r#"42["join",{"room":"r1"}]"#,
        ]
        .map(str::to_owned);
        let of_two =
            |received: &str, expected: &str| are_of_two_requests(&sent, received, expected);
        assert!(of_two("\"m2\"", "\"m1\""));
        assert!(!of_two("\"m3\"", "\"m1\""), "nobody sent m3");
        assert!(!of_two("\"r1\"", "\"m1\""), "another kind of request");
        assert!(!of_two("\"say\"", "\"m1\""), "the value is in every packet");
        let number = |value| in_packet("args[0].n", value);
        assert!(of_two(&number("2"), &number("1")));
        assert!(!of_two(&number("3"), &number("1")));
        assert_eq!(in_packet("text", "\"m1\""), "\"m1\"");
        assert_eq!(in_packet("", "5"), "5");
    }
}
