//! A name with its place in the file.

use crate::scenario::{
    Span,
    node::{Node, NodeKind},
};

/// A name and its place in the file.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mention {
    /// The name. A variable of the file, such as `$event`, is replaced by its value.
    pub name: String,
    /// The place of the name in the file.
    pub span: Span,
}

/// Returns the items of a list. A value that is not a list counts as a list with one item.
pub(crate) fn items(node: &Node) -> &[Node] {
    match &node.kind {
        NodeKind::Sequence(items) => items,
        NodeKind::Mapping(_) | NodeKind::Scalar(_) => std::slice::from_ref(node),
    }
}

/// Returns the text of a YAML value and its place. Returns `None` for a list or a mapping.
pub(crate) fn mention(node: &Node) -> Option<Mention> {
    Some(Mention {
        name: node.text()?.to_owned(),
        span: node.span,
    })
}
