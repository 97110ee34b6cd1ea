//! Reads the keys of WebSocket frames that steps send or expect.

use super::context::StepContext;
use crate::scenario::{
    FramePattern,
    fields::{Field, Fields},
    keys,
};

/// The opcodes by name (RFC 6455 section 5.2).
pub(in crate::scenario) const OPCODES: &[(&str, u8)] = &[
    ("binary", 0x2),
    ("close", 0x8),
    ("continuation", 0x0),
    ("ping", 0x9),
    ("pong", 0xa),
    ("text", 0x1),
];

/// The limit on the key `chop`: the size, in bytes, of the pieces in which a step sends its data.
const MAX_CHOP: u64 = 1 << 30;

/// Reads the expected frame of `{frame: {opcode, fin, rsv, payload}}`.
pub(in crate::scenario) fn frame_pattern(
    field: &Field<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<FramePattern> {
    let substitutes = context.substitutes;
    let fields = Fields::new(field.node, "a frame", context.problems)?;
    let fields = fields
        .with_substitutes(substitutes)
        .with_tables(&[keys::FRAME, keys::RECEIVED_FRAME]);
    let frame = FramePattern {
        opcode: opcode(&fields, context),
        fin: fields
            .get("fin")
            .and_then(|fin| fin.boolean(context.problems)),
        rsv: reserved_bits(&fields, context),
        payload: context.matcher_of(&fields, "payload"),
    };
    fields.finish(context.problems);
    Some(frame)
}

pub(in crate::scenario) fn opcode(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<u8> {
    let field = fields.get("opcode")?;
    if field.node.to_data().as_u64().is_some() {
        let number = field.number(0, 15, context.problems)?;
        return u8::try_from(number).ok();
    }
    field.choice(OPCODES, context.problems)
}

pub(in crate::scenario) fn reserved_bits(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<u8> {
    let bits = fields.get("rsv")?.number(0, 7, context.problems)?;
    u8::try_from(bits).ok()
}

pub(in crate::scenario) fn chop(
    fields: &Fields<'_>,
    context: &mut StepContext<'_, '_>,
) -> Option<usize> {
    let size = fields.get("chop")?.number(1, MAX_CHOP, context.problems)?;
    usize::try_from(size).ok()
}
