//! Finds out whether an attempt failed only because it took too long for one of its sessions.
//!
//! If the steps of a scenario send the polls of a session themselves, nobody answers the server's pings between these
//! steps. The server then ends the session when the ping interval and the ping timeout that it announced have passed,
//! and it is right to do so. An attempt that is still in the middle of its steps at that time, because the machine or the
//! server is slow, says nothing about the server.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    client::{Journal, Layer, Outgoing, What},
    runner::{
        clients::{Client, Link},
        findings::{Finding, Obstacle, Stop, error_kind::ErrorKind, failure_kind::FailureKind},
        play::attempt::Attempt,
    },
    text::humanize,
    wire::engine_io::SEPARATOR,
};

/// The packet with which a client of revision 4 answers a ping.
const PONG: &str = "3";

/// Returns an obstacle if an attempt stopped because the server had ended a session that no step kept alive.
pub(in crate::runner) fn find_expired_session(
    attempt: &Attempt<'_>,
    stop: &Stop,
) -> Option<Obstacle> {
    let Stop::Breach(finding) = stop else {
        return None;
    };
    attempt.clients().find_map(|client| {
        let links = client.links();
        links
            .iter()
            .find_map(|link| expired(attempt, client, link, finding))
    })
}

/// Returns an obstacle if the session of this connection had expired, and the failure shows that the server had ended
/// the session by then.
fn expired(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    finding: &Finding,
) -> Option<Obstacle> {
    let handshake = link
        .connection
        .handshake()
        .filter(|_| link.polled_by_hand)?;
    let announced = handshake
        .ping_interval
        .saturating_add(handshake.ping_timeout);
    let kept_alive = kept_alive(attempt, link, &handshake.sid)?;
    let lost = times_of_loss(attempt, client, link, &handshake.sid, finding)
        .into_iter()
        .filter(|at| at.saturating_duration_since(kept_alive) >= announced)
        .min()?;
    Some(describe(
        client,
        lost.saturating_duration_since(kept_alive),
        announced,
    ))
}

/// Returns the time at which the client opened the session, or last answered a ping of it.
fn kept_alive(attempt: &Attempt<'_>, link: &Link, sid: &str) -> Option<Instant> {
    let entries = link.connection.journal().entries();
    let opened = entries.first()?.at;
    drop(entries);
    let all = attempt.clients().flat_map(|client| client.links());
    let answers = all
        .filter(|other| other.joins_session || std::ptr::eq(&**other, link))
        .filter_map(|other| last_answer(&other));
    let posted = attempt
        .notes()
        .http
        .iter()
        .filter(|line| !line.received && line.text.contains(sid) && line.text.ends_with(" 3"))
        .map(|line| attempt.started + line.at)
        .max();
    answers.chain(posted).chain([opened]).max()
}

/// Returns the time at which a client last sent something that keeps a session alive: a pong, or any packet in revision
/// 3.
fn last_answer(link: &Link) -> Option<Instant> {
    let is_answer = |text: &[u8]| {
        let mut packets = text.split(|byte| *byte == SEPARATOR as u8);
        link.eio == 3 || packets.any(|packet| packet == PONG.as_bytes())
    };
    let entries = link.connection.journal().entries();
    let mut answers = entries.iter().rev().filter(|entry| match &entry.what {
        What::Sent(Outgoing::Packet(text)) => is_answer(text.as_str().as_bytes()),
        What::Sent(Outgoing::Frame(frame)) => is_answer(&frame.payload),
        _ => false,
    });
    answers.next().map(|entry| entry.at)
}

/// Returns when the server showed that it had ended the session, as far as this is the reason of the failure.
fn times_of_loss(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    sid: &str,
    finding: &Finding,
) -> Vec<Instant> {
    let posts = format!("{}'s POST", client.spec.name);
    let notes = attempt.notes();
    let refused = notes.refused.iter();
    let mut times: Vec<Instant> = refused
        .filter(|refused| refused.request.contains(sid) || refused.request == posts)
        .map(|refused| {
            // The server has to answer a request that came while the session was alive. So what counts is when the request
            // of an `http` step was sent.
            let mut lines = notes.http.iter().rev();
            let sent = lines.find(|line| !line.received && line.text.starts_with(&refused.request));
            sent.map_or(refused.at, |line| attempt.started + line.at)
        })
        .collect();
    drop(notes);
    if matches!(
        finding.kind,
        FailureKind::ConnectionFailed | FailureKind::WronglyRefused
    ) {
        let unopened = attempt.clients().flat_map(|client| client.unopened());
        times.extend(unopened.filter_map(|journal| refusal_of_connection(&journal, sid)));
    }
    let links = attempt.clients().flat_map(|client| client.links());
    for other in links {
        let is_part = other.joins_session || std::ptr::eq(&*other, link);
        if other.layer == Layer::Tcp {
            times.extend(refusal_in_bytes(&other, sid));
        } else if is_part && finding.kind == FailureKind::ConnectionEnded {
            times.extend(end_by_server(&other));
        }
    }
    times
}

/// Returns when the server refused a connection that wanted to join the session.
fn refusal_of_connection(journal: &Journal, sid: &str) -> Option<Instant> {
    let entries = journal.entries();
    let asked = entries.iter().any(|entry| {
        matches!(&entry.what, What::Sent(Outgoing::Http { target, .. }) if target.contains(sid))
    });
    let mut responses = entries
        .iter()
        .filter(|entry| matches!(&entry.what, What::Http(response) if response.status >= 400));
    responses
        .next()
        .filter(|_| asked)
        .map(|response| response.at)
}

/// Returns when a request for the session, which a step wrote as bytes, was refused.
fn refusal_in_bytes(link: &Link, sid: &str) -> Option<Instant> {
    let entries = link.connection.journal().entries();
    let asked = entries.iter().any(|entry| match &entry.what {
        What::Sent(Outgoing::Bytes(bytes)) => memchr::memmem::find(bytes, sid.as_bytes()).is_some(),
        _ => false,
    });
    let mut refusals = entries.iter().rev().filter(|entry| match &entry.what {
        What::Bytes(bytes) => bytes.starts_with(b"HTTP/1.1 4") || bytes.ends_with(b"\r\n\r\n1"),
        _ => false,
    });
    refusals.next().filter(|_| asked).map(|refusal| refusal.at)
}

/// Returns when the server ended a connection.
fn end_by_server(link: &Link) -> Option<Instant> {
    let entries = link.connection.journal().entries();
    let last = entries.last()?;
    matches!(&last.what, What::Ended(ended) if !ended.by_us).then_some(last.at)
}

fn describe(client: &Client, silent: Duration, announced: Duration) -> Obstacle {
    let name = &client.spec.name;
    Obstacle::new(format!(
        "The server had ended {name}'s session, in which the steps answered no ping for {}; the server announced that it \
         waits for {}, so the machine or the server is too slow for this scenario.",
        humanize::limit(silent),
        humanize::limit(announced)
    ))
    .kind(ErrorKind::SessionExpired)
}
