//! `expect`: a client receives an event.

use std::sync::Arc;

use tokio::time::Instant;

use super::links::any_link;
use crate::{
    client::{Entry, What},
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::{Finding, StepResult, Stop, evidence, failure_kind::FailureKind},
        journal::{
            another_message::is_another_message, received::Sort, rejection, unrelated::is_unrelated,
        },
        matching::{event_pattern::Sought, events::Likeness, values},
        play::attempt::Attempt,
        waiting::{Waited, lawful_wait::wait_for},
    },
    scenario::{Accepted, Expect, Mismatch, Order, Scope, Step},
    text::{excerpt, humanize},
    wire::socket_io::{AckId, Packet},
};

/// A received event that matches what the step expects or tolerates.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) index: usize,
    pub(super) captures: Vec<(String, Data)>,
    pub(super) id: Option<AckId>,
    /// The difference from the strict expectation, if only the lenient expectation matches.
    pub(super) tolerated: Option<Mismatch>,
}

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, expect: &Expect) -> StepResult {
    let actors = attempt.actors(step);
    let waits = actors
        .iter()
        .map(|client| one(attempt, step, expect, client));
    futures_util::future::try_join_all(waits).await.map(|_| ())
}

async fn one(
    attempt: &Attempt<'_>,
    step: &Step,
    expect: &Expect,
    client: &Arc<Client>,
) -> StepResult {
    let link = any_link(client)?;
    let mut awaited = AwaitedEvent {
        event: expect
            .event
            .as_ref()
            .try_map(|event| Sought::new(attempt, client, event))?,
        order: expect.order,
        number: 1,
        count: expect.count,
        from: 0,
    };
    let name = &client.spec.name;
    let deadline = attempt.deadline(step)?;
    for number in 1..=expect.count {
        awaited.number = number;
        let found = await_event(attempt, (step, deadline), client, &link, &awaited).await?;
        link.state().received.claim(found.index);
        awaited.go_on_after(&found);
        attempt.capture(found.captures);
        let event = awaited.event.strict.name();
        if let Some(mismatch) = found.tolerated {
            let subject = format!("{name}'s {event}");
            attempt.warn(values::tolerated(&subject, &mismatch));
        }
        match (expect.asks_ack, found.id) {
            (Some(true), None) => {
                return Err(Finding::new(
                    FailureKind::WrongContent,
                    format!("{name} received {event} without an ack id; the server has to ask for an acknowledgement."),
                )
                .expected("an event with an ack id")
                .received("an event without one")
                .breach());
            }
            (Some(false), Some(id)) => {
                return Err(Finding::new(
                    FailureKind::WrongContent,
                    format!("{name} received {event} with an ack id; the server must not ask for an acknowledgement."),
                )
                .expected("an event without an ack id")
                .received(format!("ack id {id}"))
                .breach());
            }
            (Some(true), Some(_)) | (Some(false), None) | (None, _) => {}
        }
    }
    Ok(())
}

/// An event that a client has to receive.
pub(super) struct AwaitedEvent {
    /// The pattern that the event has to match.
    pub(super) event: Accepted<Sought>,
    /// Whether other events may come before the awaited event.
    pub(super) order: Order,
    /// The event's number among the events of this step, from 1.
    pub(super) number: usize,
    /// The number of events that this step waits for.
    pub(super) count: usize,
    /// The index of the first journal entry that can be the event. This step has compared all earlier entries.
    pub(super) from: usize,
}

impl AwaitedEvent {
    /// Returns the event's number as an addition to a sentence: " (number 2 of 3)".
    fn ordinal(&self) -> String {
        match self.count {
            1 => String::new(),
            count => format!(" (number {} of {count})", self.number),
        }
    }

    /// Returns the kind of journal entries that this step has to look at: the events with the awaited name, or all
    /// events if another event would be out of order.
    fn sort(&self) -> Sort<'_> {
        let name = self.event.strict.wire_name();
        let is_other = |tolerant: &Sought| tolerant.wire_name() != name;
        let needs_all =
            self.order == Order::Strict || self.event.lenient.as_ref().is_some_and(is_other);
        Sort::Event(name.filter(|_| !needs_all))
    }

    /// Leaves out the entries up to `found` when the step looks for its next event, so that the step compares each
    /// entry once. If `found` captured variables, the pattern can match other entries than before, so nothing is left
    /// out.
    pub(super) fn go_on_after(&mut self, found: &Found) {
        if found.captures.is_empty() {
            self.from = found.index + 1;
        }
    }

    /// Compares one entry with what the step expects and tolerates; returns the event if the entry is accepted.
    fn accept(
        &self,
        attempt: &Attempt<'_>,
        scope: &Scope,
        index: usize,
        entry: &Entry,
    ) -> StepResult<Option<Found>> {
        let sought = &self.event.strict;
        let mismatch = match sought.compare(attempt, scope, entry)? {
            Likeness::Match { captures, id } => {
                return Ok(Some(Found {
                    index,
                    captures,
                    id,
                    tolerated: None,
                }));
            }
            Likeness::Near(mismatch) => Some(mismatch),
            Likeness::Other => None,
        };
        let Some(tolerant) = &self.event.lenient else {
            return Ok(None);
        };
        Ok(match tolerant.compare(attempt, scope, entry)? {
            Likeness::Match { captures, id } => Some(Found {
                index,
                captures,
                id,
                tolerated: Some(mismatch.unwrap_or_else(|| Mismatch {
                    path: String::new(),
                    expected: sought.describe(scope),
                    received: None,
                })),
            }),
            Likeness::Near(_) | Likeness::Other => None,
        })
    }
}

/// Waits for the next event that matches and that no earlier step has claimed, that is, received as expected.
///
/// A step with `within` has one deadline for all its events, which `deadline` holds. Without `within`, each event may
/// take the default time.
pub(super) async fn await_event(
    attempt: &Attempt<'_>,
    (step, deadline): (&Step, Instant),
    client: &Client,
    link: &Arc<Link>,
    awaited: &AwaitedEvent,
) -> StepResult<Found> {
    let sought = &awaited.event.strict;
    let deadline = match &step.within {
        Some(_) => deadline,
        None => attempt.deadline(step)?,
    };
    let scope = attempt.scope().clone();
    let waited = wait_for(
        attempt,
        (client, link),
        awaited.sort(),
        awaited.from,
        deadline,
        |index, entry| {
            match awaited.accept(attempt, &scope, index, entry) {
                Ok(Some(found)) => return Some(Ok(found)),
                Ok(None) => {}
                Err(stop) => return Some(Err(stop)),
            }
            let out_of_order = match &entry.what {
                What::Socket(packet @ Packet::Event { .. }) => {
                    awaited.order == Order::Strict && !is_unrelated(attempt, packet)
                }
                _ => false,
            };
            out_of_order.then(|| Err(wrong_order((client, link), sought, &scope, entry)))
        },
    )
    .await?;
    match waited {
        Waited::Found(found) => found,
        Waited::Ended(ended) => Err(Finding::new(
            FailureKind::ConnectionEnded,
            format!(
                "{}'s connection ended before it received {}{}.",
                client.spec.name,
                sought.name(),
                awaited.ordinal()
            ),
        )
        .expected(sought.describe(&scope))
        .missed_by(&client.spec.name)
        .received(evidence::describe_end(&ended))
        .breach()),
        Waited::TimedOut => {
            let limit = attempt.describe_limit(step, attempt.limit(step)?);
            let within = format!("within {limit}");
            Err(missing(attempt, client, link, awaited, &within)?.breach())
        }
    }
}

/// Returns the finding that stops the scenario because another event came before the expected one.
fn wrong_order(
    (client, link): (&Client, &Link),
    sought: &Sought,
    scope: &Scope,
    entry: &Entry,
) -> Stop {
    let (client, expected) = (&client.spec.name, sought.name());
    let came = match &entry.what {
        What::Socket(Packet::Event { name, .. }) if *name == sought.event => {
            format!("another {expected}")
        }
        What::Socket(packet) => evidence::name_packet(packet),
        _ => "another event".to_owned(),
    };
    let gist = format!("{client} received {came} before the expected {expected}.");
    // Two messages of the same name differ in their content only.
    let sentence = match &entry.what {
        What::Socket(Packet::Event { name, args, .. }) if *name == sought.event => {
            let content = excerpt(&Data::Array(args.clone()).to_string());
            let described = excerpt(&sought.describe(scope));
            format!("{client} received {came}, {content}, before the expected {described}.")
        }
        _ => gist.clone(),
    };
    Finding::new(FailureKind::WrongOrder, sentence)
        .gist(gist)
        .expected(sought.describe(scope))
        .received(evidence::line_on(link, entry))
        .breach()
}

/// Returns the finding about an event that did not come; `when` ends its first clause: "within 5000 ms".
///
/// Compares the expectation with the most similar event that no step has claimed, that is, received as expected, and
/// lists the other events.
pub(super) fn missing(
    attempt: &Attempt<'_>,
    client: &Client,
    link: &Link,
    awaited: &AwaitedEvent,
    when: &str,
) -> StepResult<Finding> {
    let sought = &awaited.event.strict;
    let (name, event, ordinal) = (&client.spec.name, sought.name(), awaited.ordinal());
    let scope = attempt.scope().clone();
    let nearest = nearest(attempt, link, sought, &scope)?;
    let another = nearest.as_ref().filter(|near| near.is_another);
    let instead = another.map(|near| {
        let expected = excerpt(&near.mismatch.expected);
        match near.mismatch.path.as_str() {
            "" => format!("; it received another one instead of {expected}"),
            path => format!("; it received another one, without {expected} at `{path}`"),
        }
    });
    let Some(Nearest {
        index: nearest,
        mismatch,
        ..
    }) = nearest.filter(|near| !near.is_another)
    else {
        let received = match evidence::unclaimed_events(link, None) {
            Some(unclaimed) => unclaimed,
            None if awaited.number == 1 => "no other event".to_owned(),
            None => format!(
                "{event} {} and no other event",
                humanize::times(awaited.number - 1)
            ),
        };
        let (doubt, gist) = match instead {
            Some(instead) => (instead, "; it received another one".to_owned()),
            None => {
                let doubt = rejection::doubt(attempt, link, sought).unwrap_or_default();
                (doubt.clone(), doubt)
            }
        };
        return Ok(Finding::new(
            FailureKind::NotDelivered,
            format!("{name} did not receive {event}{ordinal} {when}{doubt}."),
        )
        .gist(format!("{name} did not receive {event}{gist}."))
        .expected(sought.describe(&scope))
        .missed_by(name)
        .received(received));
    };
    let subject = format!("The {event}{ordinal} that {name} received");
    let mut finding = Finding::wrong(FailureKind::WrongContent, &subject, &mismatch);
    if let Some(others) = evidence::unclaimed_events(link, Some(nearest)) {
        let received = finding.detail.received.take().unwrap_or_default();
        finding.detail.received = Some(format!(
            "{received}\nother events that no step has claimed:\n{others}"
        ));
    }
    Ok(finding)
}

/// The most similar event to an awaited one.
struct Nearest {
    /// The index of the event's journal entry.
    index: usize,
    /// How the event differs from the awaited one.
    mismatch: Mismatch,
    /// Whether the event is another message, and not the awaited one with wrong content.
    is_another: bool,
}

/// Returns the most similar event that no step has claimed, that is, received as expected.
///
/// The deeper inside the arguments the first difference is, the more similar is the event; among equally deep ones, the
/// longer its text is that of the awaited event. Another message is less similar than the awaited one with wrong
/// content. Among equally similar events, the first is returned.
fn nearest(
    attempt: &Attempt<'_>,
    link: &Link,
    sought: &Sought,
    scope: &Scope,
) -> StepResult<Option<Nearest>> {
    let mut near = Vec::new();
    {
        let mut state = link.state();
        let entries = link.connection.journal().entries();
        state.received.read(&entries);
        for (index, entry) in state
            .received
            .unclaimed_events(sought.wire_name(), &entries)
        {
            if let Likeness::Near(mismatch) = sought.compare(attempt, scope, entry)? {
                near.push((index, entry.clone(), mismatch));
            }
        }
    }
    let wanted = sought.describe_arguments(scope);
    let mut best: Option<((usize, usize), Nearest)> = None;
    for (index, entry, mismatch) in near {
        let depth = mismatch.path.matches(['.', '[']).count();
        // A step that awaits any event names no event that could have wrong content.
        let is_another =
            sought.wire_name().is_none() || is_another_message(attempt, &entry, &mismatch);
        let depth = (depth, equal_ends(&wanted, &arguments(&entry)));
        let likeness = (!is_another, depth);
        let is_better = best
            .as_ref()
            .is_none_or(|(deepest, nearest)| likeness > (!nearest.is_another, *deepest));
        if is_better {
            let nearest = Nearest {
                index,
                mismatch,
                is_another,
            };
            best = Some((depth, nearest));
        }
    }
    Ok(best.map(|(_, nearest)| nearest))
}

/// Returns the arguments of an event as text.
fn arguments(entry: &Entry) -> String {
    match &entry.what {
        What::Socket(Packet::Event { args, .. }) => {
            let args: Vec<_> = args.iter().map(ToString::to_string).collect();
            args.join(", ")
        }
        _ => String::new(),
    }
}

/// Returns how many bytes at the start and at the end of two texts are equal.
fn equal_ends(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let count = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let start = count(&mut one.iter().zip(other));
    let rest = one.len().min(other.len()) - start;
    start + count(&mut one.iter().rev().zip(other.iter().rev()).take(rest))
}
