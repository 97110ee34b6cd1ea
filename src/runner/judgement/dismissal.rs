//! Finds out whether the application ended a connection, or refused one, for reasons of its own. An attempt in which
//! that happened says nothing about the target's protocols.

use std::time::Duration;

use crate::{
    client::{Outgoing, What},
    runner::{
        clients::Link,
        findings::{Obstacle, Stop, failure_kind::FailureKind},
        journal::{message_packet::packet_in, unrelated::is_unknown},
        plan::WAY_IN,
        play::attempt::Attempt,
    },
    targets::StrangerClose,
    text::humanize,
    wire::{socket_io::Packet, websocket::OpCode},
};

/// Returns an obstacle if the application dismissed a client of the attempt: it disconnected the client, closed its
/// WebSocket as it closes all clients that do not log in, or accepted no more clients.
///
/// `stop` is why the attempt stopped. An attempt that has passed stands, unless the server closed a client at once, so
/// that nothing of the scenario reached the server. It stands in any case if the scenario expects a close code.
pub(in crate::runner) fn find_dismissal(
    attempt: &Attempt<'_>,
    stop: Option<&Stop>,
) -> Option<Obstacle> {
    let has_passed = stop.is_none() && attempt.notes().warnings.is_empty();
    if has_passed && expects_close_code(attempt) {
        return None;
    }
    let closed = stranger_close(attempt).filter(|close| !has_passed || close.is_at_once());
    if let Some(close) = closed {
        return Some(Obstacle::new(describe_close(close)));
    }
    if has_passed {
        return None;
    }
    if is_unknown(attempt) && has_disconnected_a_client(attempt) {
        return Some(Obstacle::new(
            "the application disconnected a client (a DISCONNECT packet), and no manifest describes when it does that",
        ));
    }
    let observed = &attempt.target.manifest.observed;
    if let Some(timeout) = observed.connect_timeout
        && attempt.clients().any(|client| {
            let links = client.links();
            links.iter().any(|link| has_joined_too_late(link, timeout))
        })
    {
        return Some(Obstacle::new(format!(
            "the server ends sessions that join no namespace within about {}, and ended one of this scenario",
            humanize::limit(timeout)
        )));
    }
    let limit = observed.clients_at_once?;
    stop.is_some_and(|stop| is_refusal(attempt, stop)).then(|| {
        Obstacle::new(format!(
            "the server accepts only {limit} clients at once, and refused one of this scenario"
        ))
    })
}

/// Returns true if a step of the scenario expects the end of a connection with a certain code.
fn expects_close_code(attempt: &Attempt<'_>) -> bool {
    let mut steps = attempt.scenario.steps.iter();
    steps.any(|step| step.action.facts().close_code.is_some())
}

/// Returns the way in which the server closed a client of the attempt, if it is one in which the server closes clients
/// that do not log in.
fn stranger_close<'a>(attempt: &'a Attempt<'_>) -> Option<&'a StrangerClose> {
    let known = &attempt.target.manifest.observed.closes_strangers;
    if known.is_empty() {
        return None;
    }
    let links: Vec<_> = attempt
        .clients()
        .flat_map(|client| client.links())
        .collect();
    let is_in = |close: &&StrangerClose| {
        let payload = close.close.encode();
        links.iter().any(|link| received_close(link, &payload))
    };
    known.iter().find(is_in)
}

/// Returns true if a close frame with this payload arrived on a connection.
fn received_close(link: &Link, payload: &[u8]) -> bool {
    let entries = link.connection.journal().entries();
    entries.iter().any(|entry| match &entry.what {
        What::Frame(frame) => frame.opcode == OpCode::Close && frame.payload == payload,
        What::Bytes(bytes) => memchr::memmem::find(bytes, payload).is_some(),
        What::Ended(_)
        | What::Http(_)
        | What::Illegal { .. }
        | What::Message(_)
        | What::Oversize(_)
        | What::Packet(_)
        | What::Sent(_)
        | What::Socket(_) => false,
    })
}

fn describe_close(close: &StrangerClose) -> String {
    let code = close.close.code.map_or(0, |code| code.0);
    let reason = match close.close.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    format!("a client that does not log in is closed with {code}{reason}{WAY_IN}")
}

/// Returns true if the server sent a client the packet that disconnects it from a namespace.
fn has_disconnected_a_client(attempt: &Attempt<'_>) -> bool {
    let is_disconnect = |what: &What| match what {
        What::Socket(packet) => matches!(packet, Packet::Disconnect { .. }),
        What::Packet(packet) => matches!(packet_in(packet), Some(Packet::Disconnect { .. })),
        _ => false,
    };
    attempt.notes().was_disconnected
        || attempt.clients().any(|client| {
            client.links().iter().any(|link| {
                let entries = link.connection.journal().entries();
                entries.iter().any(|entry| is_disconnect(&entry.what))
            })
        })
}

/// Returns true if the server ended a session that had joined no namespace when the timeout for that was nearly over.
fn has_joined_too_late(link: &Link, timeout: Duration) -> bool {
    let entries = link.connection.journal().entries();
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return false;
    };
    let is_join = |what: &What| match what {
        What::Sent(Outgoing::Packet(text)) => text.starts_with("40"),
        What::Sent(Outgoing::Frame(frame)) => frame.payload.starts_with(b"40"),
        What::Socket(packet) => matches!(packet, Packet::Connect { .. }),
        _ => false,
    };
    let was_ended = matches!(&last.what, What::Ended(ended) if !ended.by_us);
    let lived = last.at.saturating_duration_since(first.at);
    was_ended && lived >= timeout.mul_f64(0.8) && !entries.iter().any(|entry| is_join(&entry.what))
}

/// Returns true if an attempt stopped because a client could not connect, or because a request that the scenario writes
/// itself got the response of a refusal.
fn is_refusal(attempt: &Attempt<'_>, stop: &Stop) -> bool {
    match stop {
        Stop::Breach(finding) => {
            let is_connection = matches!(
                finding.kind,
                FailureKind::ConnectionFailed
                    | FailureKind::ServerStuck
                    | FailureKind::WronglyRefused
            );
            let is_response = matches!(
                finding.kind,
                FailureKind::UnexpectedResponse | FailureKind::WrongResponse
            );
            is_connection || (is_response && has_refused_a_request(attempt))
        }
        Stop::Unjudged(_) => true,
        Stop::Inapplicable(_) => false,
    }
}

/// The statuses with which servers refuse a client because they have too many.
const REFUSALS: [u16; 4] = [400, 403, 429, 503];

/// Returns true if a request of an `http` step, or a request that the scenario wrote as bytes, was refused.
fn has_refused_a_request(attempt: &Attempt<'_>) -> bool {
    let is_refused = |what: &What| match what {
        What::Http(response) => REFUSALS.contains(&response.status),
        What::Bytes(bytes) => {
            let status = |status: &u16| bytes.starts_with(format!("HTTP/1.1 {status} ").as_bytes());
            REFUSALS.iter().any(status)
        }
        _ => false,
    };
    let of_step = |text: &str| {
        let status = |status: &u16| text.starts_with(&format!("HTTP {status} "));
        REFUSALS.iter().any(status)
    };
    let notes = attempt.notes();
    let mut received = notes.http.iter().filter(|line| line.received);
    received.any(|line| of_step(&line.text))
        || attempt.clients().any(|client| {
            client.links().iter().any(|link| {
                let entries = link.connection.journal().entries();
                entries.iter().any(|entry| is_refused(&entry.what))
            })
        })
}
