//! Reads lists, names, and words from fixed lists such as the transports.

use crate::scenario::{
    Transport,
    diagnostic::Problems,
    fields::{Field, Fields},
    node::{Node, NodeKind},
};

/// Reads a list that has at least one item.
pub(in crate::scenario) fn list<'n>(
    field: &Field<'n>,
    problems: &mut Problems,
) -> Option<&'n [Node]> {
    match &field.node.kind {
        NodeKind::Sequence(items) if !items.is_empty() => Some(items),
        NodeKind::Sequence(_) => {
            problems.error(
                "empty-list",
                field.node.span,
                format!("`{}` is empty", field.key),
            );
            None
        }
        NodeKind::Mapping(_) => {
            let sentence = format!("`{}` has to be a list, found a mapping", field.key);
            problems
                .error_at_line("wrong-type", field.node.span, sentence)
                .help = Some("start each item with `- `".to_owned());
            None
        }
        NodeKind::Scalar(_) => {
            field.wrong("a list", problems);
            None
        }
    }
}

/// Reads the names of capabilities, requirements, faults and similar things.
pub(in crate::scenario) fn names(field: &Field<'_>, problems: &mut Problems) -> Vec<String> {
    let texts = field.texts(problems);
    texts.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// Reads the transport or transports of `transport:`, or of its synonym `transports:`.
pub(in crate::scenario) fn transports(
    fields: &Fields<'_>,
    problems: &mut Problems,
) -> Option<Vec<Transport>> {
    fields.exclusive(&[&["transport", "transports"]], problems);
    let singular = fields.get("transport");
    let field = fields.get("transports").or(singular)?;
    Some(
        field
            .items()
            .filter_map(|item| item.word(problems))
            .collect(),
    )
}
