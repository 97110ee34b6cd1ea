//! Reads the key `dialect` of a manifest.

use crate::{
    scenario::{Field, Fields, NodeKind, Problems},
    targets::{Dialect, ErrorStyle, Replies, Speaks},
    wire::{Envelope, Keys},
};

/// The forms of envelopes that have no settings.
const ENVELOPES: [(&str, Envelope); 2] =
    [("array", Envelope::Array), ("json-rpc", Envelope::JsonRpc)];

/// Reads the dialect. A single word names the protocol; a mapping can also set how the application reports refusals and
/// results, and how events travel.
pub(super) fn read(field: Field<'_>, problems: &mut Problems) -> Dialect {
    // The short form: `dialect: websocket` is `dialect: { speaks: websocket }`.
    if matches!(field.node.kind, NodeKind::Scalar(_)) {
        return Dialect {
            speaks: speaks(field, problems).unwrap_or_default(),
            ..Dialect::default()
        };
    }
    let Some(fields) = Fields::new(field.node, "`dialect`", problems) else {
        return Dialect::default();
    };
    let speaks = fields
        .get("speaks")
        .and_then(|field| speaks(field, problems));
    let errors = fields.get("errors").and_then(|field| {
        field.choice(
            &ErrorStyle::ALL.map(|style| (style.name(), style)),
            problems,
        )
    });
    let replied = fields.get("replies");
    let replies = replied
        .and_then(|field| field.choice(&Replies::ALL.map(|way| (way.name(), way)), problems));
    let enveloped = fields.get("envelope");
    let mut envelope = enveloped.and_then(|field| envelope(field, problems));
    if let (Some(field), Some(Replies::Value)) = (replied, replies) {
        match &mut envelope {
            Some(Envelope::Object(keys)) if keys.id.is_none() => keys.has_bare_results = true,
            _ => {
                let message = "results can come as values only beside an `envelope` with the name of an event and without an id";
                problems.error("conflict", field.node.span, message).help = Some(
                    "write `replies: event`, or `envelope: { event: event, data: data }`"
                        .to_owned(),
                );
            }
        }
    }
    fields.finish(problems);
    let speaks = speaks.unwrap_or_default();
    if let Some(field) = enveloped.filter(|_| speaks != Speaks::WebSocket) {
        let message = "`envelope` is for a plain WebSocket".to_owned();
        problems.error("conflict", field.node.span, message).help =
            Some("add `speaks: websocket`".to_owned());
    }
    let has_acks = envelope.as_ref().is_none_or(Envelope::has_ids);
    if let (Some(field), Some(Replies::Ack | Replies::Both), false) = (replied, replies, has_acks) {
        let message = "an acknowledgement needs an id, which this envelope lacks".to_owned();
        problems.error("conflict", field.node.span, message).help =
            Some("write `replies: event`, or name the field with the id in `envelope`".to_owned());
    }
    Dialect {
        speaks,
        errors: errors.unwrap_or_default(),
        replies: replies.unwrap_or(match has_acks {
            true => Replies::Ack,
            false => Replies::Event,
        }),
        envelope,
    }
}

/// Reads the form of envelopes: a word, or the names of the fields of an object.
fn envelope(field: Field<'_>, problems: &mut Problems) -> Option<Envelope> {
    if let Some(word) = field.node.text() {
        let found = ENVELOPES.into_iter().find(|(name, _)| *name == word);
        if found.is_none() {
            let wanted = "`array`, `json-rpc`, or the names of the fields `event`, `data` and `id`";
            field.wrong(wanted, problems);
        }
        return found.map(|(_, envelope)| envelope);
    }
    let fields = Fields::new(field.node, "`envelope`", problems)?;
    let event = fields.require("event", problems);
    let mut text = |field: Option<Field<'_>>| field?.text(problems).map(str::to_owned);
    let event = text(event);
    let data = text(fields.get("data"));
    let id = text(fields.get("id"));
    fields.finish(problems);
    let event = event?;
    Some(Envelope::Object(Keys {
        event,
        data,
        id,
        has_bare_results: false,
    }))
}

/// Reads the name of a protocol.
pub(super) fn speaks(field: Field<'_>, problems: &mut Problems) -> Option<Speaks> {
    field.choice(&Speaks::ALL.map(|speaks| (speaks.name(), speaks)), problems)
}
