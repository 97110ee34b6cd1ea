//! `alive`: the server still serves other clients.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{connect, links::any_link};
use crate::{
    client::{DropHow, Layer, Outgoing, What},
    clock,
    runner::{
        clients::{Client, Link, bystander::unconnected, echo},
        findings::{Finding, Obstacle, StepResult, evidence, failure_kind::FailureKind},
        play::attempt::Attempt,
        silence::fence::{self, Proof},
        waiting::Waited,
    },
    scenario::Step,
    wire::socket_io::Packet,
};

/// How long the runner watches whether the server stays alive.
///
/// An error in an earlier step may end the server only later, in a later turn of its event loop or in a thread pool.
const WATCH: Duration = Duration::from_millis(250);

/// Returns true if the runner itself added the client, and the client uses a bare WebSocket whose server echoes
/// messages.
///
/// Only such a client can check the server by an echo. A client of the scenario may have sent only a part of a message;
/// then only a control frame can be sent on its connection.
fn is_runners_own(attempt: &Attempt<'_>, client: &Arc<Client>, link: &Link) -> bool {
    let named = attempt.declared.get(&client.spec.name).is_some();
    let echoes = attempt.target.manifest.provides.contains("echo");
    let is_plain = attempt.target.manifest.dialect.envelope.is_none();
    link.layer == Layer::WebSocket && is_plain && echoes && !named
}

/// Checks that the server still answers the clients that were connected before, and that it accepts a new client.
///
/// A server may still process the steps before this one while it already answers other clients. So the runner first
/// makes a round trip on every connection that allows one, because a server processes the packets of one connection in
/// order. It checks the clients that were connected before, watches the server for a while, and checks these clients
/// again.
pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step) -> StepResult {
    let limit = attempt.limit(step)?;
    let witnesses = match attempt.actors(step) {
        named if named.is_empty() => attempt.bystander.iter().cloned().collect(),
        named => named,
    };
    let watched = clock::now() + WATCH.max(attempt.target.settle);
    await_processing(attempt).await;
    answers(attempt, step, &witnesses, limit).await?;
    outlive(&witnesses, watched).await;
    answers(attempt, step, &witnesses, limit).await?;
    lets_in(attempt).await
}

/// Waits until the server has processed what was sent so far, as far as round trips can prove it.
async fn await_processing(attempt: &Attempt<'_>) {
    let deadline = clock::now() + attempt.target.settle;
    let clients = attempt.declared.all().iter();
    let links: Vec<_> = clients
        .flat_map(|client| client.links().into_iter().map(move |link| (client, link)))
        .filter(|(_, link)| can_ping(link))
        .collect();
    let trips = links
        .iter()
        .map(|(client, link)| fence::round_trip(attempt, (client, link), deadline));
    // Ignore round trips that failed, because the server need not answer a client that has misbehaved.
    futures_util::future::join_all(trips).await;
}

/// Returns true if the server would read a ping on this connection as a ping.
///
/// After raw bytes, the server may read the ping as a part of the frame that the bytes began.
fn can_ping(link: &Link) -> bool {
    let entries = link.connection.journal().entries();
    link.websocket
        && !entries
            .iter()
            .any(|entry| matches!(entry.what, What::Ended(_) | What::Sent(Outgoing::Bytes(_))))
}

/// Waits until the time `until`, or until a witness has lost its connection. A witness is a client that `alive` asks to
/// show that the server still serves other clients.
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
    // Ignore whether the time has passed or a connection was lost: the caller asks all witnesses next.
    let _ = clock::before(until, lost).await;
}

async fn answers(
    attempt: &Attempt<'_>,
    step: &Step,
    witnesses: &[Arc<Client>],
    limit: Duration,
) -> StepResult {
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
            fence::round_trip(attempt, (witness, &link), deadline).await
        };
        if proof > Proof::Ended && (proof < Proof::TimeOnly || !link.websocket) {
            continue;
        }
        if was_disconnected(attempt, &link) {
            continue;
        }
        let (sentence, received) = if proof == Proof::Ended {
            (
                format!("{name} did nothing wrong, but lost its connection."),
                evidence::how_it_ended(&link),
            )
        } else {
            (
                format!(
                    "The server stopped answering {name}, which did nothing wrong: no answer came within {}.",
                    attempt.describe_limit(step, limit)
                ),
                evidence::came_since(&link, from),
            )
        };
        return Err(Finding::new(FailureKind::ServerStuck, sentence)
            .expected("an answer")
            .received(received)
            .breach());
    }
    Ok(())
}

/// Returns true if an application that no manifest describes has disconnected this client, which it may do.
///
/// Such a disconnect does not fail `alive`: the new client, which connects next, shows whether the application still
/// serves other clients.
fn was_disconnected(attempt: &Attempt<'_>, link: &Link) -> bool {
    let entries = link.connection.journal().entries();
    !attempt.target.knows_application()
        && entries
            .iter()
            .any(|entry| matches!(entry.what, What::Socket(Packet::Disconnect { .. })))
}

async fn lets_in(attempt: &Attempt<'_>) -> StepResult {
    let newcomer = unconnected(
        "newcomer",
        attempt.target.manifest.bindings.namespaces.main(),
    );
    let mut joined = connect::bystander(attempt, &newcomer).await;
    if let (Ok(()), Some(link)) = (&joined, newcomer.link())
        && is_runners_own(attempt, &newcomer, &link)
        && !matches!(
            echo::round_trip(&link, clock::now() + attempt.target.within).await,
            Waited::Found(())
        )
    {
        joined =
            Err(Obstacle::new("the server did not answer newcomer's echo message.").unjudged());
    }
    for link in newcomer.links() {
        link.connection.end(DropHow::Close).await;
    }
    joined.map_err(|stop| {
        let detail = stop.into_detail();
        Finding::new(
            FailureKind::ServerStuck,
            format!(
                "The server stopped accepting new clients: {}",
                detail.sentence
            ),
        )
        .expected("a new connection")
        .received(detail.received.unwrap_or(detail.sentence))
        .breach()
    })
}
