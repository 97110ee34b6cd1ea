//! Waits for the acknowledgement of a call.

use std::sync::Arc;

use tokio::time::Instant;

use super::super::{
    lawful_wait::wait_lawfully,
    wait::{Waited, wait_in},
};
use crate::{
    client::{Entry, What},
    clock,
    data::Data,
    runner::{
        attempt::Attempt,
        claim::Request,
        clients::{Client, Link},
        evidence,
        failure_kind::FailureKind,
        finding::{Finding, StepResult},
        refusal_reports::in_event,
    },
    scenario::Step,
    text::excerpt,
    wire::socket_io::Packet,
};

/// A call that a client has sent, and whose answer the step waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'q> {
    /// The client that sent the call.
    pub(super) client: &'q Arc<Client>,
    /// The connection that carried the call.
    pub(super) link: &'q Arc<Link>,
    /// The event, with its ack id.
    pub(super) request: &'q Request,
    /// The index of the first journal entry after the call was sent.
    pub(super) from: usize,
}

/// Waits for the acknowledgement of a call, and returns its arguments.
pub(super) async fn await_ack(
    attempt: &Attempt<'_>,
    step: &Step,
    question: &Question<'_>,
) -> StepResult<Vec<Data>> {
    let deadline = attempt.deadline(step)?;
    let name = &question.client.spec.name;
    let event = &question.request.event;
    match await_reaction(attempt, question, deadline).await? {
        Waited::Found(Reaction::Acknowledged(args)) => Ok(args),
        Waited::Found(Reaction::Refused(index)) => Err(refused(attempt, question, index).breach()),
        Waited::Ended(ended) => Err(Finding::new(
            FailureKind::ConnectionEnded,
            format!("{name}'s connection ended before the server acknowledged `{event}`."),
        )
        .expected("an acknowledgement")
        .received(evidence::describe_end(&ended))
        .breach()),
        Waited::TimedOut => Err(Finding::new(
            FailureKind::NotAcknowledged,
            format!(
                "The server did not acknowledge {name}'s `{event}` within {}.",
                attempt.describe_limit(step, attempt.limit(step)?)
            ),
        )
        .expected(format!(
            "an acknowledgement with id {}",
            question.request.id
        ))
        .received(evidence::came_since(question.link, question.from))
        .breach()),
    }
}

/// How the server reacted to a call.
enum Reaction {
    /// The server acknowledged the call with these arguments.
    Acknowledged(Vec<Data>),
    /// The journal entry at this index refuses the call, or perhaps another request.
    Refused(usize),
}

/// Waits until the server acknowledges or refuses the call.
async fn await_reaction(
    attempt: &Attempt<'_>,
    question: &Question<'_>,
    deadline: Instant,
) -> StepResult<Waited<Reaction>> {
    let journal = question.link.connection.journal();
    let of = (&**question.client, &**question.link);
    let mut from = question.from;
    loop {
        let waited = wait_lawfully(attempt, of, from, deadline, |index, entry| {
            question
                .acknowledgement(entry)
                .or_else(|| question.refusal(attempt, index, entry))
        })
        .await?;
        let Waited::Found(Reaction::Refused(index)) = waited else {
            return Ok(waited);
        };
        // The report can answer another request of the client.
        if !is_refused(attempt, question) {
            from = index + 1;
            continue;
        }
        let soon = deadline.min(clock::now() + attempt.target.settle);
        let late = wait_in(journal, index + 1, soon, |_, entry| {
            question.acknowledgement(entry)
        });
        return Ok(match late.await {
            Waited::Found(acknowledged) => Waited::Found(acknowledged),
            Waited::Ended(_) | Waited::TimedOut => Waited::Found(Reaction::Refused(index)),
        });
    }
}

impl Question<'_> {
    /// Returns the acknowledgement of this call if the entry holds it.
    fn acknowledgement(&self, entry: &Entry) -> Option<Reaction> {
        match &entry.what {
            What::Socket(Packet::Ack {
                namespace,
                id,
                args,
            }) if *id == self.request.id && *namespace == self.request.namespace => {
                Some(Reaction::Acknowledged(args.clone()))
            }
            _ => None,
        }
    }

    /// Returns the refusal if the entry is an event or a DISCONNECT that can refuse this call. No acknowledgement
    /// follows such a refusal.
    fn refusal(&self, attempt: &Attempt<'_>, index: usize, entry: &Entry) -> Option<Reaction> {
        let is_refusal = match &entry.what {
            What::Socket(Packet::Disconnect { namespace }) => *namespace == self.request.namespace,
            _ => in_event(&attempt.target.manifest, entry).is_some(),
        };
        is_refusal.then_some(Reaction::Refused(index))
    }
}

/// Returns true if the server has refused this call, and not another request of the client.
fn is_refused(attempt: &Attempt<'_>, question: &Question<'_>) -> bool {
    let mut guard = question.link.state();
    let state = &mut *guard;
    {
        let entries = question.link.connection.journal().entries();
        state.requests.read(&attempt.target.manifest, &entries);
    }
    let request = question.request;
    let fates = state.requests.fates(&state.received);
    let own = fates.into_iter().rev().find(|(sent, _)| {
        let event = sent.event.as_ref();
        event.is_some_and(|event| {
            event.id == Some(request.id) && event.namespace == request.namespace
        })
    });
    own.is_some_and(|(_, fate)| fate.is_surely_rejected())
}

/// Returns the finding about a call that the server refused by the journal entry at `index`.
fn refused(attempt: &Attempt<'_>, question: &Question<'_>, index: usize) -> Finding {
    let entries = question.link.connection.journal().entries();
    let entry = entries.get(index);
    let report = entry.and_then(|entry| in_event(&attempt.target.manifest, entry));
    let how = match report {
        None => format!("DISCONNECT from {}", question.request.namespace),
        Some(report) => {
            let texts = ["code", "message"].map(|key| {
                let value = report.get(key)?;
                Some(
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned),
                )
            });
            excerpt(&texts.into_iter().flatten().collect::<Vec<_>>().join(": "))
        }
    };
    let sentence = format!(
        "The server refused {}'s `{}` ({how}); it has to acknowledge it.",
        question.client.spec.name, question.request.event
    );
    Finding::new(FailureKind::WronglyRefused, sentence)
        .expected(format!(
            "an acknowledgement with id {}",
            question.request.id
        ))
        .received(entry.map_or_else(String::new, evidence::line))
}
