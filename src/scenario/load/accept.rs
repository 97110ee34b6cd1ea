//! Reads the key `accept:` of a step, which gives the step two expectations: a server that meets `strict` passes, and a
//! server that meets only `lenient` gets a warning.

use crate::scenario::{
    Span,
    fields::{Field, Fields, Substitutes, is_bare, substituted},
    keys::is_common,
    node::{Entry, Node, NodeKind},
    reading::context::StepContext,
    verbs::Verb,
};

/// Returns two copies of a step. In the first one, the keys inside `accept.strict` replace the step's keys; in the
/// second one, the keys inside `accept.lenient` do. A key also replaces the keys that it excludes
/// ([`VerbSpec::exclusive`](crate::scenario::VerbSpec::exclusive)).
pub(super) fn overlays(
    node: &Node,
    accept: &Entry,
    verb: Verb,
    context: &mut StepContext<'_, '_>,
) -> (Node, Option<Node>) {
    let field = Field {
        key: "accept",
        node: &accept.value,
    };
    let node_of = substituted(field.node, Some(context.substitutes));
    if node_of.text().is_some() && is_bare(node_of) {
        return (node.clone(), None);
    }
    let Some(fields) = Fields::new(node_of, "`accept`", context.problems) else {
        return (node.clone(), None);
    };
    let strict = fields.get("strict");
    let lenient = fields.get("lenient");
    if strict.is_none() && lenient.is_none() {
        fields.missing("lenient", context.problems);
    }
    fields.finish(context.problems);
    // If `accept` has no `strict` or no `lenient`, the step without `accept` takes the place of the missing one.
    let strict = strict.and_then(|strict| overlay(node, strict, verb, context));
    let lenient = match lenient {
        None => Some(node.clone()),
        Some(lenient) => overlay(node, lenient, verb, context),
    };
    (strict.unwrap_or_else(|| node.clone()), lenient)
}

/// Returns the place of the value of `accept.lenient`; `None` if the step without `accept` is the lenient form.
pub(super) fn lenient_form(accept: &Entry, substitutes: &Substitutes<'_>) -> Option<Span> {
    let node = substituted(&accept.value, Some(substitutes));
    Some(node.get("lenient")?.span)
}

fn overlay(
    base: &Node,
    over: Field<'_>,
    verb: Verb,
    context: &mut StepContext<'_, '_>,
) -> Option<Node> {
    let (Some(own), Some(over)) = (base.entries(), over.node.entries()) else {
        over.wrong("a mapping of the step's expectations", context.problems);
        return None;
    };
    for entry in over {
        if is_common(&entry.key) {
            context.problems.error(
                "unknown-key",
                entry.key_span,
                format!("`{}` can't differ between strict and lenient", entry.key),
            );
        }
    }
    let exclusive = verb.spec().exclusive;
    let gives_way = |key: &str| {
        over.iter().any(|entry| {
            entry.key == key
                || exclusive
                    .iter()
                    .any(|keys| keys.contains(&key) && keys.contains(&entry.key.as_str()))
        })
    };
    let mut entries: Vec<Entry> = own
        .iter()
        .filter(|entry| entry.key == verb.name() || !gives_way(&entry.key))
        .cloned()
        .collect();
    for entry in over {
        match entries.iter_mut().find(|own| own.key == entry.key) {
            Some(own) => *own = entry.clone(),
            None => entries.push(entry.clone()),
        }
    }
    Some(Node {
        span: base.span,
        kind: NodeKind::Mapping(entries),
    })
}
