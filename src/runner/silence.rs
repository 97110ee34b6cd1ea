//! Claims that something never comes, and their proof.
//!
//! A claim is checked twice: at its step behind a fence, and again after the last step, a settle
//! time and another fence later. So what a server sends late is caught as well, and a scenario pays
//! the settle time once, however many claims it makes.

use std::{future::Future, sync::Arc};

use super::{
    attempt::Attempt,
    cast::Link,
    claim::{Never, Silence},
    evidence,
    fence::{Proof, fence, is_fence},
    finding::{Finding, Stepped},
    observe_frame::{self, FrameFit},
    refusal_reports,
    unasked::is_unasked_message,
};
use crate::{
    client::What,
    clock,
    wire::{
        engine_io::{self, PacketData, PacketType},
        socket_io::Packet,
    },
};

impl Silence {
    /// What came although it must not, if anything did.
    fn breach(&self, attempt: &Attempt<'_>) -> Stepped<Option<Finding>> {
        let name = &self.client.spec.name;
        match &self.never {
            Never::Ack {
                link,
                namespace,
                id,
                allowed,
            } => {
                let entries = link.connection.journal().entries();
                let mut acks = entries.iter().filter(|entry| match &entry.what {
                    What::Socket(Packet::Ack {
                        namespace: answered,
                        id: found,
                        ..
                    }) => answered == namespace && found == id,
                    _ => false,
                });
                let Some(extra) = acks.nth(*allowed) else {
                    return Ok(None);
                };
                let received = evidence::describe(extra)
                    .map(|(_, line)| line)
                    .unwrap_or_default();
                let sentence = match allowed {
                    0 => format!("{name} receives an acknowledgement where none must come."),
                    _ => format!("{name} receives a further acknowledgement of the same request."),
                };
                Ok(Some(
                    Finding::new(sentence)
                        .expected("no acknowledgement")
                        .received(received),
                ))
            }
            Never::Event { sought, meaning } => {
                for link in self.client.links() {
                    if let Some(index) = sought.unclaimed(attempt, &link)?.first() {
                        let received = line(attempt, &link, *index);
                        let expected = format!("no {}", sought.describe(&attempt.scope()));
                        return Ok(Some(
                            Finding::new(format!("{name} {meaning}."))
                                .expected(expected)
                                .received(received),
                        ));
                    }
                }
                Ok(None)
            }
            Never::Frame {
                link,
                from,
                pattern,
            } => {
                let came: Vec<_> = {
                    let (state, entries) = (link.state(), link.connection.journal().entries());
                    let entries = entries.iter().enumerate().skip(*from);
                    entries
                        .filter(|(index, entry)| {
                            !state.claimed.contains(index)
                                && !link.is_own_open_packet(*index, entry)
                        })
                        .filter_map(|(_, entry)| match &entry.what {
                            What::Frame(frame) if !is_fence(frame) => Some(frame.clone()),
                            _ => None,
                        })
                        .collect()
                };
                for frame in came {
                    if let FrameFit::Fits(_) = observe_frame::compare(attempt, pattern, &frame)? {
                        return Ok(Some(
                            Finding::new(format!(
                                "{name} receives a frame where none such must come."
                            ))
                            .expected(format!("no {}", observe_frame::what(attempt, pattern)))
                            .received(evidence::describe_frame(&frame)),
                        ));
                    }
                }
                Ok(None)
            }
            Never::Packet { link, from } => {
                let state = link.state();
                let entries = link.connection.journal().entries();
                let unexpected = entries
                    .iter()
                    .enumerate()
                    .skip(*from)
                    .find(|(index, entry)| match &entry.what {
                        What::Packet(packet) => {
                            !state.claimed.contains(index)
                                && !link.is_own_open_packet(*index, entry)
                                && !is_invisible(packet, link.eio)
                                && !is_farewell(packet)
                                && !is_unasked_message(attempt, packet)
                        }
                        What::Message(_) => !state.claimed.contains(index),
                        _ => false,
                    });
                let Some((_, entry)) = unexpected else {
                    return Ok(None);
                };
                let received = evidence::describe(entry)
                    .map(|(_, line)| line)
                    .unwrap_or_default();
                Ok(Some(
                    Finding::new(format!("{name} receives a packet where none must come."))
                        .expected("nothing")
                        .received(received),
                ))
            }
            Never::Refusal => {
                for link in self.client.links() {
                    if let Some(index) = refusal_reports::unclaimed(attempt, &link).first() {
                        let received = line(attempt, &link, *index);
                        let sentence = format!(
                            "{name} receives a report of a refusal that is not meant for it, or one too many."
                        );
                        return Ok(Some(
                            Finding::new(sentence)
                                .expected("no report")
                                .received(received),
                        ));
                    }
                }
                Ok(None)
            }
        }
    }
}

/// What may come at any moment and means nothing: a noop, and the server's part of the heartbeat,
/// which is the ping in revision 4 and the pong in revision 3.
pub(super) fn is_invisible(packet: &engine_io::Packet, eio: u8) -> bool {
    let beat = if eio == 3 {
        PacketType::Pong
    } else {
        PacketType::Ping
    };
    (packet.kind == beat || packet.kind == PacketType::Noop)
        && matches!(&packet.data, PacketData::Text(text) if text.is_empty())
}

/// The close packet, which answers nobody: a server that ends the session may say so (Engine.IO v4, "close"). With or
/// without it, the end is judged by `closed` and by whatever else needs the connection, not by a claim of silence.
fn is_farewell(packet: &engine_io::Packet) -> bool {
    packet.kind == PacketType::Close
        && matches!(&packet.data, PacketData::Text(text) if text.is_empty())
}

fn line(attempt: &Attempt<'_>, link: &Link, index: usize) -> String {
    let entries = link.connection.journal().entries();
    let Some(entry) = entries.get(index) else {
        return String::new();
    };
    let at = entry.at.saturating_duration_since(attempt.started);
    let text = evidence::describe(entry)
        .map(|(_, line)| line)
        .unwrap_or_default();
    format!("{text} (at +{} ms)", at.as_millis())
}

/// Makes claims: checks them behind a fence now, and keeps them for the end.
///
/// Inside `parallel` they wait for the end of the block: what a step beside them has yet to claim
/// would look like something that must not come.
pub(super) async fn claim(attempt: &Attempt<'_>, claims: Vec<Silence>) -> Stepped {
    if attempt.notes().side_by_side > 0 {
        attempt.notes().postponed.extend(claims);
        return Ok(());
    }
    hold(attempt, claims).await
}

/// Does `steps`, which run side by side, and then checks what they claimed.
pub(super) async fn side_by_side(
    attempt: &Attempt<'_>,
    steps: impl Future<Output = Stepped>,
) -> Stepped {
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

async fn hold(attempt: &Attempt<'_>, claims: Vec<Silence>) -> Stepped {
    let observers: Vec<_> = claims
        .iter()
        .map(|claim| Arc::clone(&claim.client))
        .collect();
    let proof = fence(attempt, &observers, attempt.target.within).await;
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

fn check(attempt: &Attempt<'_>, claims: &[Silence]) -> Stepped {
    for claim in claims {
        if let Some(finding) = claim.breach(attempt)? {
            return Err(finding.breach().at(claim.span).level(claim.level));
        }
    }
    Ok(())
}

/// After the last step: waits the settle time, makes a last fence and checks every claim again.
pub(super) async fn settle(attempt: &Attempt<'_>) -> Stepped {
    let claims = std::mem::take(&mut attempt.notes().silences);
    if claims.is_empty() {
        return Ok(());
    }
    let settle = attempt.scenario.settle.unwrap_or(attempt.target.settle);
    tokio::time::sleep_until(clock::now() + settle).await;
    let observers: Vec<_> = claims
        .iter()
        .map(|claim| Arc::clone(&claim.client))
        .collect();
    let proof = fence(attempt, &observers, attempt.target.within).await;
    let how = match proof {
        Proof::Ack | Proof::Pong => {
            format!("then {} ms and another round trip", settle.as_millis())
        }
        Proof::Ended | Proof::TimeOnly => format!("then {} ms", settle.as_millis()),
    };
    attempt.notes().proofs.push(how);
    check(attempt, &claims)
}
