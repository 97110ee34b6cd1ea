//! The names in a manifest that have to be known in the contract, in the list of capabilities, or in scenarios.

use std::sync::Arc;

use crate::scenario::{Diagnostic, Entry, Mention, Node, SourceFile, items, mention};

/// The names that a manifest mentions.
#[derive(Clone, Debug)]
pub struct ManifestMentions {
    /// The file of the manifest.
    pub source: Arc<SourceFile>,
    /// The capabilities in `provides` and `lacks` of the manifest and its profiles.
    pub capabilities: Vec<Mention>,
    /// The names of the operations and events that `bindings` renames, and of the namespaces that `namespaces` renames.
    pub bindings: Vec<Mention>,
    /// The names that the target itself uses for operations and events, in `bindings` and `fence`.
    pub own_names: Vec<Mention>,
    /// The operation that `fence` calls. The request of `emit` can have a name of the target's own.
    pub fence: Vec<Mention>,
    /// The names under `absent`: operations, namespaces and credentials.
    pub absent: Vec<Mention>,
    /// The names of the credentials that the manifest defines.
    pub credentials: Vec<Mention>,
    /// The names of the events under `greetings`.
    pub greetings: Vec<Mention>,
}

impl ManifestMentions {
    /// Collects the names that a manifest mentions.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is not valid YAML.
    pub fn of(source: &Arc<SourceFile>) -> Result<Self, Vec<Diagnostic>> {
        let root = Node::parse(source)?;
        let entries = |key: &str| root.get(key).and_then(Node::entries).unwrap_or_default();
        let profiles = entries("profiles").iter().map(|entry| &entry.value);
        let parts = [&root].into_iter().chain(profiles);
        let lists = parts.flat_map(|part| [part.get("provides"), part.get("lacks")]);
        let fence = root.get("fence").and_then(|fence| fence.get("call"));
        let bound = entries("bindings").iter().flat_map(|entry| {
            let binding = &entry.value;
            let event = binding.get("event").unwrap_or(binding);
            [Some(event), binding.get("replied")]
        });
        let own_names = bound
            .chain(["call", "emit", "expect"].map(|key| root.get("fence")?.get(key)))
            .flatten();
        Ok(Self {
            source: Arc::clone(source),
            capabilities: texts(lists.flatten()),
            bindings: [keys(entries("bindings")), keys(entries("namespaces"))].concat(),
            own_names: texts(own_names),
            fence: texts(fence.into_iter()),
            absent: texts(root.get("absent").into_iter()),
            credentials: keys(entries("credentials")),
            greetings: texts(root.get("greetings").into_iter()),
        })
    }
}

/// Returns the keys of a mapping.
fn keys(entries: &[Entry]) -> Vec<Mention> {
    let entries = entries.iter();
    entries
        .map(|entry| Mention {
            name: entry.key.clone(),
            span: entry.key_span,
        })
        .collect()
}

/// Returns the names in `lists` as mentions. Leaves out names that contain a variable (`$`), because their value is not
/// known.
fn texts<'n>(lists: impl Iterator<Item = &'n Node>) -> Vec<Mention> {
    lists
        .flat_map(items)
        .filter_map(mention)
        .filter(|mention| !mention.name.contains('$'))
        .collect()
}
