//! Proves claims of silence: that a client does not receive something.
//!
//! The runner checks a claim twice. The first check is at the claim's step, after a fence: a round trip with every
//! client. The second check is after the last step, the settle time and another fence, and catches what a server sends
//! late. A scenario waits for the settle time only once, for all its claims together. If the step has `within`, the
//! runner watches the claim for at least that time, counted from the start of the step; the next steps run during this
//! time.

pub(super) mod claim;
pub(super) mod fence;
mod gone;

use std::{
    collections::HashSet,
    future::Future,
    sync::{Arc, atomic::Ordering},
};

use self::{
    claim::{Checked, Counted, Never, Request, Silence, Unwanted},
    fence::{Proof, fence},
};
use crate::{
    client::{Entry, Illegal, Layer, What},
    clock,
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{
            Finding, StepResult, evidence, failure_kind::FailureKind, illegal_data::wrong_at_step,
        },
        journal::{refusal_reports, rejection, unrelated::is_unrelated_message},
        matching::{
            event_pattern::Sought,
            frames::{self, FrameLikeness},
        },
        play::attempt::Attempt,
        waiting::ping::is_fence,
    },
    scenario::FramePattern,
    targets::Manifest,
    text::{excerpt, humanize},
    wire::{
        engine_io::{self, PacketData, PacketType},
        socket_io::Packet,
    },
};

/// Returns the answers to a request that count for a claim, that no step has claimed, and that no check has read yet.
fn unclaimed_answers(
    attempt: &Attempt<'_>,
    (link, request): (&Link, &Request),
    counted: Counted,
    checked: &Checked,
) -> Vec<Entry> {
    let patterns = &attempt.target.manifest.acknowledgements;
    let counts = |args: &[Data]| match counted {
        Counted::All => true,
        Counted::Successes => patterns.failure_in(args).is_none(),
    };
    let (state, entries) = (link.state(), link.connection.journal().entries());
    let answers = checked.unchecked(&entries).filter(|(index, entry)| {
        if let Some(args) = request.acknowledgement(entry) {
            return counts(args);
        }
        let result = request.result(entry);
        result.is_some_and(counts) && !state.received.is_claimed(*index)
    });
    answers.map(|(_, entry)| entry.clone()).collect()
}

impl Silence {
    /// Returns a finding if the client received what this claim of silence says that it does not receive.
    fn breach(&self, attempt: &Attempt<'_>) -> StepResult<Option<Finding>> {
        match &self.never {
            Never::Ack {
                link,
                request,
                allowed,
                counted,
                checked,
            } => {
                let answers = unclaimed_answers(attempt, (link, request), *counted, checked);
                Ok(self.extra_ack(link, request, *allowed, (checked, answers)))
            }
            Never::Event { sought, reason } => self.unwanted_event(attempt, sought, reason),
            Never::Frame {
                link,
                checked,
                pattern,
            } => self.unwanted_frame(attempt, link, checked, pattern),
            Never::Packet { link, checked } => Ok(self.unwanted_packet(attempt, link, checked)),
            Never::Refusal => Ok(self.extra_refusal(attempt)),
        }
    }

    fn extra_ack(
        &self,
        link: &Link,
        request: &Request,
        allowed: usize,
        (checked, acks): (&Checked, Vec<Entry>),
    ) -> Option<Finding> {
        let name = &self.client.spec.name;
        let event = &request.event;
        let earlier = checked.found.fetch_add(acks.len(), Ordering::Relaxed);
        let extra = acks.get(allowed.saturating_sub(earlier))?;
        let (kind, sentence) = match allowed {
            0 => (
                FailureKind::WronglyAcknowledged,
                match extra.what {
                    What::Socket(Packet::Event { .. }) => format!(
                        "{name} received a result of its request `{event}`; the server must not send one."
                    ),
                    _ => format!(
                        "{name} received an acknowledgement of its request `{event}`; the server must not acknowledge it."
                    ),
                },
            ),
            _ => (
                FailureKind::AcknowledgedTwice,
                format!("{name} received a second acknowledgement of its request `{event}`."),
            ),
        };
        let finding = Finding::new(kind, sentence)
            .expected("no acknowledgement")
            .received(evidence::line_on(link, extra));
        Some(finding)
    }

    fn unwanted_event(
        &self,
        attempt: &Attempt<'_>,
        sought: &Sought,
        reason: &Unwanted,
    ) -> StepResult<Option<Finding>> {
        for link in self.client.links() {
            let unclaimed = sought.unclaimed(attempt, &link)?;
            if let Some(index) = unclaimed.first() {
                let received = line(attempt, &link, *index);
                let pattern = sought.describe(&attempt.scope());
                let expected = match reason {
                    Unwanted::Repeated { count } => {
                        format!("{pattern} exactly {}", humanize::times(*count))
                    }
                    Unwanted::Forbidden | Unwanted::NotAReceiver(_) | Unwanted::Own(_) => {
                        format!("no {pattern}")
                    }
                };
                let name = &self.client.spec.name;
                let left = rejection::departure(attempt, &link, sought).unwrap_or_default();
                let sentence = reason.sentence(name, sought, unclaimed.len(), &left);
                return Ok(Some(
                    Finding::new(reason.kind(), sentence)
                        .gist(reason.gist(name, sought, &left))
                        .expected(expected)
                        .received(received),
                ));
            }
        }
        Ok(None)
    }

    fn unwanted_frame(
        &self,
        attempt: &Attempt<'_>,
        link: &Link,
        checked: &Checked,
        pattern: &FramePattern,
    ) -> StepResult<Option<Finding>> {
        let came: Vec<_> = {
            let (state, entries) = (link.state(), link.connection.journal().entries());
            checked
                .unchecked(&entries)
                .filter(|(index, entry)| {
                    !state.received.is_claimed(*index) && !link.is_own_open_packet(*index, entry)
                })
                .filter_map(|(_, entry)| match &entry.what {
                    What::Frame(frame) if !is_fence(frame) => Some(frame.clone()),
                    _ => None,
                })
                .collect()
        };
        for frame in came {
            if let FrameLikeness::Match(_) = frames::compare(attempt, pattern, &frame)? {
                let what = frames::what(attempt, pattern);
                let name = &self.client.spec.name;
                return Ok(Some(
                    Finding::new(
                        FailureKind::UnexpectedPacket,
                        format!("{name} received a {what}; no such frame may come."),
                    )
                    .expected(format!("no {what}"))
                    .received(evidence::describe_frame(&frame)),
                ));
            }
        }
        Ok(None)
    }

    fn unwanted_packet(
        &self,
        attempt: &Attempt<'_>,
        link: &Link,
        checked: &Checked,
    ) -> Option<Finding> {
        let state = link.state();
        let entries = link.connection.journal().entries();
        let (_, entry) = checked
            .unchecked(&entries)
            .find(|(index, entry)| match &entry.what {
                What::Packet(packet) => {
                    !state.received.is_claimed(*index)
                        && !link.is_own_open_packet(*index, entry)
                        && (!is_invisible(packet, link.eio) || is_own_heartbeat(packet, link))
                        && !is_farewell(packet)
                        && !is_unrelated_message(attempt, packet)
                }
                What::Message(_) => !state.received.is_claimed(*index),
                What::Illegal { illegal, .. } => match illegal {
                    Illegal::EngineIo(_) | Illegal::SocketIo(_) => true,
                    // The invariants cover frames on every connection.
                    Illegal::WebSocket(_) => false,
                },
                _ => false,
            })?;
        if let What::Illegal { illegal, raw } = &entry.what {
            return Some(wrong_at_step(&self.client, illegal, raw));
        }
        let what = match entry.what {
            What::Message(_) => "message",
            _ => "packet",
        };
        let name = &self.client.spec.name;
        let received = evidence::line_on(link, entry);
        let shown = excerpt(&received);
        let finding = Finding::new(
            FailureKind::UnexpectedPacket,
            format!("{name} received the {what} {shown} where the server has to send nothing."),
        )
        .gist(format!(
            "{name} received a {what} where the server has to send nothing."
        ))
        .expected("nothing")
        .received(received);
        Some(finding)
    }

    fn extra_refusal(&self, attempt: &Attempt<'_>) -> Option<Finding> {
        let name = &self.client.spec.name;
        self.client.links().into_iter().find_map(|link| {
            let index = *unclaimed_reports(&attempt.target.manifest, &link).first()?;
            let sentence = format!(
                "{name} received a report of a refusal; only the client that was refused may get one, and only once."
            );
            let finding = Finding::new(FailureKind::RefusalMisdirected, sentence)
                .expected("no report")
                .received(line(attempt, &link, index));
            Some(finding)
        })
    }
}

/// Returns the indices of the journal entries that report a refusal and that no step has claimed, that is, received as
/// expected.
fn unclaimed_reports(manifest: &Manifest, link: &Link) -> Vec<usize> {
    let mut state = link.state();
    let entries = link.connection.journal().entries();
    state.received.read(&entries);
    let events = state.received.unclaimed_events(None, &entries);
    events
        .filter(|(_, entry)| refusal_reports::in_event(manifest, entry).is_some())
        .map(|(index, _)| index)
        .collect()
}

/// Returns true for a packet that may come at any moment and means nothing: a noop, and the server's part of the
/// heartbeat, which is the ping in revision 4 and the pong in revision 3.
pub(super) fn is_invisible(packet: &engine_io::Packet, eio: u8) -> bool {
    let beat = if eio == 3 {
        PacketType::Pong
    } else {
        PacketType::Ping
    };
    (packet.kind == beat || packet.kind == PacketType::Noop)
        && matches!(&packet.data, PacketData::Text(text) if text.is_empty())
}

/// Returns true for a ping on a connection whose heartbeat the scenario handles itself (`heartbeat: false`).
fn is_own_heartbeat(packet: &engine_io::Packet, link: &Link) -> bool {
    packet.kind == PacketType::Ping && link.heartbeat_by_hand
}

/// Returns true for the close packet: a server that ends the session may send one (Engine.IO v4, "close").
///
/// A close packet breaks no claim of silence. `closed`, and every step that needs the connection, judge the end of the
/// connection.
fn is_farewell(packet: &engine_io::Packet) -> bool {
    packet.kind == PacketType::Close
        && matches!(&packet.data, PacketData::Text(text) if text.is_empty())
}

/// Returns the journal entry at `index` as a line of text, with the time of the entry.
fn line(attempt: &Attempt<'_>, link: &Link, index: usize) -> String {
    let entries = link.connection.journal().entries();
    let Some(entry) = entries.get(index) else {
        return String::new();
    };
    let at = entry.at.saturating_duration_since(attempt.started);
    let text = evidence::line_on(link, entry);
    format!("{text} (at +{} ms)", at.as_millis())
}

/// Makes a fence, which is round trips that prove that everything sent before has arrived. Then checks the claims of
/// silence, and keeps them for the second check at the end of the scenario.
///
/// Inside a `parallel` block, the claims are checked at the end of the outermost block. At an earlier check, an event
/// that another step of the block expects, but has not claimed yet, would count as forbidden.
pub(super) async fn claim(attempt: &Attempt<'_>, claims: Vec<Silence>) -> StepResult {
    if attempt.notes().side_by_side > 0 {
        attempt.notes().postponed.extend(claims);
        return Ok(());
    }
    hold(attempt, claims).await
}

/// Runs the steps of a `parallel` block, and then checks the claims of silence that they made.
pub(super) async fn side_by_side(
    attempt: &Attempt<'_>,
    steps: impl Future<Output = StepResult>,
) -> StepResult {
    attempt.notes().side_by_side += 1;
    let done = steps.await;
    attempt.notes().side_by_side -= 1;
    done?;
    if attempt.notes().side_by_side > 0 {
        return Ok(());
    }
    let claims = std::mem::take(&mut attempt.notes().postponed);
    if claims.is_empty() {
        return Ok(());
    }
    hold(attempt, claims).await
}

async fn hold(attempt: &Attempt<'_>, claims: Vec<Silence>) -> StepResult {
    let proof = fence(attempt, &observers(&claims), attempt.target.within).await;
    check(attempt, &claims)?;
    let mut notes = attempt.notes();
    if let Some(claim) = claims.first() {
        notes
            .proofs
            .push(format!("line {}: {}", claim.span.line, proof.describe()));
    }
    notes.silences.extend(claims);
    Ok(())
}

/// Returns the clients that the claims of silence are about, each once.
fn observers(claims: &[Silence]) -> Vec<Arc<Client>> {
    let mut seen = HashSet::new();
    let clients = claims.iter().map(|claim| &claim.client);
    clients
        .filter(|client| seen.insert(&client.spec.name))
        .cloned()
        .collect()
}

fn check(attempt: &Attempt<'_>, claims: &[Silence]) -> StepResult {
    for claim in claims {
        if let Some(finding) = claim.breach(attempt)? {
            return Err(finding.breach().at(claim.span).level(claim.level));
        }
    }
    Ok(())
}

/// Waits until what the server sends because of the steps has arrived: for the settle time, and for a fence.
pub(super) async fn let_arrive(attempt: &Attempt<'_>) {
    let settle = attempt.scenario.settle.unwrap_or(attempt.target.settle);
    tokio::time::sleep(settle).await;
    fence(attempt, &readable_clients(attempt), attempt.target.within).await;
}

/// Returns the clients with which a fence disturbs nothing: no step writes on their connections by hand.
fn readable_clients(attempt: &Attempt<'_>) -> Vec<Arc<Client>> {
    let clients = attempt.declared.all().iter();
    let is_readable = |client: &&Arc<Client>| {
        client
            .link()
            .is_some_and(|link| link.layer == Layer::SocketIo && !link.has_ended())
    };
    clients.filter(is_readable).cloned().collect()
}

/// Waits for the settle time (how long the runner watches for forbidden traffic), makes a last fence, and checks every
/// claim of silence again. For use after the last step.
pub(super) async fn settle(attempt: &Attempt<'_>) -> StepResult {
    let claims = std::mem::take(&mut attempt.notes().silences);
    if claims.is_empty() {
        if attempt.slots.is_some() {
            let_arrive(attempt).await;
        }
        return Ok(());
    }
    let settle = attempt.scenario.settle.unwrap_or(attempt.target.settle);
    let settled = clock::now() + settle;
    let watch = claims.iter().filter_map(|claim| claim.watch).max();
    let watch = watch.filter(|watch| watch.until > settled);
    tokio::time::sleep_until(watch.map_or(settled, |watch| watch.until)).await;
    let waited = match watch {
        Some(watch) => format!(
            "a wait until {} after the step began",
            humanize::limit(watch.length)
        ),
        None => format!("a wait of {}", humanize::limit(settle)),
    };
    let proof = fence(attempt, &observers(&claims), attempt.target.within).await;
    if attempt.slots.is_some() {
        fence(attempt, &readable_clients(attempt), attempt.target.within).await;
    }
    let how = match proof {
        Proof::Ack | Proof::Event | Proof::Pong => {
            format!("then {waited} and another round trip")
        }
        Proof::Ended | Proof::TimeOnly => format!("then {waited}"),
    };
    attempt.notes().proofs.push(how);
    check(attempt, &claims)?;
    for claim in &claims {
        if let Some(finding) = claim.lost_client() {
            return Err(finding.breach().at(claim.span).level(claim.level));
        }
    }
    Ok(())
}
