//! `deliver`: exactly these clients receive an event, exactly as often as the step says; every other client does not.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    expect::{AwaitedEvent, await_event, missing},
    links::any_link,
};
use crate::{
    runner::{
        clients::Client,
        findings::{Finding, StepResult, Stop},
        journal::rejection::{self, Rejection},
        matching::event_pattern::Sought,
        play::attempt::Attempt,
        silence::{
            self,
            claim::{Never, Silence, Unwanted, Watch},
        },
    },
    scenario::{Accepted, ClientName, Deliver, Order, Step},
};

/// How long a delivery may still take after the server has refused the sender's event.
const AFTER_REJECTION: Duration = Duration::from_secs(1);

/// A client that has to receive the event, and how often it has received it.
struct Receiver {
    client: Arc<Client>,
    received: AtomicUsize,
}

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, deliver: &Deliver) -> StepResult {
    // Compute the end of `within` before the waits below. It counts from the start of the step, and so does the
    // deadline of the deliveries.
    let watch = attempt.watch(step)?;
    let receivers: Vec<_> = deliver
        .to
        .iter()
        .filter_map(|name| attempt.declared.get(name))
        .map(|client| Receiver {
            client: Arc::clone(client),
            received: AtomicUsize::new(0),
        })
        .collect();
    let event = deliver.event.name.render_text(&attempt.scope())?;
    let waits = receivers
        .iter()
        .map(|receiver| receives(attempt, step, deliver, receiver));
    tokio::select! {
        biased;
        received = futures_util::future::try_join_all(waits) => {
            received?;
        }
        rejection = rejected(attempt, &event) => {
            return Err(undelivered(attempt, deliver, &receivers, &rejection)?);
        }
    }
    let claims = silences(attempt, step, deliver, watch)?;
    if !receivers.is_empty() {
        rejection::note_delivery(attempt, &event);
    }
    silence::claim(attempt, claims).await
}

/// Returns the claims that no receiver gets the event again, and that the other clients never get it.
fn silences(
    attempt: &Attempt<'_>,
    step: &Step,
    deliver: &Deliver,
    watch: Option<Watch>,
) -> StepResult<Vec<Silence>> {
    let event = deliver.event.name.render_text(&attempt.scope())?;
    let sender = rejection::only_sender(attempt, &event);
    let receivers: HashSet<&ClientName> = deliver.to.iter().collect();
    let names: Arc<[ClientName]> = deliver.to.clone().into();
    let mut claims = Vec::new();
    for client in attempt.declared.all() {
        if client.link().is_none() {
            continue;
        }
        let is_receiver = receivers.contains(&client.spec.name);
        let is_sender = sender
            .as_ref()
            .is_some_and(|sender| Arc::ptr_eq(sender, client));
        let reason = match (is_receiver, is_sender) {
            (true, _) => Unwanted::Repeated {
                count: deliver.count,
            },
            (false, true) => Unwanted::Own(Arc::clone(&names)),
            (false, false) => Unwanted::NotAReceiver(Arc::clone(&names)),
        };
        let sought = Sought::new(attempt, client, &deliver.event)?;
        claims.push(Silence {
            client: Arc::clone(client),
            never: Never::Event { sought, reason },
            span: step.span,
            level: step.level,
            watch,
        });
    }
    Ok(claims)
}

/// Waits until one client has received the event as often as it has to.
async fn receives(
    attempt: &Attempt<'_>,
    step: &Step,
    deliver: &Deliver,
    receiver: &Receiver,
) -> StepResult {
    let client = &receiver.client;
    let link = any_link(client)?;
    let mut awaited = awaited(attempt, deliver, client)?;
    let deadline = attempt.deadline(step)?;
    for number in 1..=deliver.count {
        awaited.number = number;
        let found = await_event(attempt, (step, deadline), client, &link, &awaited)
            .await
            .map_err(|stop| explained(attempt, &awaited, stop))?;
        link.state().received.claim(found.index);
        awaited.go_on_after(&found);
        receiver.received.store(number, Ordering::Relaxed);
        attempt.capture(found.captures);
    }
    Ok(())
}

fn awaited(attempt: &Attempt<'_>, deliver: &Deliver, client: &Client) -> StepResult<AwaitedEvent> {
    Ok(AwaitedEvent {
        event: Accepted::strictly(Sought::new(attempt, client, &deliver.event)?),
        order: Order::Any,
        number: 1,
        count: deliver.count,
        from: 0,
    })
}

/// Waits until the server has rejected every request that can cause the event, and the time for a late delivery is
/// over.
///
/// Never returns if the event can still come.
async fn rejected(attempt: &Attempt<'_>, event: &str) -> Rejection {
    rejection::all_rejected(attempt, event).await;
    tokio::time::sleep(AFTER_REJECTION.max(attempt.target.settle)).await;
    // Another client can have sent a request meanwhile.
    rejection::all_rejected(attempt, event).await
}

/// Returns the finding about the first client that did not receive the event, because the server rejected the request
/// that causes the event.
fn undelivered(
    attempt: &Attempt<'_>,
    deliver: &Deliver,
    receivers: &[Receiver],
    rejection: &Rejection,
) -> StepResult<Stop> {
    for receiver in receivers {
        let received = receiver.received.load(Ordering::Relaxed);
        if received == deliver.count {
            continue;
        }
        let client = &receiver.client;
        let mut awaited = awaited(attempt, deliver, client)?;
        awaited.number = received + 1;
        let finding = missing(
            attempt,
            client,
            &*any_link(client)?,
            &awaited,
            &format!("because {}", rejection.clause),
        )?;
        return Ok(with_rejection(finding, rejection).breach());
    }
    unreachable!("the step goes on when every client has received the event")
}

/// Adds to a finding which requests the server rejected.
fn explained(attempt: &Attempt<'_>, awaited: &AwaitedEvent, stop: Stop) -> Stop {
    let rejection = rejection::rejection(attempt, &awaited.event.strict.spoken);
    match (stop, rejection) {
        (Stop::Breach(mut finding), Some(rejection)) => {
            let sentence = finding.detail.sentence.trim_end_matches('.');
            finding.detail.sentence = format!("{sentence}; {}.", rejection.clause);
            with_rejection(*finding, &rejection).breach()
        }
        (stop, _) => stop,
    }
}

/// Adds to a finding about a receiver what the senders of the requests received.
fn with_rejection(finding: Finding, rejection: &Rejection) -> Finding {
    let received = finding.detail.received.clone().unwrap_or_default();
    finding.received(format!("{received}\n{}", rejection.received))
}
