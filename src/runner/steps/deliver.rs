//! `deliver`: exactly these clients receive an event, exactly so often; every other client does not.

use std::sync::Arc;

use super::{
    expect::{AwaitedEvent, await_event},
    links::any_link,
};
use crate::{
    runner::{
        attempt::Attempt,
        cast::Client,
        claim::{Never, Silence},
        finding::Stepped,
        silence,
        sought::Sought,
    },
    scenario::{Accepted, Deliver, Order, Step},
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, deliver: &Deliver) -> Stepped {
    let receivers: Vec<_> = deliver
        .to
        .iter()
        .filter_map(|name| attempt.cast.get(name))
        .cloned()
        .collect();
    let waits = receivers
        .iter()
        .map(|client| receives(attempt, step, deliver, client));
    futures_util::future::try_join_all(waits).await?;

    let mut claims = Vec::new();
    for client in attempt.cast.all() {
        if client.link().is_none() {
            continue;
        }
        let receiver = receivers
            .iter()
            .any(|receiver| Arc::ptr_eq(receiver, client));
        let meaning = match (receiver, deliver.count) {
            (true, 1) => "receives it a second time",
            (true, _) => "receives it once too often",
            (false, _) => "receives it, although it is meant for others only",
        };
        let sought = Sought::new(attempt, client, &deliver.event)?;
        let never = Never::Event { sought, meaning };
        claims.push(Silence {
            client: Arc::clone(client),
            never,
            span: step.span,
            level: step.level,
        });
    }
    silence::claim(attempt, claims).await
}

async fn receives(
    attempt: &Attempt<'_>,
    step: &Step,
    deliver: &Deliver,
    client: &Arc<Client>,
) -> Stepped {
    let link = any_link(client)?;
    let mut awaited = AwaitedEvent {
        event: Accepted::strictly(Sought::new(attempt, client, &deliver.event)?),
        order: Order::Any,
        number: 1,
        count: deliver.count,
    };
    for number in 1..=deliver.count {
        awaited.number = number;
        let found = await_event(attempt, step, client, &link, &awaited).await?;
        link.state().claimed.insert(found.index);
        attempt.capture(found.captures);
    }
    Ok(())
}
