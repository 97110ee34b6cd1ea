//! Whether each client is connected or not when its first step comes.

use std::collections::{BTreeMap, BTreeSet};

use super::cast::Cast;
use crate::{
    data::Data,
    scenario::{
        Action, ClientName, ClientSpec, EventPattern, Never, Step, Template, diagnostic::Problems,
    },
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
                first = Some(step);
            }
        });
        let Some(first) = first else { continue };
        let Action::Connect(connect) = &first.action else {
            continue;
        };
        let root = Template::literal(Data::from("/"));
        let at = client.options.namespace.as_ref().unwrap_or(&root);
        let to = connect.options.namespace.as_ref().unwrap_or(at);
        if at == to {
            problems
                .error(
                    "already-connected",
                    first.span,
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

/// What a client does, or must not receive, before it has any connection: nothing could come of it.
pub(super) fn not_connected(clients: &[ClientSpec], steps: &[Step], problems: &mut Problems) {
    let connected = clients.iter().filter(|client| client.connect);
    let mut connected: BTreeSet<ClientName> = connected.map(|client| client.name.clone()).collect();
    not_connected_in(steps, &mut connected, problems);
}

fn not_connected_in(steps: &[Step], connected: &mut BTreeSet<ClientName>, problems: &mut Problems) {
    for step in steps {
        let waits_for = match &step.action {
            Action::Connect(_) | Action::Open(_) => {
                connected.extend(step.actors.iter().cloned());
                continue;
            }
            Action::Parallel(steps) => {
                // Which of them comes first is open.
                visit(steps, &mut |step| {
                    if matches!(step.action, Action::Connect(_) | Action::Open(_)) {
                        connected.extend(step.actors.iter().cloned());
                    }
                });
                not_connected_in(steps, connected, problems);
                continue;
            }
            Action::Repeat { steps, .. } => {
                not_connected_in(steps, connected, problems);
                continue;
            }
            Action::Alive | Action::Check(_) | Action::Http(_) => continue,
            Action::Deliver(deliver) => &deliver.to,
            _ => &step.actors,
        };
        if let Some(name) = waits_for.iter().find(|name| !connected.contains(*name)) {
            problems
                .error(
                    "not-connected",
                    step.span,
                    format!("`{name}` has no connection at this point"),
                )
                .help = Some(format!(
                "`connect` or `open` it in an earlier step, or declare `{name}` without `connect: false`"
            ));
        }
    }
}

/// Silence in a namespace that nobody could hear anything from.
pub(super) fn never_joined(clients: &[ClientSpec], steps: &[Step], problems: &mut Problems) {
    let mut joined: BTreeMap<&ClientName, Joined> = clients
        .iter()
        .map(|client| (&client.name, Joined::at_first(client)))
        .collect();
    let mut acts = Vec::new();
    visit(steps, &mut |step| acts.push(step));
    for step in &acts {
        for (_, joined) in joined
            .iter_mut()
            .filter(|(name, _)| step.actors.contains(name))
        {
            joined.take(&step.action);
        }
    }
    let hears = |name: &ClientName, namespace: &str| {
        joined
            .get(name)
            .is_none_or(|joined| joined.unknown || joined.namespaces.contains(namespace))
    };
    let literal = |event: &EventPattern| {
        let namespace = event.namespace.as_ref()?.as_literal()?;
        namespace.as_str().map(str::to_owned)
    };
    for step in &acts {
        let (event, observers): (_, Vec<&ClientName>) = match &step.action {
            Action::Never(Never::Event(event)) => (event, step.actors.iter().collect()),
            Action::Deliver(deliver) if deliver.to.is_empty() => (
                &deliver.event,
                clients.iter().map(|client| &client.name).collect(),
            ),
            _ => continue,
        };
        let Some(namespace) = literal(event) else {
            continue;
        };
        if !observers.iter().any(|name| hears(name, &namespace)) {
            problems
                .error(
                    "never-joined",
                    step.span,
                    format!("nobody who could receive it joins `{namespace}`"),
                )
                .help =
                Some("a claim of silence needs a client that would hear a sound".to_owned());
        }
    }
}

/// The namespaces that a client asks for.
struct Joined {
    namespaces: BTreeSet<String>,
    /// It may join others: through a variable, or by packets written by hand.
    unknown: bool,
}

impl Joined {
    fn at_first(client: &ClientSpec) -> Self {
        let mut joined = Self {
            namespaces: BTreeSet::new(),
            unknown: false,
        };
        joined.add(client.options.namespace.as_ref());
        joined
    }

    fn take(&mut self, action: &Action) {
        match action {
            Action::Connect(connect) => self.add(connect.options.namespace.as_ref()),
            Action::Open(_) | Action::Send(_) | Action::Frame(_) => self.unknown = true,
            _ => {}
        }
    }

    fn add(&mut self, namespace: Option<&Template>) {
        let name = match namespace {
            None => Some("/"),
            Some(namespace) => namespace.as_literal().and_then(Data::as_str),
        };
        match name {
            Some(name) => {
                self.namespaces.insert(name.to_owned());
            }
            None => self.unknown = true,
        }
    }
}

/// Calls `see` with every step, those inside blocks included.
fn visit<'s>(steps: &'s [Step], see: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        see(step);
        match &step.action {
            Action::Parallel(steps) | Action::Repeat { steps, .. } => visit(steps, see),
            _ => {}
        }
    }
}
