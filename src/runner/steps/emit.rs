//! `emit`: an event that asks for no acknowledgement.

use super::{call::outbound, links::open_link, refused};
use crate::{
    runner::{findings::StepResult, journal::requests::Author, play::attempt::Attempt, silence},
    scenario::{Emit, Step},
    wire::socket_io::Packet,
};

pub(super) async fn perform(attempt: &Attempt<'_>, step: &Step, emit: &Emit) -> StepResult {
    let watch = attempt.watch(step)?;
    for client in attempt.actors(step) {
        attempt.pace(&client, 1).await;
        let link = open_link(&client)?;
        let event = outbound(attempt, &client, &emit.operation)?;
        attempt.note_sent(&client);
        attempt.note_request(&link, Some(event.sent(None)), Author::Runner);
        link.connection.send(&Packet::Event {
            namespace: event.namespace.clone(),
            id: None,
            name: event.name,
            args: event.args,
        });
        if let Some(expected) = &emit.refused {
            refused::report(
                attempt,
                step,
                &client,
                &link,
                expected,
                refused::Question::Emit {
                    event: &event.spoken,
                    namespace: &event.namespace,
                },
            )
            .await?;
        }
    }
    if emit.refused.is_some() {
        // All clients have received the reports that the step expects. Now prove, once for all clients, that no further
        // report of a refusal comes.
        let claims = refused::no_other_report(attempt, step, watch);
        return silence::claim(attempt, claims).await;
    }
    Ok(())
}
