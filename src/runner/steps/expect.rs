//! `expect`: a client receives an event.

use std::sync::Arc;

use super::{
    super::wait::{Waited, wait_in},
    links::any_link,
};
use crate::{
    client::What,
    data::Data,
    runner::{
        attempt::Attempt,
        cast::{Client, Link},
        evidence, expectation,
        finding::{Finding, Stepped, Stop},
        observe::Likeness,
        sought::Sought,
        unasked::is_unasked,
    },
    scenario::{Accepted, Expect, Mismatch, Order, Step},
    wire::socket_io::{AckId, Packet},
};

/// An event that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) index: usize,
    pub(super) captures: Vec<(String, Data)>,
    pub(super) id: Option<AckId>,
    /// How it differs from the strict expectation, where only the lenient one fits.
    pub(super) tolerated: Option<Mismatch>,
}

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, expect: &Expect) -> Stepped {
    let actors = attempt.actors(step);
    let waits = actors
        .iter()
        .map(|client| one(attempt, step, expect, client));
    futures_util::future::try_join_all(waits).await.map(|_| ())
}

async fn one(attempt: &Attempt<'_>, step: &Step, expect: &Expect, client: &Arc<Client>) -> Stepped {
    let link = any_link(client)?;
    let mut awaited = AwaitedEvent {
        event: expect
            .event
            .as_ref()
            .try_map(|event| Sought::new(attempt, client, event))?,
        order: expect.order,
        number: 1,
        count: expect.count,
    };
    for number in 1..=expect.count {
        awaited.number = number;
        let found = await_event(attempt, step, client, &link, &awaited).await?;
        link.state().claimed.insert(found.index);
        attempt.capture(found.captures);
        if let Some(mismatch) = found.tolerated {
            let subject = format!("{}'s {}", client.spec.name, awaited.event.strict.spoken);
            attempt.warn(expectation::tolerated(&subject, &mismatch));
        }
        let spoken = &awaited.event.strict.spoken;
        match (expect.asks_ack, found.id) {
            (Some(true), None) => {
                return Err(Finding::new(format!(
                    "{spoken} arrives without asking for an acknowledgement."
                ))
                .expected("an event with an ack id")
                .received("an event without one")
                .breach());
            }
            (Some(false), Some(id)) => {
                return Err(Finding::new(format!(
                    "{spoken} asks for an acknowledgement where it should not."
                ))
                .expected("an event without an ack id")
                .received(format!("ack id {id}"))
                .breach());
            }
            _ => {}
        }
    }
    Ok(())
}

/// An event that a client has to receive.
pub(super) struct AwaitedEvent {
    /// What the event looks like.
    pub(super) event: Accepted<Sought>,
    /// Whether other events may come before it.
    pub(super) order: Order,
    /// Its number among the events of this step, from 1.
    pub(super) number: usize,
    /// The number of events that this step waits for.
    pub(super) count: usize,
}

/// Waits for the next unclaimed event that matches.
pub(super) async fn await_event(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Arc<Link>,
    awaited: &AwaitedEvent,
) -> Stepped<Found> {
    let (sought, tolerant) = (&awaited.event.strict, &awaited.event.lenient);
    let deadline = attempt.deadline(step)?;
    let scope = attempt.scope().clone();
    let claimed = link.state().claimed.clone();
    let mut near = None;
    let waited = wait_in(link.connection.journal(), 0, deadline, |index, entry| {
        if claimed.contains(&index) {
            return None;
        }
        let asked = matches!(&entry.what, What::Socket(packet @ Packet::Event { .. }) if !is_unasked(attempt, packet));
        let mismatch = match sought.compare(attempt, &scope, entry) {
            Ok(Likeness::Match { captures, id }) => {
                return Some(Ok(Found {
                    index,
                    captures,
                    id,
                    tolerated: None,
                }));
            }
            Ok(Likeness::Near(mismatch)) => Some(mismatch),
            Ok(Likeness::Other) => None,
            Err(error) => return Some(Err(Stop::from(error))),
        };
        if let Some(tolerant) = tolerant {
            match tolerant.compare(attempt, &scope, entry) {
                Ok(Likeness::Match { captures, id }) => {
                    let tolerated = Some(mismatch.clone().unwrap_or_else(|| Mismatch {
                        path: String::new(),
                        expected: sought.describe(&scope),
                        received: None,
                    }));
                    return Some(Ok(Found {
                        index,
                        captures,
                        id,
                        tolerated,
                    }));
                }
                Ok(Likeness::Near(_) | Likeness::Other) => {}
                Err(error) => return Some(Err(Stop::from(error))),
            }
        }
        if awaited.order == Order::Strict && asked {
            let line = evidence::describe(entry)
                .map(|(_, line)| line)
                .unwrap_or_default();
            let finding = Finding::new(format!(
                "{} receives another event where {} comes next.",
                client.spec.name, sought.spoken
            ))
            .expected(sought.describe(&scope))
            .received(line);
            return Some(Err(finding.breach()));
        }
        near = near.take().or(mismatch);
        None
    })
    .await;
    let name = &client.spec.name;
    let ordinal = match awaited.count {
        1 => String::new(),
        count => format!(" ({} of {count})", awaited.number),
    };
    match waited {
        Waited::Found(found) => found,
        Waited::Ended(ended) => Err(Finding::new(format!(
            "{name}'s connection ended before it received {}{ordinal}.",
            sought.spoken
        ))
        .expected(sought.describe(&scope))
        .received(evidence::describe_end(&ended))
        .breach()),
        Waited::TimedOut => {
            let limit = attempt.limit(step)?.as_millis();
            Err(match near {
                Some(mismatch) => Finding::new(format!(
                    "{name} receives {}, but not as expected{ordinal}.",
                    sought.spoken
                ))
                .mismatch(&mismatch),
                None => Finding::new(format!(
                    "{name} did not receive {} within {limit} ms{ordinal}.",
                    sought.spoken
                ))
                .expected(sought.describe(&scope))
                .received(evidence::came_since(link, 0)),
            }
            .breach())
        }
    }
}
