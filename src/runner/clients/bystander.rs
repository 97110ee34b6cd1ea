//! The bystander: a client that the runner adds to a scenario. It shows whether the server still serves other clients.

use std::sync::Arc;

use super::{Client, Clients};
use crate::scenario::{ClientName, ClientSpec, ConnectOptions, ConnectionUse, Span, Step};

/// Returns true if a step needs a bystander, which is a client that the runner adds. An `alive` step that names no
/// client needs one.
pub(in crate::runner) fn is_needed(steps: &[Step]) -> bool {
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

/// Returns a client of this name that is not connected yet. `main` is the target's name of the main namespace.
pub(in crate::runner) fn unconnected(name: &str, main: &str) -> Arc<Client> {
    let spec = ClientSpec {
        name: ClientName(name.into()),
        connect: true,
        options: Arc::new(ConnectOptions::default()),
        span: Span::default(),
    };
    Clients::new(&[spec], main)
        .into_only()
        .unwrap_or_else(|| unreachable!("a list made from one client has one client"))
}
