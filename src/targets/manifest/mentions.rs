//! The names in a manifest that have to be known in the contract, in the list of capabilities, or in scenarios.

use std::sync::Arc;

use serde_json::Value;

use super::{
    NameKind,
    schema::{NAMED_KEYS, NAMES, schema},
};
use crate::scenario::{Diagnostic, Mention, Node, SourceFile, items, mention};

/// The names that a manifest mentions.
#[derive(Clone, Debug)]
pub struct ManifestMentions {
    /// The file of the manifest.
    pub source: Arc<SourceFile>,
    names: Vec<(NameKind, Mention)>,
}

impl ManifestMentions {
    /// Collects the names that a manifest mentions.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is not valid YAML.
    pub fn of(source: &Arc<SourceFile>) -> Result<Self, Vec<Diagnostic>> {
        let mut names = Vec::new();
        collect(&Node::parse(source)?, &schema(), &mut names);
        Ok(Self {
            source: Arc::clone(source),
            names,
        })
    }

    /// Returns the names of one kind, in the order of the file.
    pub fn of_kind(&self, kind: NameKind) -> impl Iterator<Item = &Mention> + Clone {
        let names = self.names.iter();
        names.filter_map(move |(of, mention)| (*of == kind).then_some(mention))
    }
}

/// Adds the names in `node` to `names`. `schema` is the schema of the node.
///
/// Leaves out values that contain a variable (`$`), because their value is not known.
fn collect(node: &Node, schema: &Value, names: &mut Vec<(NameKind, Mention)>) {
    if let Some(kind) = kind_of(schema, NAMES) {
        let mentions = items(node).iter().filter_map(mention);
        let known = mentions.filter(|mention| !mention.name.contains('$'));
        names.extend(known.map(|mention| (kind, mention)));
    }
    for entry in node.entries().unwrap_or_default() {
        let property = schema["properties"].get(&entry.key);
        if let (None, Some(kind)) = (property, kind_of(schema, NAMED_KEYS)) {
            let name = entry.key.clone();
            let span = entry.key_span;
            names.push((kind, Mention { name, span }));
        }
        let values = property.unwrap_or(&schema["additionalProperties"]);
        collect(&entry.value, values, names);
    }
    if let Some(schema) = schema.get("items") {
        items(node)
            .iter()
            .for_each(|item| collect(item, schema, names));
    }
    for form in schema["anyOf"].as_array().into_iter().flatten() {
        collect(node, form, names);
    }
}

/// Returns the kind of names that the schema states under `key`.
fn kind_of(schema: &Value, key: &str) -> Option<NameKind> {
    let name = schema.get(key)?.as_str()?;
    NameKind::ALL.into_iter().find(|kind| kind.name() == name)
}
