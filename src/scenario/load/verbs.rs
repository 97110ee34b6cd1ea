//! The verbs: their names, and who they need.

use crate::scenario::{
    Span,
    node::{Entry, Node, NodeKind, Quoting, Scalar},
};

/// Every verb, with what it means: for the reference of the language.
pub const VERBS: &[(&str, &str)] = &[
    ("alive", "a bystander still answers"),
    ("bytes", "raw bytes on the TCP stream"),
    ("call", "an event with an ack id, and its reply"),
    ("check", "an expression that must be true"),
    ("closed", "the connection ends"),
    ("connect", "join a namespace"),
    ("deliver", "who receives an event, over all clients"),
    ("disconnect", "leave a namespace, or end the connection"),
    ("emit", "an event without an ack id"),
    ("expect", "a client receives an event"),
    ("frame", "one WebSocket frame"),
    ("http", "one HTTP request"),
    ("never", "a client does not receive an event"),
    ("open", "a connection by hand"),
    ("parallel", "steps side by side"),
    ("reading", "a client stops reading, or goes on"),
    ("receive", "the next packet on a connection by hand"),
    ("repeat", "a block several times"),
    ("reply", "the answer to an event that asks for one"),
    ("send", "packets on a connection by hand"),
];

/// Who a verb needs.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Actors {
    /// `as:` is not taken.
    None,
    /// `as:` can be left out.
    Optional,
    /// `as:` can be left out where there is only one client.
    Required,
}

/// A verb's name as a key, what a step with it is called in messages, and who it needs.
pub(super) fn about(verb: &str) -> Option<(&'static str, &'static str, Actors)> {
    Some(match verb {
        "alive" => ("alive", "`alive`", Actors::Optional),
        "bytes" => ("bytes", "`bytes`", Actors::Required),
        "call" => ("call", "`call`", Actors::Required),
        "check" => ("check", "`check`", Actors::None),
        "closed" => ("closed", "`closed`", Actors::Required),
        "connect" => ("connect", "`connect`", Actors::Required),
        "deliver" => ("deliver", "`deliver`", Actors::None),
        "disconnect" => ("disconnect", "`disconnect`", Actors::Required),
        "emit" => ("emit", "`emit`", Actors::Required),
        "expect" => ("expect", "`expect`", Actors::Required),
        "frame" => ("frame", "`frame`", Actors::Required),
        "http" => ("http", "`http`", Actors::None),
        "never" => ("never", "`never`", Actors::Required),
        "open" => ("open", "`open`", Actors::Required),
        "parallel" => ("parallel", "`parallel`", Actors::None),
        "reading" => ("reading", "`reading`", Actors::Required),
        "receive" => ("receive", "`receive`", Actors::Required),
        "repeat" => ("repeat", "`repeat`", Actors::None),
        "reply" => ("reply", "`reply`", Actors::Required),
        "send" => ("send", "`send`", Actors::Required),
        _ => return None,
    })
}

/// A step with a bare verb as a mapping, and the options of `closed` and `frame` beside their verb.
pub(super) fn unfolded(node: &Node) -> Node {
    let nothing = |span: Span| Node {
        span,
        kind: NodeKind::Scalar(Scalar {
            text: String::new(),
            quoting: Quoting::Plain,
        }),
    };
    match &node.kind {
        NodeKind::Scalar(scalar) if about(&scalar.text).is_some() => Node {
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
            if !matches!(verb.key.as_str(), "closed" | "frame") {
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
