//! Expands the short forms of a step, such as `alive` for `alive:`, and `closed: { code: 1002 }`.

use crate::scenario::{
    Span,
    node::{Entry, Node, NodeKind, Quoting, Scalar},
    verbs::{Options, Verb},
};

/// Returns the step in its long form. The text `alive` becomes the mapping `alive:`. In `closed: { code: 1002 }`, the
/// key `code` moves out of the value and stands beside `closed:`.
pub(super) fn unfolded(node: &Node) -> Node {
    let nothing = |span: Span| Node {
        span,
        kind: NodeKind::Scalar(Scalar {
            text: String::new(),
            quoting: Quoting::Plain,
        }),
    };
    match &node.kind {
        NodeKind::Scalar(scalar) if Verb::named(&scalar.text).is_some() => Node {
            span: node.span,
            kind: NodeKind::Mapping(vec![Entry {
                key: scalar.text.clone(),
                key_span: node.span,
                value: nothing(node.span),
            }]),
        },
        NodeKind::Mapping(entries) => {
            let Some((verb, rest)) = entries.split_first() else {
                return node.clone();
            };
            let NodeKind::Mapping(options) = &verb.value.kind else {
                return node.clone();
            };
            let takes_options_within = Verb::named(&verb.key)
                .is_some_and(|verb| verb.spec().options == Options::BesideOrWithin);
            if !takes_options_within {
                return node.clone();
            }
            let bare = Entry {
                value: nothing(verb.value.span),
                ..verb.clone()
            };
            let entries = std::iter::once(&bare).chain(options).chain(rest);
            Node {
                span: node.span,
                kind: NodeKind::Mapping(entries.cloned().collect()),
            }
        }
        _ => node.clone(),
    }
}
