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
        finding::{Finding, Stepped, Stop},
        fit::{Fit, fit},
        observe_frame::{self, FrameFit},
        silence,
        unasked::is_unasked_message,
    },
    scenario::{Action, FramePattern, Incoming, Matcher, Receive, Step},
    targets::Speaks,
    wire::{
        engine_io::PacketData,
        websocket::{Frame, HandshakeResponse},
    },
};

/// Bytes of an HTTP head on a connection opened by hand.
const HEAD_LIMIT: usize = 64 << 10;

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, receive: &Receive) -> Stepped {
    let lenient = match step.lenient.as_deref() {
        Some(Action::Receive(lenient)) => Some(lenient),
        _ => None,
    };
    let actors = attempt.actors(step);
    let waits = actors
        .iter()
        .map(|client| one(attempt, step, receive, lenient, client));
    futures_util::future::try_join_all(waits).await.map(|_| ())
}

async fn one(
    attempt: &Attempt<'_>,
    step: &Step,
    receive: &Receive,
    lenient: Option<&Receive>,
    client: &Arc<Client>,
) -> Stepped {
    let link = any_link(client)?;
    match &receive.what {
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
            let tolerant = match lenient.map(|lenient| &lenient.what) {
                Some(Incoming::Http(lenient)) => Some(lenient),
                _ => None,
            };
            let response = raw_response(
                attempt,
                step,
                client,
                &link,
                pattern.no_response || tolerant.is_some_and(|t| t.no_response),
            )
            .await?;
            match response {
                Some(response) => http::judge(attempt, "the request", pattern, tolerant, &response),
                None => Ok(()),
            }
        }
        Incoming::Frame(_)
        | Incoming::Echo(_)
        | Incoming::Binary(_)
        | Incoming::Message(_)
        | Incoming::Packet(_)
        | Incoming::Text(_) => next(attempt, step, receive, lenient, client, &link).await,
    }
}

/// How an entry compares with what must come next.
enum Candidate {
    /// It is no packet, or one that nobody means: a heartbeat.
    Invisible,
    /// It fits.
    Fits(Fit),
    /// It must have fitted.
    Wrong(Box<Finding>),
}

async fn next(
    attempt: &Attempt<'_>,
    step: &Step,
    receive: &Receive,
    lenient: Option<&Receive>,
    client: &Arc<Client>,
    link: &Arc<Link>,
) -> Stepped {
    let deadline = attempt.deadline(step)?;
    let name = &client.spec.name;
    let frames = matches!(receive.what, Incoming::Frame(_));
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
        match compare(attempt, receive, lenient, link, entry) {
            Ok(Candidate::Invisible) => None,
            Ok(Candidate::Fits(fit)) => Some(Ok((index, fit))),
            Ok(Candidate::Wrong(finding)) if receive.any_order => {
                nearest.get_or_insert(finding);
                None
            }
            Ok(Candidate::Wrong(finding)) => Some(Err(Finding::clone(&finding).breach())),
            Err(stop) => Some(Err(stop)),
        }
    })
    .await;
    let (index, fitted) = match waited {
        Waited::Found(found) => found?,
        Waited::Ended(ended) => {
            return Err(Finding::new(format!(
                "{name}'s connection ended before what was awaited came."
            ))
            .expected(describe(attempt, &receive.what))
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
            return Err(finding.expected(describe(attempt, &receive.what)).breach());
        }
    };
    {
        let mut state = link.state();
        if receive.any_order {
            state.claimed.insert(index);
        } else if frames {
            state.cursor.frames = index + 1;
        } else {
            state.cursor.packets = index + 1;
        }
    }
    match fitted {
        Fit::Strict(captures) => attempt.capture(captures),
        Fit::Lenient { captures, mismatch } => {
            attempt.capture(captures);
            attempt.warn(
                Finding::new(format!(
                    "What {name} receives is tolerated, but not strictly right."
                ))
                .mismatch(&mismatch),
            );
        }
        Fit::No(_) => {}
    }
    Ok(())
}

fn compare(
    attempt: &Attempt<'_>,
    receive: &Receive,
    lenient: Option<&Receive>,
    link: &Link,
    entry: &Entry,
) -> Stepped<Candidate> {
    let speaks = attempt.target.manifest.dialect.speaks;
    let echoed = matches!(receive.what, Incoming::Echo(_))
        .then(|| echo::answer(speaks, entry))
        .flatten();
    let (strict, actual) = match (&receive.what, &entry.what) {
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
    let tolerant = match (lenient.map(|lenient| &lenient.what), &receive.what) {
        (Some(Incoming::Text(matcher)), Incoming::Text(_))
        | (Some(Incoming::Message(matcher)), Incoming::Message(_))
        | (Some(Incoming::Echo(matcher)), Incoming::Echo(_))
        | (Some(Incoming::Binary(matcher)), Incoming::Binary(_))
        | (Some(Incoming::Packet(matcher)), Incoming::Packet(_)) => Some(matcher),
        _ => None,
    };
    let mut fitted = fit(attempt, strict, tolerant, actual.as_ref())?;
    if let Fit::No(_) = fitted
        && attempt.target.recovery()
        && let Some(own) = actual.and_then(without_offset)
    {
        let again = fit(attempt, strict, tolerant, Some(&own))?;
        if !matches!(again, Fit::No(_)) {
            fitted = again;
        }
    }
    let mismatch = match fitted {
        Fit::No(mismatch) => mismatch,
        fits => return Ok(Candidate::Fits(fits)),
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
        FrameFit::Fits(captures) => Candidate::Fits(Fit::Strict(captures)),
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
        let mismatch = match fit(attempt, expected, None, Some(&Data::from(text)))? {
            Fit::No(mismatch) => mismatch,
            Fit::Strict(captures) | Fit::Lenient { captures, .. } => {
                attempt.capture(captures);
                return Ok(());
            }
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
    may_end: bool,
) -> Stepped<Option<HttpResponse>> {
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
