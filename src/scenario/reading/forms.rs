//! What is known about the form of an expected value before anything is received: the fields of a packet, the range
//! of a status. A misspelt field would fail every server, and a wrong type as well.

use super::context::StepContext;
use crate::{
    data::Data,
    scenario::{fields::Field, node::Node, values::is_expectation},
    text::{did_you_mean, excerpt, nearest, one_of},
};

/// Whether an object may have fields beyond the known ones.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(in crate::scenario) enum Others {
    /// It may; only what is nearly a known name is a mistake.
    Allowed,
    /// It never has any.
    Unknown,
}

/// The fields of an object that the protocol or the language names.
pub(in crate::scenario) struct Form {
    /// In messages: "a Socket.IO packet".
    pub(in crate::scenario) what: &'static str,
    /// The fields.
    pub(in crate::scenario) fields: &'static [&'static str],
    /// What about others.
    pub(in crate::scenario) others: Others,
}

/// How `receive: { packet: … }` shows a packet.
pub(in crate::scenario) const PACKET: Form = Form {
    what: "a Socket.IO packet",
    fields: &["data", "id", "namespace", "type"],
    others: Others::Unknown,
};

/// A refusal, as the target's dialect gives it.
pub(in crate::scenario) const REFUSAL: Form = Form {
    what: "a refusal",
    fields: &["code", "field", "message", "status"],
    others: Others::Unknown,
};

/// The payload of CONNECT_ERROR (Socket.IO v5, "Connection to a namespace").
pub(in crate::scenario) const CONNECT_ERROR: Form = Form {
    what: "CONNECT_ERROR",
    fields: &["data", "message"],
    others: Others::Allowed,
};

/// The open packet (Engine.IO v4, "Handshake").
pub(in crate::scenario) const OPEN_PACKET: Form = Form {
    what: "the open packet",
    fields: &[
        "maxPayload",
        "pingInterval",
        "pingTimeout",
        "sid",
        "upgrades",
    ],
    others: Others::Allowed,
};

/// Socket.IO v5, "Packet types"; those with attachments are shown as their plain twins.
const PACKET_TYPES: &[&str] = &["ack", "connect", "connect_error", "disconnect", "event"];

impl Form {
    /// Refuses fields that can't be there.
    pub(in crate::scenario) fn check(&self, node: &Node, context: &mut StepContext<'_, '_>) {
        let names = || self.fields.iter().copied();
        for entry in node.entries().unwrap_or_default() {
            let key = entry.key.as_str();
            let is_known = key.starts_with('$') || self.fields.contains(&key);
            if is_known || (self.others == Others::Allowed && nearest(key, names()).is_none()) {
                continue;
            }
            let sentence = format!("{} has no field `{}`", self.what, excerpt(key));
            context
                .problems
                .error("unknown-key", entry.key_span, sentence)
                .help = Some(
                did_you_mean(key, names()).unwrap_or_else(|| format!("it has {}", one_of(names()))),
            );
        }
    }

    /// The same for what can be nothing but an object.
    pub(in crate::scenario) fn check_object(
        &self,
        field: &Field<'_>,
        context: &mut StepContext<'_, '_>,
    ) {
        if literal(field.node).is_some() {
            field.wrong("a mapping of its fields", context.problems);
        }
        self.check(field.node, context);
    }
}

/// The type that a Socket.IO packet is expected to have.
pub(in crate::scenario) fn packet_type(node: &Node, context: &mut StepContext<'_, '_>) {
    let kind = node
        .get("type")
        .and_then(|kind| Some((literal(kind)?, kind.span)));
    let Some((kind, span)) = kind.filter(|(kind, _)| {
        !kind
            .as_str()
            .is_some_and(|kind| PACKET_TYPES.contains(&kind))
    }) else {
        return;
    };
    let names = || PACKET_TYPES.iter().copied();
    let near = kind.as_str().and_then(|kind| did_you_mean(kind, names()));
    let sentence = format!("there is no packet type `{}`", excerpt(&text_of(&kind)));
    context.problems.error("unknown-value", span, sentence).help =
        Some(near.unwrap_or_else(|| format!("there are {}", one_of(names()))));
}

/// A number of a range, where it is given as such.
pub(in crate::scenario) fn number(
    field: &Field<'_>,
    least: u64,
    most: u64,
    context: &mut StepContext<'_, '_>,
) {
    let Some(value) = literal(field.node) else {
        return;
    };
    if !value
        .as_u64()
        .is_some_and(|number| (least..=most).contains(&number))
    {
        let expected = format!("a whole number from {least} to {most}");
        field.wrong(&expected, context.problems);
    }
}

/// A value that is neither a variable nor a placeholder, and no mapping or list.
fn literal(node: &Node) -> Option<Data> {
    let text = node.text()?;
    if text.contains('$') || is_expectation(node) {
        return None;
    }
    Some(node.to_data())
}

fn text_of(value: &Data) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
