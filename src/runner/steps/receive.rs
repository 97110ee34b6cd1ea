//! `receive`: checks the next packet, frame or bytes on a connection that `open` opened.

use std::sync::Arc;

use super::{
    http,
    links::any_link,
    receive_in_words::{describe, missing, noun},
    receive_raw, results,
    shape::{message_text, msgpack_packet, text_packet, without_offset},
};
use crate::{
    client::{Entry, Illegal, IllegalWebSocket, What},
    data::Data,
    runner::{
        clients::{Client, Link, echo},
        findings::{
            Finding, StepResult, evidence, failure_kind::FailureKind, illegal_data::wrong_at_step,
        },
        journal::{
            received::Sort,
            recovery_offer::{Offsets, offsets},
            unrelated::is_unrelated_message,
        },
        matching::{
            frames::{self, FrameLikeness},
            values::{self, Comparison},
        },
        play::attempt::Attempt,
        silence::{
            self,
            claim::{Checked, Never, Silence},
        },
        waiting::{Waited, late::extended_deadline, lawful_wait::wait_for},
    },
    scenario::{Accepted, FramePattern, Incoming, Matcher, Mismatch, Order, Receive, Step},
    targets::Speaks,
    text::excerpt,
    wire::{
        engine_io::{PacketData, PacketType},
        websocket::Frame,
    },
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, receive: &Receive) -> StepResult {
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
) -> StepResult {
    let link = any_link(client)?;
    match &receive.what.strict {
        Incoming::Nothing => {
            let from = link.state().cursor.packets;
            let checked = Checked::before(from);
            let never = Never::Packet { link, checked };
            let watch = attempt.watch(step)?;
            silence::claim(
                attempt,
                vec![Silence {
                    client: Arc::clone(client),
                    never,
                    span: step.span,
                    level: step.level,
                    watch,
                }],
            )
            .await
        }
        Incoming::Bytes(expected) => {
            receive_raw::bytes(attempt, step, client, &link, expected).await
        }
        Incoming::Http(pattern) => {
            let expected = Accepted {
                strict: pattern,
                lenient: receive.what.lenient.as_ref().and_then(Incoming::http),
            };
            let response = receive_raw::response(attempt, step, client, &link, expected).await?;
            match response {
                Some(response) => {
                    let request = format!("{}'s request", client.spec.name);
                    http::judge(attempt, &request, expected, &response)
                }
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

/// How a journal entry compares with what a `receive` step expects next.
enum Candidate {
    /// The step skips the entry, for example a heartbeat or an entry that is no packet.
    Invisible,
    /// The entry matches what the step expects.
    Matches(Matched),
    /// The step can't skip the entry, and the entry differs from what the step expects.
    Wrong(Likeness, Box<Finding>),
}

/// How much an entry that differs from what a step expects resembles it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Likeness {
    /// The entry is a packet of another kind. The expected packet counts as not delivered.
    Other,
    /// The entry is the expected packet with wrong content. The first difference is this deep inside the packet.
    Near(usize),
    /// The entry is a failure of its own, such as illegal data.
    Illegal,
}

impl Likeness {
    /// Returns how much a packet resembles an expected one from which it differs in `mismatch`.
    fn of(what: &Incoming, mismatch: &Mismatch) -> Self {
        let path = mismatch.path.as_str();
        match what {
            Incoming::Echo(_) => Self::Near(0),
            Incoming::Packet(_)
                if matches!(path, "type" | "namespace" | "id" | "data" | "data[0]") =>
            {
                Self::Other
            }
            _ if path.is_empty() => Self::Other,
            _ => Self::Near(path.matches(['.', '[']).count()),
        }
    }
}

/// How a journal entry matches what a `receive` step expects.
struct Matched {
    /// The variables that the entry captured, with their values.
    captures: Vec<(String, Data)>,
    /// How the entry differs from the strict expectation, if only the lenient expectation matches.
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

/// Waits for the next journal entry that the step can't skip, and compares the entry with the expectation.
async fn next(
    attempt: &Attempt<'_>,
    step: &Step,
    receive: &Receive,
    client: &Arc<Client>,
    link: &Arc<Link>,
) -> StepResult {
    let name = &client.spec.name;
    let expected = &receive.what.strict;
    let noun = noun(expected);
    let cursor = link.state().cursor;
    let from = if matches!(expected, Incoming::Frame(_)) {
        cursor.frames
    } else {
        cursor.packets
    };
    let (waited, nearest) = await_match(attempt, step, receive, client, link, from).await?;
    let finding = match waited {
        Waited::Found(found) => {
            let (index, matched) = found?;
            claim(link, receive, index);
            accept(attempt, client, noun, matched);
            return Ok(());
        }
        Waited::Ended(ended) => Finding::new(
            FailureKind::ConnectionEnded,
            format!(
                "{name}'s connection ended before it received {}: {}.",
                excerpt(&describe(attempt, expected)),
                evidence::describe_end(&ended)
            ),
        )
        .expected(describe(attempt, expected))
        .missed_by(name)
        .received(evidence::describe_end(&ended)),
        Waited::TimedOut => {
            let limit = attempt.describe_limit(step, attempt.limit(step)?);
            let kind = match nearest {
                None => FailureKind::NoResponse,
                Some(_) => FailureKind::NotDelivered,
            };
            match nearest.filter(|(likeness, _)| *likeness != Likeness::Other) {
                Some((_, finding)) => finding.expected(describe(attempt, expected)),
                None => missing(attempt, client, (link, from), expected, (kind, &limit)),
            }
        }
    };
    Err(finding.breach())
}

/// The result of `await_match`. The first part holds the index of the entry and the match, or why the scenario stops.
/// The second part is the finding about the entry that resembles the expected one most, if the step has `order: any`.
type Awaited = (
    Waited<StepResult<(usize, Matched)>>,
    Option<(Likeness, Finding)>,
);

/// Waits for the first journal entry, from index `from` on, that matches what the step expects. Without `order: any`,
/// the first entry that differs and can't be skipped fails the step.
async fn await_match(
    attempt: &Attempt<'_>,
    step: &Step,
    receive: &Receive,
    client: &Arc<Client>,
    link: &Arc<Link>,
    from: usize,
) -> StepResult<Awaited> {
    let deadline = attempt.deadline(step)?;
    let sort = match receive.what.strict {
        Incoming::Frame(_) => Sort::Frame,
        _ => Sort::Packet,
    };
    let offsets = offsets(attempt.target, link);
    let mut nearest: Option<(Likeness, Finding)> = None;
    // Earlier steps skip pings, and some servers send the first ping directly after the handshake. If the scenario
    // answers pings itself, a step that expects a ping also finds these pings.
    let skipped_pings = link.heartbeat_by_hand && step.after.is_none() && sort == Sort::Packet;
    let first = if skipped_pings { 0 } else { from };
    let mut pick = |index: usize, entry: &Entry| {
        #[cfg(test)]
        crate::work::count("comparisons of packets", 1);
        if link.is_own_open_packet(index, entry) || (index < from && !is_ping(entry)) {
            return None;
        }
        match compare(attempt, &receive.what, client, link, offsets, entry) {
            Ok(Candidate::Invisible) => None,
            Ok(Candidate::Wrong(..)) if index < from => None,
            Ok(Candidate::Matches(matched)) => Some(Ok((index, matched))),
            Ok(Candidate::Wrong(likeness, finding)) if receive.order == Order::Any => {
                let best = nearest.as_ref().map(|(best, _)| *best);
                if best.is_none_or(|best| likeness > best) {
                    nearest = Some((likeness, *finding));
                }
                None
            }
            Ok(Candidate::Wrong(_, finding)) => Some(Err(Finding::clone(&finding).breach())),
            Err(stop) => Some(Err(stop)),
        }
    };
    let at = (&**client, &**link);
    let mut waited = wait_for(attempt, at, sort, first, deadline, &mut pick).await?;
    if matches!(waited, Waited::TimedOut)
        && let Some(deadline) = extended_deadline(attempt, step, link).await
    {
        waited = wait_for(attempt, at, sort, from, deadline, &mut pick).await?;
    }
    Ok((waited, nearest))
}

/// Claims the entry at `index`, so that later steps don't receive it again.
fn claim(link: &Link, receive: &Receive, index: usize) {
    let mut state = link.state();
    state.received.note(index);
    if receive.order == Order::Any {
        state.received.claim(index);
    } else if matches!(receive.what.strict, Incoming::Frame(_)) {
        state.cursor.frames = index + 1;
    } else {
        if link.heartbeat_by_hand {
            // A ping that a step has received is no skipped ping for later steps.
            state.received.claim(index);
        }
        state.cursor.packets = state.cursor.packets.max(index + 1);
    }
}

/// Returns true if the entry is a ping of the server.
fn is_ping(entry: &Entry) -> bool {
    matches!(&entry.what, What::Packet(packet) if packet.kind == PacketType::Ping)
}

/// Sets the captured variables, and warns if only the lenient expectation matches.
fn accept(attempt: &Attempt<'_>, client: &Client, noun: &str, matched: Matched) {
    let name = &client.spec.name;
    attempt.capture(matched.captures);
    if let Some(mismatch) = matched.tolerated {
        let subject = format!("The {noun} that {name} received");
        attempt.warn(values::tolerated(&subject, &mismatch));
    }
}

/// Compares one journal entry with what the step expects next.
fn compare(
    attempt: &Attempt<'_>,
    what: &Accepted<Incoming>,
    client: &Client,
    link: &Link,
    offsets: Offsets,
    entry: &Entry,
) -> StepResult<Candidate> {
    if let (Incoming::Frame(pattern), What::Frame(frame)) = (&what.strict, &entry.what) {
        return compare_frame(attempt, pattern, client, frame);
    }
    let speaks = attempt.target.manifest.dialect.speaks;
    if matches!(what.strict, Incoming::Echo(_))
        && let Some(illegal) = echo::illegal(speaks, link, entry)
    {
        let finding = wrong_at_step(client, &illegal, evidence::line(entry).as_bytes());
        return Ok(Candidate::Wrong(Likeness::Illegal, Box::new(finding)));
    }
    let (expected, actual) = match value(attempt, what, client, link, entry) {
        Some(Ok(value)) => value,
        Some(Err(finding)) => return Ok(Candidate::Wrong(Likeness::Illegal, Box::new(finding))),
        None => return Ok(Candidate::Invisible),
    };
    let mut comparison = values::compare(attempt, expected, actual.as_ref())?;
    if let Comparison::Wrong(_) = comparison
        && offsets == Offsets::Appended
        && let Some(own) = actual.and_then(without_offset)
    {
        let without_offset = values::compare(attempt, expected, Some(&own))?;
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
    // Skip heartbeats, which may come at any moment (Engine.IO v4, "Heartbeat"), and unrelated packets. If the step
    // expected this packet, the comparison above has already accepted it.
    if let What::Packet(packet) = &entry.what
        && (silence::is_invisible(packet, link.eio)
            || is_unrelated_message(attempt, packet)
            || results::is_beside(attempt, &what.strict, packet))
    {
        return Ok(Candidate::Invisible);
    }
    let subject = format!("The next {} for {}", noun(&what.strict), client.spec.name);
    let finding = Finding::wrong(FailureKind::WrongContent, &subject, &mismatch);
    let likeness = Likeness::of(&what.strict, &mismatch);
    let finding = finding.received(evidence::line(entry));
    Ok(Candidate::Wrong(likeness, Box::new(finding)))
}

/// What a step expects and tolerates, and the value in an entry that is compared with it.
type Compared<'m> = (Accepted<&'m Matcher>, Option<Data>);

/// Returns the value in a journal entry that the step compares. `None` if the step skips the entry; a finding if the
/// server may never send such an entry at all.
fn value<'m>(
    attempt: &Attempt<'_>,
    what: &'m Accepted<Incoming>,
    client: &Client,
    link: &Link,
    entry: &Entry,
) -> Option<Result<Compared<'m>, Finding>> {
    let name = &client.spec.name;
    let echoed = matches!(what.strict, Incoming::Echo(_))
        .then(|| echo::answer(&attempt.target.manifest, entry))
        .flatten();
    let spoken = |own: &str| attempt.spoken_namespace(own);
    let (strict, actual) = match (&what.strict, &entry.what) {
        (Incoming::Frame(_), _) => return None,
        (Incoming::Text(matcher), What::Packet(packet)) => {
            let text = attempt.spoken_packet(&packet.encode_text());
            (matcher, Some(Data::from(text)))
        }
        (
            Incoming::Text(matcher) | Incoming::Message(matcher),
            What::Message(PacketData::Text(text)),
        ) => (matcher, Some(Data::from(text.as_str()))),
        (Incoming::Message(matcher), What::Packet(packet)) => (matcher, message_text(packet)),
        (Incoming::Binary(matcher), What::Packet(packet)) => (matcher, bytes_of(&packet.data)),
        (Incoming::Binary(matcher), What::Message(data)) => (matcher, bytes_of(data)),
        (Incoming::Packet(matcher), What::Packet(packet)) if link.msgpack => {
            (matcher, msgpack_packet(packet, spoken))
        }
        (Incoming::Packet(matcher), What::Packet(packet)) => {
            let translate = |packet| results::as_expected(attempt, link, matcher, packet);
            (matcher, text_packet(packet, translate, spoken))
        }
        (Incoming::Echo(matcher), _) if echoed.is_some() => (matcher, echoed),
        (_, What::Illegal { illegal, raw })
            if *illegal != Illegal::WebSocket(IllegalWebSocket::DataAfterClose) =>
        {
            return Some(Err(wrong_at_step(client, illegal, raw)));
        }
        (_, What::Http(response)) if response.status >= 400 => {
            let sentence = format!(
                "{name} received the HTTP status {}; expected {} next.",
                response.status,
                excerpt(&describe(attempt, &what.strict))
            );
            let finding = Finding::new(FailureKind::UnexpectedResponse, sentence);
            return Some(Err(finding.received(evidence::describe_response(response))));
        }
        _ => return None,
    };
    let lenient = match (what.lenient.as_ref(), &what.strict) {
        (Some(Incoming::Text(matcher)), Incoming::Text(_))
        | (Some(Incoming::Message(matcher)), Incoming::Message(_))
        | (Some(Incoming::Echo(matcher)), Incoming::Echo(_))
        | (Some(Incoming::Binary(matcher)), Incoming::Binary(_))
        | (Some(Incoming::Packet(matcher)), Incoming::Packet(_)) => Some(matcher),
        _ => None,
    };
    Some(Ok((Accepted { strict, lenient }, actual)))
}

fn compare_frame(
    attempt: &Attempt<'_>,
    pattern: &FramePattern,
    client: &Client,
    frame: &Frame,
) -> StepResult<Candidate> {
    Ok(match frames::compare(attempt, pattern, frame)? {
        FrameLikeness::Match(captures) => Candidate::matches(captures, None),
        // Skip frames with another opcode: messages and heartbeats may arrive before the expected frame.
        FrameLikeness::OtherOpcode => Candidate::Invisible,
        FrameLikeness::Wrong(_)
            if attempt.target.manifest.dialect.speaks != Speaks::WebSocket
                && is_heartbeat(frame) =>
        {
            Candidate::Invisible
        }
        FrameLikeness::Wrong(part) => {
            let sentence = format!(
                "The next frame for {} had an unexpected {part}: it was {}; expected a {}.",
                client.spec.name,
                excerpt(&evidence::describe_frame(frame)),
                excerpt(&frames::what(attempt, pattern))
            );
            let finding = Finding::new(FailureKind::WrongContent, sentence);
            let finding = finding.received(evidence::describe_frame(frame));
            Candidate::Wrong(Likeness::Near(0), Box::new(finding))
        }
    })
}

/// Returns true if a frame carries a ping or a noop packet, which may come at any moment.
fn is_heartbeat(frame: &Frame) -> bool {
    frame.fin && matches!(&*frame.payload, b"2" | b"6")
}

fn bytes_of(data: &PacketData) -> Option<Data> {
    match data {
        PacketData::Binary(bytes) => Some(Data::Bytes(bytes.clone())),
        PacketData::Text(_) => None,
    }
}
