//! `alive`: the server still serves others.

use std::sync::Arc;

use tokio::time::Instant;

use super::{connect, perform::open_link};
use crate::{
    runner::{
        attempt::Attempt,
        cast::{Cast, Client},
        evidence,
        fence::{self, Proof},
        finding::{Finding, Stepped, Stop},
    },
    scenario::{Action, ClientName, ClientSpec, ConnectOptions, Span, Step},
};

/// Whether a scenario wants a client of the runner's own beside its cast.
pub(in crate::runner) fn needs_bystander(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Alive => step.actors.is_empty(),
        Action::Parallel(steps) | Action::Repeat { steps, .. } => needs_bystander(steps),
        _ => false,
    })
}

/// The runner's own client, not connected yet.
pub(in crate::runner) fn bystander() -> Arc<Client> {
    stranger("bystander")
}

fn stranger(name: &str) -> Arc<Client> {
    let spec = ClientSpec {
        name: ClientName(name.into()),
        connect: true,
        options: ConnectOptions::default(),
        span: Span::default(),
    };
    Cast::new(&[spec])
        .into_only()
        .unwrap_or_else(|| unreachable!("a cast of one has one client"))
}

/// Whoever was connected before still gets answers, and somebody new gets in.
pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step) -> Stepped {
    let limit = attempt.limit(step)?;
    let witnesses = match attempt.actors(step) {
        named if named.is_empty() => attempt.bystander.iter().cloned().collect(),
        named => named,
    };
    for witness in &witnesses {
        let name = &witness.spec.name;
        let link = open_link(witness)?;
        let from = link.connection.journal().entries().len();
        let proof = fence::round_trip(attempt, &link, Instant::now() + limit).await;
        if proof > Proof::Ended && (proof < Proof::TimeOnly || !link.websocket) {
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
    let newcomer = stranger("newcomer");
    let joined = connect::bystander(attempt, &newcomer).await;
    for link in newcomer.links() {
        link.connection.end(crate::client::DropHow::Close).await;
    }
    joined.map_err(|stop| {
        let (Stop::Breach(finding) | Stop::Unjudged(finding)) = stop;
        Finding::new("The server no longer lets anybody in.")
            .expected("a new connection")
            .received(finding.received.unwrap_or(finding.sentence))
            .breach()
    })
}
