//! Findings about WebSocket and polling from the handshakes over each transport.
//!
//! A server whose open packet is wrong does not count as a plain WebSocket. It is judged as an Engine.IO server, so
//! that the scenarios about its handshake fail. The same holds for an open packet that is larger than sockspec accepts.

use super::finding::Finding;
use crate::{
    client::{ConnectFailure, Connection},
    wire::engine_io::Handshake,
};

/// The first bytes of texts that look like an open packet: the packet type `0`, and the start of JSON data.
const BEGINNINGS: [&str; 4] = ["0{", "0[", "0\"", "0null"];

/// Returns what is wrong with the open packet, or that it is too large. Returns `None` if the failure has another
/// reason.
pub(super) fn broken_open_packet(failure: &ConnectFailure) -> Option<String> {
    match failure {
        ConnectFailure::OpenPacket { came, .. } => {
            is_meant_as_open_packet(came).then(|| format!("the server answers, but its {failure}"))
        }
        ConnectFailure::TooLarge { .. } => failure
            .is_large_open_packet()
            .then(|| format!("the server answers, but its {failure}")),
        ConnectFailure::Ended { .. }
        | ConnectFailure::Handshake { .. }
        | ConnectFailure::NotHttp { .. }
        | ConnectFailure::Refused { .. }
        | ConnectFailure::Reset { .. }
        | ConnectFailure::TimedOut { .. }
        | ConnectFailure::Tls { .. }
        | ConnectFailure::TooMuch { .. }
        | ConnectFailure::Unreachable { .. }
        | ConnectFailure::Upgrade { .. } => None,
    }
}

/// Returns true if a text that is no valid open packet was meant as one. `came` is what a failure says about the text.
fn is_meant_as_open_packet(came: &str) -> bool {
    let text = text_that_came(came);
    let text = text.trim_start_matches(|one: char| one.is_whitespace() || one == '\u{feff}');
    let packet = without_length(text).unwrap_or(text);
    packet == "0"
        || BEGINNINGS.iter().any(|begin| packet.starts_with(begin))
        || ["\"sid\"", "\\\"sid\\\""]
            .iter()
            .any(|field| text.contains(field))
}

/// Returns true if the text is an open packet of revision 3, as Socket.IO 1 and 2 send it. `came` is what a failure says
/// about the text.
pub(super) fn is_open_packet_of_revision_3(came: &str) -> bool {
    without_length(text_that_came(came)).is_some_and(|packet| packet.starts_with("0{"))
}

/// Returns the text itself from what a failure says about a text: the text, or `97 bytes: "…"`.
fn text_that_came(came: &str) -> &str {
    let quoted = came
        .split_once(" bytes: \"")
        .filter(|(length, _)| length.bytes().all(|byte| byte.is_ascii_digit()));
    quoted.map_or(came, |(_, text)| text.trim_end_matches('"'))
}

/// Returns what follows the length of the first packet, or `None` if the text does not begin with a length. Revision 3
/// writes the length of each packet before it: `97:0{"sid":…`.
fn without_length(text: &str) -> Option<&str> {
    let (length, packet) = text.split_once(':')?;
    length
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(packet)
}

/// Returns the findings about a server that sends no valid open packet over either transport.
///
/// Returns `None` if no answer of the server looks like an invalid open packet.
pub(super) fn broken_findings(
    websocket: &Result<Connection, ConnectFailure>,
    polling: &Result<Connection, ConnectFailure>,
) -> Option<Vec<Finding>> {
    let failures = [polling, websocket].into_iter();
    let wrong = failures
        .filter_map(|opened| opened.as_ref().err())
        .find_map(broken_open_packet)?;
    Some(vec![
        Finding::yes("engine-io", wrong),
        transport_finding("websocket", websocket),
        transport_finding("polling", polling),
    ])
}

/// Returns the finding about WebSocket on a server whose open packet is `handshake`.
///
/// A server promises WebSocket by an open packet over polling that lists it, or by a response with status 101. A server
/// that refuses a WebSocket handshake with an HTTP error below 500 breaks no promise: it may support only upgrades.
pub(super) fn websocket_finding(
    opened: &Result<Connection, ConnectFailure>,
    handshake: &Handshake,
) -> Finding {
    const NAME: &str = "websocket";
    let is_listed = offers_websocket(handshake);
    match opened {
        Err(failure @ ConnectFailure::Handshake { .. }) => {
            Finding::broken(NAME, failure.to_string())
        }
        Err(ConnectFailure::Refused { response }) if response.status < 500 => {
            transport_finding(NAME, opened)
        }
        Err(failure) if is_listed && broken_open_packet(failure).is_none() => Finding::broken(
            NAME,
            format!("the open packet lists an upgrade to WebSocket, but {failure}"),
        ),
        Ok(_) | Err(_) => transport_finding(NAME, opened),
    }
}

/// Returns the finding about polling on a server that sends an open packet over WebSocket or polling.
///
/// An Engine.IO server without polling refuses a polling handshake with an HTTP response. An answer that is no HTTP
/// response, no answer, and an error of the server itself are mistakes.
pub(super) fn polling_finding(opened: &Result<Connection, ConnectFailure>) -> Finding {
    const NAME: &str = "polling";
    let is_broken = match opened {
        Ok(_) => false,
        Err(failure) => match failure {
            ConnectFailure::Refused { response } => {
                response.status >= 500 && !matches!(response.status, 501 | 505)
            }
            ConnectFailure::Ended { .. }
            | ConnectFailure::NotHttp { .. }
            | ConnectFailure::Reset { .. }
            | ConnectFailure::TimedOut { .. } => true,
            ConnectFailure::Handshake { .. }
            | ConnectFailure::OpenPacket { .. }
            | ConnectFailure::Tls { .. }
            | ConnectFailure::TooLarge { .. }
            | ConnectFailure::TooMuch { .. }
            | ConnectFailure::Unreachable { .. }
            | ConnectFailure::Upgrade { .. } => false,
        },
    };
    match opened {
        Err(failure) if is_broken => Finding::yes(
            NAME,
            format!("a polling handshake is neither accepted nor refused: {failure}"),
        ),
        Ok(_) | Err(_) => transport_finding(NAME, opened),
    }
}

/// Returns true if the open packet lists the upgrade to WebSocket.
pub(super) fn offers_websocket(handshake: &Handshake) -> bool {
    handshake.upgrades.iter().any(|name| name == "websocket")
}

/// Returns the finding about one transport.
pub(super) fn transport_finding(
    capability: &'static str,
    opened: &Result<Connection, ConnectFailure>,
) -> Finding {
    match opened {
        Ok(_) => Finding::yes(capability, "a handshake gets an open packet"),
        // The server offers the transport, but its open packet is wrong. Count the transport as found, so that the
        // scenarios about handshakes run and show the mistake.
        Err(failure) => match broken_open_packet(failure) {
            Some(wrong) => Finding::yes(capability, wrong),
            None => Finding::no(capability, failure.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_like_an_open_packet_are_meant_as_one() {
        for came in [
            "0",
            "0{}",
            " 0{\"pingInterval\":1}",
            "\u{feff}0{}",
            "97:0{\"sid\":\"a\"}",
            "9 bytes: \" 0{}\"",
            r#"30 bytes: "b{\"sid\":\"a\"}""#,
        ] {
            assert!(is_meant_as_open_packet(came), "{came}");
        }
        for came in ["hello", "<html>", "1", "404 bytes: \"not found\"", "10:30"] {
            assert!(!is_meant_as_open_packet(came), "{came}");
        }
    }
}
