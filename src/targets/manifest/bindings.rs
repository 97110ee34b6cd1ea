//! Reads `bindings:`.

use std::collections::BTreeMap;

use crate::{
    scenario::{Entry, Field, Fields, Node, NodeKind, Problems, ValueReader},
    targets::{Binding, Bindings},
};

pub(super) fn read(field: Field<'_>, problems: &mut Problems) -> Bindings {
    let mut bindings = Bindings::default();
    if let Some(fields) = Fields::new(field.node, "`bindings`", problems) {
        for entry in fields.entries() {
            if let Some(binding) = binding(entry, problems) {
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
    fields.exclusive(&["fields", "with"], problems);
    let event = fields
        .get("event")
        .map_or(Some(entry.key.as_str()), |field| field.text(problems));
    let namespace = fields
        .get("namespace")
        .and_then(|field| field.text(problems));
    let with = fields.raw("with");
    let renamed = match (fields.raw("fields"), with) {
        (Some(field), _) => renamings(field, problems),
        (None, Some(with)) => variables(with.node),
        (None, None) => BTreeMap::new(),
    };
    let mut values = ValueReader::new(problems);
    let with = with.map(|with| values.template(with.node));
    let reply = fields.raw("reply").map(|reply| values.matcher(reply.node));
    fields.finish(problems);
    Some(Binding {
        event: event?.to_owned(),
        namespace: namespace.map(str::to_owned),
        fields: renamed,
        with,
        reply,
    })
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
                    "`{}` must be the target's name of the field, found {}",
                    entry.key,
                    entry.value.describe()
                );
                problems.error("wrong-type", entry.value.span, message);
            }
        }
    }
    renamed
}

/// Returns the path of each variable in the template `with`, for the translation of events from the target.
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
            NodeKind::Scalar(scalar) if !path.is_empty() => {
                let name = scalar.text.strip_prefix('$');
                if let Some(name) = name.filter(|name| is_name(name)) {
                    found.insert(name.to_owned(), path);
                }
            }
            NodeKind::Scalar(_) | NodeKind::Sequence(_) => {}
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
