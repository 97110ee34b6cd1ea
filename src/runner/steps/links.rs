//! Finds the connection on which a step sends, or checks what the client received.

use std::sync::Arc;

use crate::runner::{
    clients::{Client, Link},
    findings::{Finding, Obstacle, StepResult, evidence, failure_kind::FailureKind},
};

/// Returns the open connection on which `client` sends.
pub(super) fn open_link(client: &Client) -> StepResult<Arc<Link>> {
    let name = &client.spec.name;
    let link = client.link().ok_or_else(|| {
        Obstacle::new(format!(
            "{name} is not connected, but the step sends on its connection."
        ))
        .unjudged()
    })?;
    if link.envelopes.is_some() && link.has_ended() && link.state().requests.expects_end() {
        let sentence = format!(
            "{name} acts after it has left or was refused; a plain WebSocket has ended then."
        );
        return Err(Obstacle::new(sentence).inapplicable());
    }
    if link.has_ended() {
        return Err(Finding::new(
            FailureKind::ConnectionEnded,
            format!(
                "{name} could not send anything more: {}.",
                evidence::how_it_ended(&link)
            ),
        )
        .expected("an open connection")
        .received(evidence::how_it_ended(&link))
        .breach());
    }
    Ok(link)
}

/// Returns the connection on which `client` sends packets, frames or bytes that the scenario writes itself; `None` if
/// the server has ended the connection after such a step.
///
/// Several steps in a row can send the parts of one message, and the server may end the connection at the first part.
/// Later steps judge whether that is right.
pub(super) fn link_to_send_on(client: &Client) -> StepResult<Option<Arc<Link>>> {
    let refused =
        client.state().has_just_sent_by_hand && client.link().is_some_and(|link| link.has_ended());
    if refused {
        return Ok(None);
    }
    open_link(client).map(Some)
}

/// Returns the connection on which a step checks what `client` received; the connection may have ended.
pub(super) fn any_link(client: &Client) -> StepResult<Arc<Link>> {
    client.link().ok_or_else(|| {
        Obstacle::new(format!(
            "{} was never connected, but the step waits for what it receives.",
            client.spec.name
        ))
        .unjudged()
    })
}
