//! Clients that the runner adds to the clients of a scenario.

use std::sync::Arc;

use super::cast::{Cast, Client};
use crate::scenario::{ClientName, ClientSpec, ConnectOptions, ConnectionUse, Span, Step};

/// Returns true if a step asks for a bystander: an `alive` that names no client.
pub(super) fn is_needed(steps: &[Step]) -> bool {
    let asks_nobody = |step: &Step| match step.action.facts().connection {
        ConnectionUse::Bystander => step.actors.is_empty(),
        ConnectionUse::Actors
        | ConnectionUse::Clients(_)
        | ConnectionUse::Joins(_)
        | ConnectionUse::None
        | ConnectionUse::Opens(_) => false,
    };
    steps.iter().any(|step| step.any(&asks_nobody))
}

/// Returns a client of this name that is not connected yet.
pub(super) fn unconnected(name: &str) -> Arc<Client> {
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
