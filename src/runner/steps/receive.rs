//! `receive`: the next packet, frame or bytes on a connection opened by hand.

use std::sync::Arc;

use bytes::BytesMut;

use super::{
    super::wait::{Waited, wait_in},
    http,
    links::any_link,
    shape::{message_text, socket_packet, without_offset},
};
use crate::{
    client::{Entry, HttpResponse, Illegal, IllegalWebSocket, What},
    data::Data,
    runner::{
        attempt::Attempt,
        cast::{Client, Link},
        claim::{Never, Silence},
        echo, evidence,
        expectation::{self, Comparison},
        finding::{Finding, Stepped, Stop},
        observe_frame::{self, FrameFit},
        silence,
        unasked::is_unasked_message,
    },
    scenario::{
        Accepted, FramePattern, HttpPattern, Incoming, Matcher, Mismatch, Order, Receive, Step,
    },
    targets::Speaks,
    wire::{
        engine_io::PacketData,
        websocket::{Frame, HandshakeResponse},
    },
};

/// Bytes of an HTTP head on a connection opened by hand.
const HEAD_LIMIT: usize = 64 << 10;

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, receive: &Receive) -> Stepped {
    let actors = attempt.actors(step);
    let waits = actors
        .iter()
        .map(|client| one(attempt, step, receive, client));
    futures_util::future::try_join_all(waits).await.map(|_| ())
}

async fn one(
    attempt: &Attempt<'_>,
    step: &Step,
    receive: &Receive,
    client: &Arc<Client>,
) -> Stepped {
    let link = any_link(client)?;
    match &receive.what.strict {
        Incoming::Nothing => {
            let from = link.state().cursor.packets;
            let never = Never::Packet { link, from };
            silence::claim(
                attempt,
                vec![Silence {
                    client: Arc::clone(client),
                    never,
                    span: step.span,
                    level: step.level,
                }],
            )
            .await
        }
        Incoming::Bytes(expected) => raw_bytes(attempt, step, client, &link, expected).await,
        Incoming::Http(pattern) => {
            let expected = Accepted {
                strict: pattern,
                lenient: receive.what.lenient.as_ref().and_then(Incoming::http),
            };
            let response = raw_response(attempt, step, client, &link, expected).await?;
            match response {
                Some(response) => http::judge(attempt, "the request", expected, &response),
                None => Ok(()),
            }
        }
        Incoming::Frame(_)
        | Incoming::Echo(_)
        | Incoming::Binary(_)
        | Incoming::Message(_)
        | Incoming::Packet(_)
        | Incoming::Text(_) => next(attempt, step, receive, client, &link).await,
    }
}

/// How an entry compares with what must come next.
enum Candidate {
    /// It is no packet, or one that nobody means: a heartbeat.
    Invisible,
    /// It matches.
    Matches(Matched),
    /// It should have matched.
    Wrong(Box<Finding>),
}

/// An entry that matches.
struct Matched {
    /// The captured variables.
    captures: Vec<(String, Data)>,
    /// How it differs from the strict expectation, if only the lenient one matches.
    tolerated: Option<Mismatch>,
}

impl Candidate {
    const fn matches(captures: Vec<(String, Data)>, tolerated: Option<Mismatch>) -> Self {
        Self::Matches(Matched {
            captures,
            tolerated,
        })
    }
}

async fn next(
    attempt: &Attempt<'_>,
    step: &Step,
    receive: &Receive,
    client: &Arc<Client>,
    link: &Arc<Link>,
) -> Stepped {
    let deadline = attempt.deadline(step)?;
    let name = &client.spec.name;
    let expected = &receive.what.strict;
    let frames = matches!(expected, Incoming::Frame(_));
    let from = if frames {
        link.state().cursor.frames
    } else {
        link.state().cursor.packets
    };
    let claimed = link.state().claimed.clone();
    let mut nearest = None;
    let waited = wait_in(link.connection.journal(), from, deadline, |index, entry| {
        if claimed.contains(&index) || link.is_own_open_packet(index, entry) {
            return None;
        }
        match compare(attempt, &receive.what, link, entry) {
            Ok(Candidate::Invisible) => None,
            Ok(Candidate::Matches(matched)) => Some(Ok((index, matched))),
            Ok(Candidate::Wrong(finding)) if receive.order == Order::Any => {
                nearest.get_or_insert(finding);
                None
            }
            Ok(Candidate::Wrong(finding)) => Some(Err(Finding::clone(&finding).breach())),
            Err(stop) => Some(Err(stop)),
        }
    })
    .await;
    let (index, matched) = match waited {
        Waited::Found(found) => found?,
        Waited::Ended(ended) => {
            return Err(Finding::new(format!(
                "{name}'s connection ended before what was awaited came."
            ))
            .expected(describe(attempt, expected))
            .received(evidence::describe_end(&ended))
            .breach());
        }
        Waited::TimedOut => {
            let finding = nearest.map(|finding| *finding).unwrap_or_else(|| {
                let limit = attempt
                    .limit(step)
                    .map(|limit| limit.as_millis())
                    .unwrap_or_default();
                Finding::new(format!(
                    "{name} received nothing of the kind within {limit} ms."
                ))
                .received(evidence::came_since(link, from))
            });
            return Err(finding.expected(describe(attempt, expected)).breach());
        }
    };
    {
        let mut state = link.state();
        if receive.order == Order::Any {
            state.claimed.insert(index);
        } else if frames {
            state.cursor.frames = index + 1;
        } else {
            state.cursor.packets = index + 1;
        }
    }
    attempt.capture(matched.captures);
    if let Some(mismatch) = matched.tolerated {
        let subject = format!("What {name} receives");
        attempt.warn(expectation::tolerated(&subject, &mismatch));
    }
    Ok(())
}

fn compare(
    attempt: &Attempt<'_>,
    what: &Accepted<Incoming>,
    link: &Link,
    entry: &Entry,
) -> Stepped<Candidate> {
    let speaks = attempt.target.manifest.dialect.speaks;
    let echoed = matches!(what.strict, Incoming::Echo(_))
        .then(|| echo::answer(speaks, entry))
        .flatten();
    let (strict, actual) = match (&what.strict, &entry.what) {
        (Incoming::Frame(pattern), What::Frame(frame)) => {
            return compare_frame(attempt, pattern, frame);
        }
        (Incoming::Frame(_), _) => return Ok(Candidate::Invisible),
        (Incoming::Text(matcher), What::Packet(packet)) => {
            (matcher, Some(Data::from(&*packet.encode_text())))
        }
        (
            Incoming::Text(matcher) | Incoming::Message(matcher),
            What::Message(PacketData::Text(text)),
        ) => (matcher, Some(Data::from(text.as_str()))),
        (Incoming::Message(matcher), What::Packet(packet)) => (matcher, message_text(packet)),
        (Incoming::Binary(matcher), What::Packet(packet)) => (matcher, bytes_of(&packet.data)),
        (Incoming::Binary(matcher), What::Message(data)) => (matcher, bytes_of(data)),
        (Incoming::Packet(matcher), What::Packet(packet)) => {
            (matcher, socket_packet(packet, link.msgpack))
        }
        (Incoming::Echo(matcher), _) if echoed.is_some() => (matcher, echoed),
        (_, What::Illegal { illegal, raw })
            if *illegal != Illegal::WebSocket(IllegalWebSocket::DataAfterClose) =>
        {
            let layer = illegal.layer();
            let finding = Finding::new(format!("What arrives is no legal {layer}: {illegal}."))
                .received(evidence::readable(raw));
            return Ok(Candidate::Wrong(Box::new(finding)));
        }
        (_, What::Http(response)) if response.status >= 400 => {
            let finding = Finding::new("An HTTP error arrives where a packet comes next.")
                .received(evidence::describe_response(response));
            return Ok(Candidate::Wrong(Box::new(finding)));
        }
        _ => return Ok(Candidate::Invisible),
    };
    let lenient = match (what.lenient.as_ref(), &what.strict) {
        (Some(Incoming::Text(matcher)), Incoming::Text(_))
        | (Some(Incoming::Message(matcher)), Incoming::Message(_))
        | (Some(Incoming::Echo(matcher)), Incoming::Echo(_))
        | (Some(Incoming::Binary(matcher)), Incoming::Binary(_))
        | (Some(Incoming::Packet(matcher)), Incoming::Packet(_)) => Some(matcher),
        _ => None,
    };
    let expected = Accepted { strict, lenient };
    let mut comparison = expectation::compare(attempt, expected, actual.as_ref())?;
    if let Comparison::Wrong(_) = comparison
        && attempt.target.recovery()
        && let Some(own) = actual.and_then(without_offset)
    {
        let without_offset = expectation::compare(attempt, expected, Some(&own))?;
        if !matches!(without_offset, Comparison::Wrong(_)) {
            comparison = without_offset;
        }
    }
    let mismatch = match comparison {
        Comparison::Right { captures } => return Ok(Candidate::matches(captures, None)),
        Comparison::Tolerated { captures, mismatch } => {
            return Ok(Candidate::matches(captures, Some(mismatch)));
        }
        Comparison::Wrong(mismatch) => mismatch,
    };
    // The heartbeat may come at any moment (Engine.IO v4, "Heartbeat"); it only counts where a step asks for it.
    if let What::Packet(packet) = &entry.what
        && silence::is_invisible(packet, link.eio)
    {
        return Ok(Candidate::Invisible);
    }
    if let What::Packet(packet) = &entry.what
        && is_unasked_message(attempt, packet)
    {
        return Ok(Candidate::Invisible);
    }
    let line = evidence::describe(entry)
        .map(|(_, line)| line)
        .unwrap_or_default();
    Ok(Candidate::Wrong(Box::new(
        Finding::new("Something else comes next.")
            .mismatch(&mismatch)
            .received(line),
    )))
}

fn compare_frame(
    attempt: &Attempt<'_>,
    pattern: &FramePattern,
    frame: &Frame,
) -> Stepped<Candidate> {
    Ok(match observe_frame::compare(attempt, pattern, frame)? {
        FrameFit::Fits(captures) => Candidate::matches(captures, None),
        // Frames of another kind than the one awaited pass by: messages and the heartbeat go on meanwhile.
        FrameFit::OtherKind => Candidate::Invisible,
        FrameFit::Wrong(_)
            if attempt.target.manifest.dialect.speaks != Speaks::WebSocket
                && is_heartbeat(frame) =>
        {
            Candidate::Invisible
        }
        FrameFit::Wrong(sentence) => {
            let line = evidence::describe_frame(frame);
            Candidate::Wrong(Box::new(Finding::new(sentence).received(line)))
        }
    })
}

/// Whether a frame is a ping or a noop packet, which may come at any moment.
fn is_heartbeat(frame: &Frame) -> bool {
    frame.fin && matches!(&*frame.payload, b"2" | b"6")
}

fn bytes_of(data: &PacketData) -> Option<Data> {
    match data {
        PacketData::Binary(bytes) => Some(Data::Bytes(bytes.clone())),
        PacketData::Text(_) => None,
    }
}

fn describe(attempt: &Attempt<'_>, what: &Incoming) -> String {
    let scope = attempt.scope();
    match what {
        Incoming::Binary(matcher) => format!("a binary message {}", matcher.describe(&scope)),
        Incoming::Bytes(matcher) => matcher.describe(&scope),
        Incoming::Echo(matcher) => format!("the echo of {}", matcher.describe(&scope)),
        Incoming::Frame(pattern) => {
            // It looks into the scope by itself.
            drop(scope);
            format!("a {}", observe_frame::what(attempt, pattern))
        }
        Incoming::Http(_) => "an HTTP response".to_owned(),
        Incoming::Message(matcher) => format!("a message {}", matcher.describe(&scope)),
        Incoming::Nothing => "nothing".to_owned(),
        Incoming::Packet(matcher) => format!("a Socket.IO packet {}", matcher.describe(&scope)),
        Incoming::Text(matcher) => matcher.describe(&scope),
    }
}

fn received_bytes(entries: &[Entry]) -> BytesMut {
    entries.iter().fold(BytesMut::new(), |mut all, entry| {
        if let What::Bytes(bytes) = &entry.what {
            all.extend_from_slice(bytes);
        }
        all
    })
}

/// Waits until all bytes received so far match as text.
async fn raw_bytes(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Link,
    expected: &Matcher,
) -> Stepped {
    let deadline = attempt.deadline(step)?;
    let journal = link.connection.journal();
    let mut seen = 0;
    loop {
        let (all, ended) = {
            let entries = journal.entries();
            seen = seen.max(entries.len());
            (
                received_bytes(&entries),
                entries
                    .iter()
                    .any(|entry| matches!(entry.what, What::Ended(_))),
            )
        };
        let text = String::from_utf8_lossy(&all).into_owned();
        let Err(mismatch) = expectation::check(attempt, expected, Some(&Data::from(text)))? else {
            return Ok(());
        };
        if ended
            || tokio::time::timeout_at(deadline, journal.longer_than(seen))
                .await
                .is_err()
        {
            return Err(Finding::new(format!(
                "{} did not receive the bytes awaited.",
                client.spec.name
            ))
            .mismatch(&mismatch)
            .breach());
        }
    }
}

/// Waits for an HTTP response on a raw connection; `None` where it may and does end without one.
async fn raw_response(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Link,
    expected: Accepted<&HttpPattern>,
) -> Stepped<Option<HttpResponse>> {
    let may_end =
        expected.strict.no_response || expected.lenient.is_some_and(|lenient| lenient.no_response);
    let deadline = attempt.deadline(step)?;
    let journal = link.connection.journal();
    let name = &client.spec.name;
    loop {
        let (mut all, seen, ended) = {
            let entries = journal.entries();
            (
                received_bytes(&entries),
                entries.len(),
                entries
                    .iter()
                    .any(|entry| matches!(entry.what, What::Ended(_))),
            )
        };
        let raw = all.clone().freeze();
        let mut missing = "an HTTP response";
        match HandshakeResponse::decode(&mut all, HEAD_LIMIT) {
            Ok(Some(head)) => {
                let response = HttpResponse {
                    status: head.status,
                    headers: head.headers,
                    body: all.freeze(),
                };
                if is_whole(&response) {
                    return Ok(Some(response));
                }
                missing = "the whole of an HTTP response";
            }
            Ok(None) => {}
            Err(error) => {
                return Err(
                    Finding::new(format!("{name} does not receive HTTP: {error}."))
                        .expected("an HTTP response")
                        .received(evidence::readable(&raw))
                        .breach(),
                );
            }
        }
        if ended && may_end {
            return Ok(None);
        }
        if ended
            || tokio::time::timeout_at(deadline, journal.longer_than(seen))
                .await
                .is_err()
        {
            let stop: Stop = Finding::new(format!("{name} did not receive {missing}."))
                .expected(missing)
                .received(evidence::came_since(link, 0))
                .breach();
            return Err(stop);
        }
    }
}

/// Whether as much of the body came as the head announces (RFC 9112 section 6.3).
fn is_whole(response: &HttpResponse) -> bool {
    let announced = response
        .header("content-length")
        .and_then(|length| length.parse::<usize>().ok());
    let has_body = response.status >= 200 && !matches!(response.status, 204 | 304);
    !has_body || announced.is_none_or(|announced| response.body.len() >= announced)
}
