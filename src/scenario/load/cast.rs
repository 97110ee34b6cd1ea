//! `clients:`, who takes part in a scenario.

use std::collections::{BTreeMap, BTreeSet};

use super::{connection, steps::StepReader};
use crate::{
    scenario::{
        ClientName, ClientSpec, ConnectOptions, Span,
        diagnostic::Problems,
        fields::{Field, Fields, is_bare},
        node::{Node, NodeKind},
        scope::split_index,
        template::is_name,
    },
    text::{did_you_mean, one_of},
};

/// A group is not larger.
const MAX_MEMBERS: u64 = 100_000;

/// The clients of one scenario, by the names that steps use.
#[derive(Debug, Default)]
pub(super) struct Cast {
    /// In order of declaration.
    pub(super) clients: Vec<ClientSpec>,
    groups: BTreeMap<String, Vec<ClientName>>,
    /// Clients of which the scenario says that they connect.
    pub(super) connect_explicitly: BTreeSet<ClientName>,
}

impl Cast {
    fn has(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.clients.iter().any(|client| &*client.name.0 == name)
    }

    /// The one client, where there is only one.
    pub(super) fn only(&self) -> Option<&ClientName> {
        match self.clients.as_slice() {
            [only] => Some(&only.name),
            _ => None,
        }
    }

    /// Clients, groups and `all`, as the names of clients, each once.
    pub(super) fn resolve(&self, field: &Field<'_>, problems: &mut Problems) -> Vec<ClientName> {
        let mut names = Vec::new();
        if is_bare(field.node) {
            field.wrong("the name of a client, or several", problems);
            return names;
        }
        for (text, item) in field.texts(problems) {
            let found: Vec<ClientName> = if text == "all" {
                self.clients
                    .iter()
                    .map(|client| client.name.clone())
                    .collect()
            } else if let Some(members) = self.groups.get(text) {
                members.clone()
            } else if let Some(client) = self.clients.iter().find(|client| &*client.name.0 == text)
            {
                vec![client.name.clone()]
            } else {
                self.unknown(text, item.node.span, problems);
                Vec::new()
            };
            for name in found {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// One client by its name.
    pub(super) fn resolve_one(
        &self,
        field: &Field<'_>,
        problems: &mut Problems,
    ) -> Option<ClientName> {
        match self.resolve(field, problems).as_slice() {
            [one] => Some(one.clone()),
            [] => None,
            _ => {
                field.wrong("the name of one client", problems);
                None
            }
        }
    }

    fn unknown(&self, name: &str, span: Span, problems: &mut Problems) {
        let member =
            split_index(name).and_then(|(group, _)| Some((group, self.groups.get(group)?)));
        if let Some((group, members)) = member {
            let sentence = format!("the group `{group}` has no such member");
            problems.error("unknown-client", span, sentence).help = Some(format!(
                "its members are counted from 1 to {}",
                members.len()
            ));
            return;
        }
        let names = || {
            self.clients
                .iter()
                .map(|client| &*client.name.0)
                .filter(|name| !name.contains('['))
                .chain(self.groups.keys().map(String::as_str))
        };
        let help = did_you_mean(name, names()).unwrap_or_else(|| {
            if self.clients.is_empty() {
                "the scenario has no `clients:`".to_owned()
            } else {
                format!("the scenario has {}", one_of(names()))
            }
        });
        problems
            .error(
                "unknown-client",
                span,
                format!("there is no client `{name}`"),
            )
            .help = Some(help);
    }
}

/// Reads `clients:` into the reader's cast.
pub(super) fn read(field: &Field<'_>, steps: &mut StepReader<'_, '_>) {
    match &field.node.kind {
        NodeKind::Mapping(entries) => {
            for entry in entries {
                client(&entry.key, entry.key_span, &entry.value, steps);
            }
        }
        NodeKind::Sequence(items) => {
            for item in items {
                let field = Field {
                    key: field.key,
                    node: item,
                };
                if let NodeKind::Mapping(_) = item.kind {
                    steps
                        .problems
                        .error(
                            "wrong-type",
                            item.span,
                            "a list of `clients` has names only, found a mapping",
                        )
                        .help = Some(
                        "with options it is a mapping of all of them: `{ a: {}, b: { connect: false } }`"
                            .to_owned(),
                    );
                } else if let Some(name) = field.text(steps.problems) {
                    add(
                        name,
                        item.span,
                        None,
                        ConnectOptions::default(),
                        None,
                        steps,
                    );
                }
            }
        }
        NodeKind::Scalar(_) => field.wrong(
            "a list of names, or a mapping of names to options",
            steps.problems,
        ),
    }
}

fn client(name: &str, span: Span, node: &Node, steps: &mut StepReader<'_, '_>) {
    if is_bare(node) {
        add(name, span, None, ConnectOptions::default(), None, steps);
        return;
    }
    let substitutes = steps.substitutes;
    let Some(fields) = Fields::new(node, "a client", steps.problems) else {
        return;
    };
    let fields = fields.with_substitutes(substitutes);
    let connect = fields
        .get("connect")
        .and_then(|connect| connect.boolean(steps.problems));
    let count = fields
        .get("count")
        .and_then(|count| count.number(1, MAX_MEMBERS, steps.problems));
    let mut options = connection::options(&fields, steps);
    options.namespace = fields
        .raw("namespace")
        .map(|namespace| connection::namespace(&namespace, steps));
    fields.finish(steps.problems);
    add(name, span, connect, options, count, steps);
}

fn add(
    name: &str,
    span: Span,
    connect: Option<bool>,
    options: ConnectOptions,
    count: Option<u64>,
    steps: &mut StepReader<'_, '_>,
) {
    if !is_name(name) || name == "all" {
        let help = if name == "all" {
            "`all` means every client"
        } else {
            "a name is letters, digits and `_`, no digit first"
        };
        steps
            .problems
            .error(
                "bad-name",
                span,
                format!("`{name}` can't be the name of a client"),
            )
            .help = Some(help.to_owned());
    }
    if steps.cast.has(name) {
        steps.problems.error(
            "duplicate-client",
            span,
            format!("the client `{name}` is declared twice"),
        );
        return;
    }
    if steps.variables.is_set(name) {
        steps.problems.error(
            "reserved-name",
            span,
            format!("`{name}` can't be a client: it is a variable of `vars` or of a row"),
        );
    }
    super::variables::refuse_reserved(name, span, &steps.variables, steps.problems);
    let mut declare = |name: String| {
        let name = ClientName(name.into());
        if connect == Some(true) {
            steps.cast.connect_explicitly.insert(name.clone());
        }
        steps.cast.clients.push(ClientSpec {
            name: name.clone(),
            connect: connect.unwrap_or(true),
            options: options.clone(),
            span,
        });
        name
    };
    match count {
        None => {
            declare(name.to_owned());
            steps.variables.add_client(name);
        }
        Some(count) => {
            let members: Vec<ClientName> = (1..=count)
                .map(|number| declare(format!("{name}[{number}]")))
                .collect();
            steps.variables.add_group(name, members.len());
            steps.cast.groups.insert(name.to_owned(), members);
        }
    }
}
