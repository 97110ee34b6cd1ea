//! `reply`: acknowledge an event of the server.

use std::sync::Arc;

use super::links::open_link;
use crate::{
    client::What,
    runner::{
        clients::{Client, Link},
        findings::{Finding, StepResult, Stop, evidence, failure_kind::FailureKind},
        journal::received::Sort,
        matching::{event_pattern::Sought, events::Likeness},
        play::attempt::Attempt,
        waiting::{Waited, lawful_wait::wait_for},
    },
    scenario::{Reply, ReplyHow, Step},
    wire::socket_io::{AckId, Packet},
};

/// An ack id that no server uses. A step sends it in order to acknowledge an event with a wrong id.
const UNUSED_ID: AckId = AckId(999_983);

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, reply: &Reply) -> StepResult {
    let actors = attempt.actors(step);
    let replies = actors
        .iter()
        .map(|client| one(attempt, step, reply, client));
    futures_util::future::try_join_all(replies)
        .await
        .map(|_| ())
}

async fn one(
    attempt: &Attempt<'_>,
    step: &Step,
    reply: &Reply,
    client: &Arc<Client>,
) -> StepResult {
    let link = open_link(client)?;
    let sought = Sought::new(attempt, client, &reply.event)?;
    let (index, namespace, id) = await_question(attempt, step, client, &link, &sought).await?;
    let scope = attempt.scope().clone();
    let bindings = &attempt.target.manifest.bindings;
    let values = bindings.answering(&sought.spoken, reply.values.render(&scope)?);
    let answer = |id| Packet::Ack {
        namespace: namespace.clone(),
        id,
        args: values.clone(),
    };
    attempt.note_sent(client);
    attempt.note_other_cause();
    match reply.how {
        ReplyHow::Withhold => {}
        ReplyHow::Once => link.connection.send(&answer(id)),
        ReplyHow::Twice => {
            link.connection.send(&answer(id));
            link.connection.send(&answer(id));
        }
        ReplyHow::WrongId => link.connection.send(&answer(UNUSED_ID)),
        ReplyHow::Late(after) => {
            // Wait on purpose: the step tests how the server handles an acknowledgement that comes after the server's
            // own timeout.
            tokio::time::sleep(after).await;
            link.connection.send(&answer(id));
        }
    }
    link.state().received.answer(index);
    Ok(())
}

/// Waits for the event that the step answers: the first event of this name that no step has answered.
///
/// An answer does not mark the event as received, so `expect` and `deliver` still count it.
async fn await_question(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Arc<Client>,
    link: &Arc<Link>,
    sought: &Sought,
) -> StepResult<(usize, String, AckId)> {
    let name = &client.spec.name;
    let deadline = attempt.deadline(step)?;
    let scope = attempt.scope().clone();
    let waited = wait_for(
        attempt,
        (client, link),
        Sort::Question,
        0,
        deadline,
        |index, entry| {
            let What::Socket(packet) = &entry.what else {
                return None;
            };
            match sought.compare(attempt, &scope, entry) {
                Ok(Likeness::Match { captures, id }) => {
                    let question = id.map(|id| (index, packet.namespace().to_owned(), id));
                    Some(Ok((captures, question)))
                }
                Ok(Likeness::Near(_) | Likeness::Other) => None,
                Err(error) => Some(Err(error)),
            }
        },
    )
    .await?;
    let event = sought.name();
    let (kind, sentence, received) = match waited {
        Waited::Found(found) => {
            let (captures, question) = found?;
            attempt.capture(captures);
            return question.ok_or_else(|| without_ack_id(client, sought));
        }
        Waited::Ended(ended) => (
            FailureKind::ConnectionEnded,
            format!(
                "{name}'s connection ended before it received {event}, which it has to answer."
            ),
            evidence::describe_end(&ended),
        ),
        Waited::TimedOut => (
            FailureKind::NotDelivered,
            format!("{name} did not receive {event}, which it has to answer."),
            evidence::came_since(link, 0),
        ),
    };
    Err(Finding::new(kind, sentence)
        .expected(sought.describe(&scope))
        .missed_by(name)
        .received(received)
        .breach())
}

/// Returns the finding about an event that asks for no acknowledgement, although the step has to acknowledge it.
fn without_ack_id(client: &Client, sought: &Sought) -> Stop {
    let sentence = format!(
        "{} received {} without an ack id; the server has to ask for an acknowledgement.",
        client.spec.name,
        sought.name()
    );
    Finding::new(FailureKind::WrongContent, sentence)
        .expected("an event with an ack id")
        .received("an event without one")
        .breach()
}
