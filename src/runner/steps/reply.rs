//! `reply`: answer an event of the server that asks for an acknowledgement.

use std::sync::Arc;

use super::{expect::await_event, perform::open_link};
use crate::{
    client::What,
    runner::{
        attempt::Attempt,
        cast::{Client, Link},
        finding::{Finding, Stepped},
        observe::{Likeness, Sought},
    },
    scenario::{Reply, ReplyHow, Step},
    wire::socket_io::{AckId, Packet},
};

/// An ack id that no server asks for.
const NOBODY_ASKED: AckId = AckId(999_983);

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, reply: &Reply) -> Stepped {
    let actors = attempt.actors(step);
    let replies = actors
        .iter()
        .map(|client| one(attempt, step, reply, client));
    futures_util::future::try_join_all(replies)
        .await
        .map(|_| ())
}

async fn one(attempt: &Attempt<'_>, step: &Step, reply: &Reply, client: &Arc<Client>) -> Stepped {
    let link = open_link(client)?;
    let sought = Sought::new(attempt, client, &reply.event)?;
    let (namespace, id) = question(attempt, step, client, &link, &sought).await?;
    let scope = attempt.scope().clone();
    let values = reply
        .values
        .iter()
        .map(|value| value.render(&scope))
        .collect::<Result<Vec<_>, _>>()?;
    let answer = |id| Packet::Ack {
        namespace: namespace.clone(),
        id,
        args: values.clone(),
    };
    client.state().dirty = true;
    match reply.how {
        ReplyHow::Withhold => {}
        ReplyHow::Once => link.connection.send(&answer(id)),
        ReplyHow::Twice => {
            link.connection.send(&answer(id));
            link.connection.send(&answer(id));
        }
        ReplyHow::WrongId => link.connection.send(&answer(NOBODY_ASKED)),
        ReplyHow::Late(after) => {
            // The lateness itself is what the step is about.
            tokio::time::sleep(after).await;
            link.connection.send(&answer(id));
        }
    }
    link.state().answered.insert((namespace, id));
    Ok(())
}

/// The question to answer: one that an earlier `expect` saw and nobody has answered, else the next one to come.
async fn question(
    attempt: &Attempt<'_>,
    step: &Step,
    client: &Arc<Client>,
    link: &Arc<Link>,
    sought: &Sought,
) -> Stepped<(String, AckId)> {
    if let Some(question) = unanswered(attempt, link, sought)? {
        return Ok(question);
    }
    let found = await_event(attempt, step, client, link, sought, None, false, (1, 1)).await?;
    link.state().claimed.insert(found.index);
    attempt.capture(found.captures);
    let namespace = {
        let entries = link.connection.journal().entries();
        entries
            .get(found.index)
            .and_then(|entry| match &entry.what {
                What::Socket(packet) => Some(packet.namespace().to_owned()),
                _ => None,
            })
    };
    let (Some(id), Some(namespace)) = (found.id, namespace) else {
        return Err(Finding::new(format!(
            "{} arrives at {} without asking for an acknowledgement.",
            sought.spoken, client.spec.name
        ))
        .expected("an event with an ack id")
        .received("an event without one")
        .breach());
    };
    Ok((namespace, id))
}

fn unanswered(
    attempt: &Attempt<'_>,
    link: &Link,
    sought: &Sought,
) -> Stepped<Option<(String, AckId)>> {
    let scope = attempt.scope().clone();
    let state = link.state();
    let entries = link.connection.journal().entries();
    for (index, entry) in entries.iter().enumerate() {
        if !state.claimed.contains(&index) {
            continue;
        }
        if let Likeness::Match { id: Some(id), .. } = sought.compare(attempt, &scope, entry)? {
            let What::Socket(packet) = &entry.what else {
                continue;
            };
            let question = (packet.namespace().to_owned(), id);
            if !state.answered.contains(&question) {
                return Ok(Some(question));
            }
        }
    }
    Ok(None)
}
