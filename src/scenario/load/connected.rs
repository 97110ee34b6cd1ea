//! Checks when a file is loaded that each step's clients are connected at that step.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    data::Data,
    scenario::{
        Action, ClientName, ClientSpec, EventPattern, Step, Template,
        diagnostic::Problems,
        reading::declared_clients::DeclaredClients,
        verbs::{ConnectionUse, Observers},
        visit_steps,
    },
};

/// Sets `connect` to false for each client whose connection an `open` step opens, so that the client does not connect
/// before the first step.
pub(super) fn opened_by_hand(
    declared: DeclaredClients,
    steps: &[Step],
    problems: &mut Problems,
) -> Vec<ClientSpec> {
    let mut clients = declared.clients;
    let places: HashMap<ClientName, usize> = clients
        .iter()
        .enumerate()
        .map(|(place, client)| (client.name.clone(), place))
        .collect();
    visit_steps(steps, &mut |step| {
        let ConnectionUse::Opens(_) = step.action.facts().connection else {
            return;
        };
        for name in &step.actors {
            let Some(client) = places.get(name).and_then(|place| clients.get_mut(*place)) else {
                continue;
            };
            if declared.connect_explicitly.contains(&client.name) {
                problems
                    .error(
                        "already-connected",
                        step.span,
                        format!("`{}` is connected before the first step", client.name),
                    )
                    .help = Some(
                    "remove `connect: true`: this step opens the client's connection".to_owned(),
                );
            }
            client.connect = false;
        }
    });
    clients
}

/// Reports a mistake if the first step of a client is `connect` to a namespace that the client joined automatically
/// before the scenario's first step.
pub(super) fn already_connected(clients: &[ClientSpec], steps: &[Step], problems: &mut Problems) {
    let mut firsts: HashMap<&ClientName, &Step> = HashMap::new();
    visit_steps(steps, &mut |step| {
        for name in &step.actors {
            firsts.entry(name).or_insert(step);
        }
    });
    for client in clients.iter().filter(|client| client.connect) {
        let Some(first) = firsts.get(&client.name) else {
            continue;
        };
        let ConnectionUse::Joins(options) = first.action.facts().connection else {
            continue;
        };
        let root = Template::literal(Data::from("/"));
        let at = client.options.namespace.as_ref().unwrap_or(&root);
        let to = options.namespace.as_ref().unwrap_or(at);
        if at == to {
            problems
                .error(
                    "already-connected",
                    first.span,
                    format!(
                        "`{}` has already joined: it connects before the first step",
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

/// Reports each step whose clients have no connection when the step starts.
pub(super) fn not_connected(clients: &[ClientSpec], steps: &[Step], problems: &mut Problems) {
    let connected = clients.iter().filter(|client| client.connect);
    let mut connected: BTreeSet<ClientName> = connected.map(|client| client.name.clone()).collect();
    not_connected_in(steps, &mut connected, problems);
}

fn not_connected_in(steps: &[Step], connected: &mut BTreeSet<ClientName>, problems: &mut Problems) {
    for step in steps {
        let facts = step.action.facts();
        let waits_for = match facts.connection {
            ConnectionUse::Joins(_) | ConnectionUse::Opens(_) => {
                connected.extend(step.actors.iter().cloned());
                continue;
            }
            ConnectionUse::Bystander | ConnectionUse::None => &[],
            ConnectionUse::Clients(clients) => clients,
            ConnectionUse::Actors => step.actors.as_slice(),
        };
        if facts.at_the_same_time {
            // The steps of such a block run at the same time. So a client counts as connected in the whole block
            // if any step of the block connects it.
            visit_steps(step.action.steps(), &mut |step| {
                if step.action.facts().connection.options().is_some() {
                    connected.extend(step.actors.iter().cloned());
                }
            });
        }
        not_connected_in(step.action.steps(), connected, problems);
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

/// Reports each step such as `never` whose event no client could receive, because no client joins the event's
/// namespace. Such a step can't fail.
pub(super) fn never_joined(clients: &[ClientSpec], steps: &[Step], problems: &mut Problems) {
    let mut joined: BTreeMap<&ClientName, Joined> = clients
        .iter()
        .map(|client| (&client.name, Joined::at_first(client)))
        .collect();
    let mut acts = Vec::new();
    visit_steps(steps, &mut |step| acts.push(step));
    for step in &acts {
        for name in &step.actors {
            if let Some(joined) = joined.get_mut(name) {
                joined.take(&step.action);
            }
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
        let Some((event, observers)) = step.action.facts().excluded else {
            continue;
        };
        let observers: Vec<&ClientName> = match observers {
            Observers::Actors => step.actors.iter().collect(),
            Observers::Everybody => clients.iter().map(|client| &client.name).collect(),
        };
        let Some(namespace) = literal(event) else {
            continue;
        };
        if !observers.iter().any(|name| hears(name, &namespace)) {
            problems
                .error(
                    "never-joined",
                    step.span,
                    format!("no client joins `{namespace}`, so this step can't fail"),
                )
                .help = Some(
                "let a client that could receive the event `connect` to the namespace".to_owned(),
            );
        }
    }
}

/// The namespaces that one client joins in the course of the scenario.
struct Joined {
    namespaces: BTreeSet<String>,
    /// True if the client can join further namespaces whose names the loader does not know: a variable names the
    /// namespace, or the scenario writes out the packet that joins it.
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
        let facts = action.facts();
        if let ConnectionUse::Joins(options) = facts.connection {
            self.add(options.namespace.as_ref());
        }
        self.unknown |= facts.may_join;
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
