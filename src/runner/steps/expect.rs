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
        evidence,
        finding::{Finding, Stepped, Stop},
        observe::Likeness,
        sought::Sought,
        unasked::is_unasked,
    },
    scenario::{Action, Expect, Mismatch, Step},
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
    let lenient = match step.lenient.as_deref() {
        Some(Action::Expect(lenient)) => Some(lenient),
        _ => None,
    };
    let actors = attempt.actors(step);
    let waits = actors
        .iter()
        .map(|client| one(attempt, step, expect, lenient, client));
    futures_util::future::try_join_all(waits).await.map(|_| ())
}

async fn one(
    attempt: &Attempt<'_>,
    step: &Step,
    expect: &Expect,
    lenient: Option<&Expect>,
    client: &Arc<Client>,
) -> Stepped {
    let link = any_link(client)?;
    let sought = Sought::new(attempt, client, &expect.event)?;
    let tolerant = lenient
        .map(|lenient| Sought::new(attempt, client, &lenient.event))
        .transpose()?;
    for nth in 1..=expect.count {
        let found = await_event(
            attempt,
            step,
            client,
            &link,
            &sought,
            tolerant.as_ref(),
            expect.strict_order,
            (nth, expect.count),
        )
        .await?;
        link.state().claimed.insert(found.index);
        attempt.capture(found.captures);
        if let Some(mismatch) = found.tolerated {
            let sentence = format!(
                "{}'s {} is tolerated, but not strictly right.",
                client.spec.name, sought.spoken
            );
            attempt.warn(Finding::new(sentence).mismatch(&mismatch));
        }
        match (expect.asks_ack, found.id) {
            (Some(true), None) => {
                return Err(Finding::new(format!(
                    "{} arrives without asking for an acknowledgement.",
                    sought.spoken
                ))
                .expected("an event with an ack id")
                .received("an event without one")
                .breach());
            }
            (Some(false), Some(id)) => {
                return Err(Finding::new(format!(
                    "{} asks for an acknowledgement where it should not.",
                    sought.spoken
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

/// Waits for the next unclaimed event that fits.
#[expect(
    clippy::too_many_arguments,
    reason = "all of them shape the one sentence that a failure begins with"
)]
pub(super) async fn await_event(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Client,
    link: &Arc<Link>,
    sought: &Sought,
    tolerant: Option<&Sought>,
    strict_order: bool,
    (nth, count): (usize, usize),
) -> Stepped<Found> {
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
        if strict_order && asked {
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
    let ordinal = if count == 1 {
        String::new()
    } else {
        format!(" ({nth} of {count})")
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
