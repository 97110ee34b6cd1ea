//! The names in a manifest that have to be known in the contract, in the list of capabilities, or in scenarios.

use std::sync::Arc;

use serde_json::Value;

use super::{
    NameKind,
    schema::{NAMED_KEYS, NAMES, schema},
};
use crate::scenario::{
    Diagnostic, EventMention, Mention, Node, NodeKind, SourceFile, Template, items, mention,
    names_in_steps,
};

/// The names that a manifest mentions.
#[derive(Clone, Debug)]
pub struct ManifestMentions {
    /// The file of the manifest.
    pub source: Arc<SourceFile>,
    /// The name of the target; `None` if the manifest has none.
    pub target: Option<String>,
    /// The bindings of operations and events that name fields.
    pub bindings: Vec<BindingMention>,
    /// The events in the steps with which clients enter.
    pub entering: Vec<EventMention>,
    /// The namespaces that clients join in these steps.
    pub entered_namespaces: Vec<Mention>,
    /// The target's own names of the events of the fence.
    pub fence: Vec<Mention>,
    names: Vec<(NameKind, Mention)>,
}

/// A binding of an operation or event, with the fields that it names.
#[derive(Clone, Debug)]
pub struct BindingMention {
    /// The scenarios' name of the operation or event.
    pub name: String,
    /// The keys of `fields`, which are the scenarios' names of fields, each with the target's name.
    pub renamed: Vec<(Mention, String)>,
    /// The variables of `with` and `args`, which are fields that scenarios send or expect.
    pub placed: Vec<Mention>,
    /// The variables of `returns`, which are fields of the acknowledgement.
    pub returned: Vec<Mention>,
}

impl BindingMention {
    /// Returns all fields that the binding names.
    pub fn fields(&self) -> impl Iterator<Item = &Mention> {
        let renamed = self.renamed.iter().map(|(name, _)| name);
        renamed.chain(&self.placed).chain(&self.returned)
    }
}

impl ManifestMentions {
    /// Collects the names that a manifest mentions.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is not valid YAML.
    pub fn of(source: &Arc<SourceFile>) -> Result<Self, Vec<Diagnostic>> {
        let mut names = Vec::new();
        let root = Node::parse(source)?;
        collect(&root, &schema(), &mut names);
        let bindings = root.get("bindings").and_then(Node::entries);
        let bindings = bindings.unwrap_or_default().iter();
        let steps = root.get("enter").map(names_in_steps);
        let (entering, entered_namespaces) = steps.unwrap_or_default();
        let fence = root.get("fence");
        let fence = ["emit", "expect"]
            .into_iter()
            .filter_map(|key| fence?.get(key));
        Ok(Self {
            source: Arc::clone(source),
            target: root.get("name").and_then(Node::text).map(str::to_owned),
            bindings: bindings
                .map(|entry| binding(&entry.key, &entry.value, source))
                .collect(),
            entering,
            entered_namespaces,
            fence: fence.filter_map(mention).collect(),
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
            // A binding of a namespace is an older form of a key of `namespaces`.
            let kind = match kind {
                NameKind::Bound if name.starts_with('/') => NameKind::Namespace,
                kind => kind,
            };
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

fn binding(name: &str, node: &Node, source: &SourceFile) -> BindingMention {
    let fields = node.get("fields").and_then(Node::entries);
    let renamed = fields.unwrap_or_default().iter().filter_map(|entry| {
        let (name, span) = (entry.key.clone(), entry.key_span);
        Some((Mention { name, span }, entry.value.text()?.to_owned()))
    });
    let variables_of = |keys: &[&str]| {
        let values = keys.iter().filter_map(|key| node.get(key));
        values
            .flat_map(|value| variables(value, &source.text))
            .collect()
    };
    BindingMention {
        name: name.to_owned(),
        renamed: renamed.collect(),
        placed: variables_of(&["with", "args"]),
        returned: variables_of(&["returns"]),
    }
}

/// Returns the variables in a value, without the fields that they lead into.
fn variables(value: &Node, text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(node) = open.pop() {
        match &node.kind {
            NodeKind::Mapping(entries) => open.extend(entries.iter().map(|entry| &entry.value)),
            NodeKind::Sequence(items) => open.extend(items),
            NodeKind::Scalar(scalar) => {
                let used = Template::text(&scalar.text).map(|template| template.variables());
                for name in used.unwrap_or_default() {
                    let head = name.split(['.', '[']).next().unwrap_or_default();
                    found.push(Mention {
                        name: head.to_owned(),
                        span: node.span.find(text, head),
                    });
                }
            }
        }
    }
    found
}
