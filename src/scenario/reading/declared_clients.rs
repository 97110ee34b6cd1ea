//! The clients and groups that a scenario declares, by name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{
    scenario::{
        ClientName, ClientSpec, Span,
        diagnostic::Problems,
        fields::{Field, is_bare},
        scope::split_index,
    },
    text::{did_you_mean, one_of},
};

/// The clients and groups that a scenario declares.
#[derive(Debug, Default)]
pub(in crate::scenario) struct DeclaredClients {
    /// The clients in order of declaration.
    pub(in crate::scenario) clients: Vec<ClientSpec>,
    /// The names of all clients in `clients`, for quick checks.
    names: HashSet<ClientName>,
    pub(in crate::scenario) groups: BTreeMap<String, Vec<ClientName>>,
    /// The names of the clients whose declaration contains the key `connect`.
    pub(in crate::scenario) connect_explicitly: BTreeSet<ClientName>,
}

impl DeclaredClients {
    /// Returns true if a client or a group has this name.
    pub(in crate::scenario) fn has(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.find(name).is_some()
    }

    /// Adds a client. The caller has checked that no other client or group has the same name.
    pub(in crate::scenario) fn add(&mut self, client: ClientSpec) {
        self.names.insert(client.name.clone());
        self.clients.push(client);
    }

    fn find(&self, name: &str) -> Option<&ClientName> {
        self.names.get(name)
    }

    /// Returns the only client of the scenario. Returns `None` if the scenario has no client or several.
    pub(in crate::scenario) fn only(&self) -> Option<&ClientName> {
        match self.clients.as_slice() {
            [only] => Some(&only.name),
            _ => None,
        }
    }

    /// Reads a list of client names, group names or `all`. Returns the names of all clients that the list stands for,
    /// without duplicates.
    pub(in crate::scenario) fn resolve(
        &self,
        field: &Field<'_>,
        problems: &mut Problems,
    ) -> Vec<ClientName> {
        let mut names = Vec::new();
        let mut seen = HashSet::new();
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
            } else if let Some(name) = self.find(text) {
                vec![name.clone()]
            } else {
                self.unknown(text, item.node.span, problems);
                Vec::new()
            };
            names.extend(found.into_iter().filter(|name| seen.insert(name.clone())));
        }
        names
    }

    /// Reads the name of one client. Reports a group of several clients as a mistake.
    pub(in crate::scenario) fn resolve_one(
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
            let sentence = format!("the group `{group}` has no member `{name}`");
            problems.error("unknown-client", span, sentence).help = Some(format!(
                "the members of the group are numbered from 1 to {}",
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
                format!("write a client of the scenario: {}", one_of(names()))
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
