//! Reads the key `bindings` of a manifest.

use std::collections::BTreeMap;

use crate::{
    scenario::{Entry, Field, Fields, Node, NodeKind, Problems, ValueReader},
    targets::{Binding, Bindings, Places},
};

pub(super) fn read(field: Field<'_>, problems: &mut Problems) -> Bindings {
    let mut bindings = Bindings::default();
    if let Some(fields) = Fields::new(field.node, "`bindings`", problems) {
        for entry in fields.entries() {
            let Some(binding) = binding(entry, problems) else {
                continue;
            };
            if entry.key.starts_with('/') {
                bindings.namespaces.rename(&entry.key, &binding.event);
            } else {
                bindings.entries.insert(entry.key.clone(), binding);
            }
        }
    }
    bindings
}

fn binding(entry: &Entry, problems: &mut Problems) -> Option<Binding> {
    if let Some(event) = entry.value.text() {
        return Some(Binding {
            event: event.to_owned(),
            ..Binding::default()
        });
    }
    let fields = Fields::new(&entry.value, "a binding", problems)?;
    fields.exclusive(&[&["args", "fields", "with"]], problems);
    let event = fields
        .get("event")
        .map_or(Some(entry.key.as_str()), |field| field.text(problems));
    let namespace = fields
        .get("namespace")
        .and_then(|field| field.text(problems));
    let replied = fields.get("replied").and_then(|field| field.text(problems));
    let with = fields.raw("with");
    let renamed = match (fields.raw("fields"), with) {
        (Some(field), _) => renamings(field, problems),
        (None, Some(with)) => {
            let mut renamed = variables(with.node);
            renamed.retain(|_, path| !path.is_empty());
            renamed
        }
        (None, None) => BTreeMap::new(),
    };
    let args = fields.raw("args").map(|args| list(args, problems));
    let returns = fields.raw("returns").map(|returns| list(returns, problems));
    let mut values = ValueReader::new(problems);
    let payload = match (with, &args) {
        (Some(with), _) => Some(vec![values.template(with.node)]),
        (None, Some(args)) => Some(args.iter().map(|node| values.template(node)).collect()),
        (None, None) => None,
    };
    let reply = fields.raw("reply").map(|reply| values.matcher(reply.node));
    fields.finish(problems);
    Some(Binding {
        event: event?.to_owned(),
        namespace: namespace.map(str::to_owned),
        replied: replied.map(str::to_owned),
        fields: renamed,
        payload,
        places: args.map(places),
        returns: returns.map(places),
        reply,
    })
}

fn list<'n>(field: Field<'n>, problems: &mut Problems) -> &'n [Node] {
    if let NodeKind::Sequence(items) = &field.node.kind {
        return items;
    }
    let message = format!(
        "a list of arguments is needed, found {}",
        field.node.describe()
    );
    problems.error("wrong-type", field.node.span, message);
    &[]
}

/// Returns the place of each variable in `args`, the templates of a list of arguments.
fn places(args: &[Node]) -> Places {
    let mut found = BTreeMap::new();
    for (index, arg) in args.iter().enumerate() {
        for (name, path) in variables(arg) {
            found.insert(name, (index, path));
        }
    }
    Places {
        fields: found,
        args: args.len(),
    }
}

fn renamings(field: Field<'_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let Some(fields) = Fields::new(field.node, "`fields`", problems) else {
        return BTreeMap::new();
    };
    let mut renamed = BTreeMap::new();
    for entry in fields.entries() {
        match entry.value.text() {
            Some(target) => {
                renamed.insert(entry.key.clone(), target.to_owned());
            }
            None => {
                let message = format!(
                    "`{}` has to be the target's name of the field, found {}",
                    entry.key,
                    entry.value.describe()
                );
                problems.error("wrong-type", entry.value.span, message);
            }
        }
    }
    renamed
}

/// Returns the path of each variable in a template, for the translation of events from the target. The path is empty if
/// the whole template is one variable.
fn variables(with: &Node) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), with)];
    while let Some((path, node)) = open.pop() {
        match &node.kind {
            NodeKind::Mapping(entries) => open.extend(entries.iter().map(|entry| {
                let path = if path.is_empty() {
                    entry.key.clone()
                } else {
                    format!("{path}.{}", entry.key)
                };
                (path, &entry.value)
            })),
            NodeKind::Scalar(scalar) => {
                let name = scalar.text.strip_prefix('$');
                if let Some(name) = name.filter(|name| is_name(name)) {
                    found.insert(name.to_owned(), path);
                }
            }
            NodeKind::Sequence(_) => {}
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic())
        && text
            .chars()
            .all(|character| character.is_alphanumeric() || "-_".contains(character))
}
