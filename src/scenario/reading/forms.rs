//! Checks that an expectation names only fields and values that can exist, such as the fields of a packet or the range
//! of an HTTP status. Without this check, a step with a misspelled field would fail with every server.

use super::context::StepContext;
use crate::{
    data::Data,
    scenario::{
        HANDSHAKE_FIELDS, REPORT_FIELDS, fields::Field, node::Node, values::is_expectation,
    },
    text::{excerpt, hint, nearest},
};

/// Whether an expected object can have fields that are not in the list `Form::fields`.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(in crate::scenario) enum Others {
    /// The object can have other fields. A field is a mistake only if its name resembles a listed one.
    Allowed,
    /// The object can't have other fields, so each one is a mistake.
    Unknown,
}

/// The fields that an object with a fixed structure can have, such as the data of the open packet.
pub(in crate::scenario) struct Form {
    /// The name of the object in messages: "a Socket.IO packet".
    pub(in crate::scenario) what: &'static str,
    /// The names of the fields.
    pub(in crate::scenario) fields: &'static [&'static str],
    /// Whether the object can have other fields.
    pub(in crate::scenario) others: Others,
}

/// The object that represents a packet in `receive: { packet: … }`.
pub(in crate::scenario) const PACKET: Form = Form {
    what: "a Socket.IO packet",
    fields: &["data", "id", "namespace", "type"],
    others: Others::Unknown,
};

/// The error with which a server refuses a request, converted from the target's format to these
/// common fields.
pub(in crate::scenario) const REFUSAL: Form = Form {
    what: "a refusal",
    fields: REPORT_FIELDS,
    others: Others::Unknown,
};

/// The payload of a CONNECT_ERROR packet (Socket.IO v5, "Connection to a namespace").
pub(in crate::scenario) const CONNECT_ERROR: Form = Form {
    what: "CONNECT_ERROR",
    fields: &["data", "message"],
    others: Others::Allowed,
};

/// The data of the open packet (Engine.IO v4, "Handshake").
pub(in crate::scenario) const OPEN_PACKET: Form = Form {
    what: "the open packet",
    fields: HANDSHAKE_FIELDS,
    others: Others::Allowed,
};

/// The packet types that `receive: { packet: … }` can expect (Socket.IO v5, "Packet types"). A packet with attachments
/// has the name of the type without them: BINARY_EVENT is `event`.
const PACKET_TYPES: &[&str] = &["ack", "connect", "connect_error", "disconnect", "event"];

impl Form {
    /// Reports each field of an expectation that the object can't have.
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
                .help = Some(hint(key, "it has", names()));
        }
    }

    /// Reports each field of an expectation that the object can't have, and an expectation that is not an object.
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

/// Checks the `type` of an expected Socket.IO packet.
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
    let sentence = format!("there is no packet type `{}`", excerpt(&text_of(&kind)));
    context.problems.error("unknown-value", span, sentence).help =
        Some(hint(&text_of(&kind), "the packet types are", names()));
}

/// Checks that an expectation, if it is a literal, is a number in a range.
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

/// Returns the value of a node that is a literal. Returns `None` for a variable, a placeholder, a list or a mapping.
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
