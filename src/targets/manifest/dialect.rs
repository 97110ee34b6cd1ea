//! Reads the key `dialect` of a manifest.

use crate::{
    scenario::{Field, Fields, NodeKind, Problems},
    targets::{Dialect, ErrorStyle, Replies, Speaks},
};

/// Reads the dialect. A single word names the protocol; a mapping can also set how the application reports refusals and
/// results.
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
    let replies = fields
        .get("replies")
        .and_then(|field| field.choice(&Replies::ALL.map(|way| (way.name(), way)), problems));
    fields.finish(problems);
    Dialect {
        speaks: speaks.unwrap_or_default(),
        errors: errors.unwrap_or_default(),
        replies: replies.unwrap_or_default(),
    }
}

/// Reads the name of a protocol.
pub(super) fn speaks(field: Field<'_>, problems: &mut Problems) -> Option<Speaks> {
    field.choice(&Speaks::ALL.map(|speaks| (speaks.name(), speaks)), problems)
}
