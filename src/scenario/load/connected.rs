//! Whether each client is connected or not when its first step comes.

use super::cast::Cast;
use crate::{
    data::Data,
    scenario::{Action, ClientSpec, Step, Template, diagnostic::Problems},
};

/// A client that a step opens by hand does not connect by itself.
pub(super) fn opened_by_hand(
    cast: Cast,
    steps: &[Step],
    problems: &mut Problems,
) -> Vec<ClientSpec> {
    let mut clients = cast.clients;
    visit(steps, &mut |step| {
        if !matches!(step.action, Action::Open(_)) {
            return;
        }
        for client in clients
            .iter_mut()
            .filter(|client| step.actors.contains(&client.name))
        {
            if cast.connect_explicitly.contains(&client.name) {
                problems
                    .error(
                        "already-connected",
                        step.span,
                        format!("`{}` is connected before the first step", client.name),
                    )
                    .help =
                    Some("a client that is opened by hand has no `connect: true`".to_owned());
            }
            client.connect = false;
        }
    });
    clients
}

/// A `connect` as the first thing that an already connected client does, to where it already is.
pub(super) fn already_connected(clients: &[ClientSpec], steps: &[Step], problems: &mut Problems) {
    for client in clients.iter().filter(|client| client.connect) {
        let mut first = None;
        visit(steps, &mut |step| {
            if first.is_none() && step.actors.contains(&client.name) {
                first = Some((step.span, step.action.clone()));
            }
        });
        let Some((span, Action::Connect(connect))) = first else {
            continue;
        };
        let root = Template::literal(Data::from("/"));
        let at = client.options.namespace.as_ref().unwrap_or(&root);
        let to = connect.options.namespace.as_ref().unwrap_or(at);
        if at == to {
            problems
                .error(
                    "already-connected",
                    span,
                    format!(
                        "`{}` is there already: it connects before the first step",
                        client.name
                    ),
                )
                .help = Some(format!(
                "declare it as `{}: {{ connect: false }}`",
                client.name
            ));
        }
    }
}

/// Calls `see` with every step, those inside blocks included.
fn visit(steps: &[Step], see: &mut dyn FnMut(&Step)) {
    for step in steps {
        see(step);
        match &step.action {
            Action::Parallel(steps) | Action::Repeat { steps, .. } => visit(steps, see),
            _ => {}
        }
    }
}
