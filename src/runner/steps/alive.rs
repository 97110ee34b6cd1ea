//! `alive`: the server still serves others.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{connect, links::any_link};
use crate::{
    client::{DropHow, Layer, Outgoing, What},
    clock,
    runner::{
        attempt::Attempt,
        bystander::unconnected,
        cast::{Client, Link},
        echo, evidence,
        fence::{self, Proof},
        finding::{Finding, Stepped},
        wait::Waited,
    },
    scenario::Step,
    wire::socket_io::Packet,
};

/// How long a server is watched after what came before the step: an error that ends it in a later turn of its
/// loop, or in a pool of threads, is its error as well.
const WATCH: Duration = Duration::from_millis(250);

/// Whether a client is one that only the runner speaks through, to a plain WebSocket that sends messages back.
///
/// A client of the scenario may be inside a message; nothing but a control frame can be sent on its behalf.
fn is_runners_own(attempt: &Attempt<'_>, client: &Arc<Client>, link: &Link) -> bool {
    let named = attempt.cast.get(&client.spec.name).is_some();
    let echoes = attempt.target.manifest.provides.contains("echo");
    link.layer == Layer::WebSocket && echoes && !named
}

/// Whoever was connected before still gets answers, and somebody new gets in.
///
/// A server may be handling what came before this step while it already answers others, and end of it a
/// moment later. So whoever can make a round trip on its own connection does so first: packets of one
/// connection are handled in order. What is handled later still is watched for; then all is asked again.
pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step) -> Stepped {
    let limit = attempt.limit(step)?;
    let witnesses = match attempt.actors(step) {
        named if named.is_empty() => attempt.bystander.iter().cloned().collect(),
        named => named,
    };
    let watched = clock::now() + WATCH.max(attempt.target.settle);
    handled(attempt).await;
    answers(attempt, &witnesses, limit).await?;
    outlive(&witnesses, watched).await;
    answers(attempt, &witnesses, limit).await?;
    lets_in(attempt).await
}

/// Waits until what was sent so far has been handled, as far as a round trip can tell.
async fn handled(attempt: &Attempt<'_>) {
    let deadline = clock::now() + attempt.target.settle;
    let links: Vec<_> = attempt
        .cast
        .all()
        .iter()
        .flat_map(|client| client.links())
        .filter(|link| is_in_step(link))
        .collect();
    let trips = links
        .iter()
        .map(|link| fence::round_trip(attempt, link, deadline));
    // That somebody who misbehaved is not answered is all right.
    futures_util::future::join_all(trips).await;
}

/// Whether a ping on this connection would be read as one: behind raw bytes it may be a part of what they began.
fn is_in_step(link: &Link) -> bool {
    let entries = link.connection.journal().entries();
    link.websocket
        && !entries
            .iter()
            .any(|entry| matches!(entry.what, What::Ended(_) | What::Sent(Outgoing::Bytes(_))))
}

/// Waits until `until`, or until a witness has lost its connection.
async fn outlive(witnesses: &[Arc<Client>], until: Instant) {
    let links: Vec<_> = witnesses
        .iter()
        .filter_map(|client| client.link())
        .collect();
    let ends = links
        .iter()
        .map(|link| Box::pin(link.connection.journal().ended()));
    let lost = async {
        if links.is_empty() {
            std::future::pending::<()>().await;
        }
        futures_util::future::select_all(ends).await;
    };
    // Either way the witnesses are asked next.
    let _ = timeout_at(until, lost).await;
}

async fn answers(attempt: &Attempt<'_>, witnesses: &[Arc<Client>], limit: Duration) -> Stepped {
    for witness in witnesses {
        let name = &witness.spec.name;
        let link = any_link(witness)?;
        let from = link.connection.journal().entries().len();
        let deadline = clock::now() + limit;
        let proof = if is_runners_own(attempt, witness, &link) {
            match echo::round_trip(&link, deadline).await {
                Waited::Found(()) => continue,
                Waited::Ended(_) => Proof::Ended,
                Waited::TimedOut => Proof::TimeOnly,
            }
        } else {
            fence::round_trip(attempt, &link, deadline).await
        };
        if proof > Proof::Ended && (proof < Proof::TimeOnly || !link.websocket) {
            continue;
        }
        if is_put_out(attempt, &link) {
            continue;
        }
        let received = if proof == Proof::Ended {
            evidence::how_it_ended(&link)
        } else {
            evidence::came_since(&link, from)
        };
        return Err(Finding::new(format!(
            "The server no longer answers {name}, who did nothing wrong."
        ))
        .expected("an answer")
        .received(received)
        .breach());
    }
    Ok(())
}

/// Whether an application that nobody described told this client to leave: it may have its reasons. Whether it still
/// serves others is seen by who comes next.
fn is_put_out(attempt: &Attempt<'_>, link: &Link) -> bool {
    let entries = link.connection.journal().entries();
    !attempt.target.knows_application()
        && entries
            .iter()
            .any(|entry| matches!(entry.what, What::Socket(Packet::Disconnect { .. })))
}

async fn lets_in(attempt: &Attempt<'_>) -> Stepped {
    let newcomer = unconnected("newcomer");
    let mut joined = connect::bystander(attempt, &newcomer).await;
    if let (Ok(()), Some(link)) = (&joined, newcomer.link())
        && is_runners_own(attempt, &newcomer, &link)
        && !matches!(
            echo::round_trip(&link, clock::now() + attempt.target.within).await,
            Waited::Found(())
        )
    {
        joined = Err(Finding::new("no answer").breach());
    }
    for link in newcomer.links() {
        link.connection.end(DropHow::Close).await;
    }
    joined.map_err(|stop| {
        let finding = stop.into_finding();
        Finding::new("The server no longer lets anybody in.")
            .expected("a new connection")
            .received(finding.received.unwrap_or(finding.sentence))
            .breach()
    })
}
