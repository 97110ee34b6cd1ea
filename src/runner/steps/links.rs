//! The connections that steps act and observe on.

use std::sync::Arc;

use crate::runner::{
    cast::{Client, Link},
    evidence,
    finding::{Finding, Stepped},
};

/// The connection through which `client` acts; it must be open.
pub(super) fn open_link(client: &Client) -> Stepped<Arc<Link>> {
    let name = &client.spec.name;
    let link = client.link().ok_or_else(|| {
        Finding::new(format!("{name} is not connected when the step needs it.")).unjudged()
    })?;
    if link.has_ended() {
        return Err(
            Finding::new(format!("{name}'s connection has ended before this step."))
                .expected("an open connection")
                .received(evidence::how_it_ended(&link))
                .breach(),
        );
    }
    Ok(link)
}

/// The connection on which `client` sends by hand; `None` if the peer has ended it for what the step before sent.
///
/// What a client sends by steps in a row is one act: a peer may refuse it at its first byte. What follows judges that.
pub(super) fn link_to_send_on(client: &Client) -> Stepped<Option<Arc<Link>>> {
    let refused = client.state().in_one_go && client.link().is_some_and(|link| link.has_ended());
    if refused {
        return Ok(None);
    }
    open_link(client).map(Some)
}

/// The connection on which `client` observes; it may have ended.
pub(super) fn any_link(client: &Client) -> Stepped<Arc<Link>> {
    client.link().ok_or_else(|| {
        Finding::new(format!(
            "{} was never connected when the step observes it.",
            client.spec.name
        ))
        .unjudged()
    })
}
