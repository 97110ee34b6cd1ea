//! `frame`: sends one WebSocket frame.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::{
    data::Data,
    scenario::{
        Template,
        fields::{Field, Fields},
        keys,
        reading::{
            context::StepContext,
            frames::{chop, opcode, reserved_bits},
        },
    },
};

/// The data of a `frame` step.
#[derive(Clone, Debug)]
pub struct SendFrame {
    /// The FIN bit (`fin:`). True by default.
    pub fin: bool,
    /// The three RSV bits (`rsv:`). RSV1 is the highest.
    pub rsv: u8,
    /// The opcode (`opcode:`), by name or by number.
    pub opcode: u8,
    /// False if the frame is sent without a mask (`mask: false`).
    pub masked: bool,
    /// The payload (`payload:`), text or bytes.
    pub payload: Template,
    /// The number of bits that encode the length (`length:`), 16 or 64. `None` for the shortest form.
    pub length_form: Option<u8>,
    /// A wrong length to write into the frame's header (`declared-length:`).
    pub declared_length: Option<u64>,
    /// The size in bytes of the pieces in which the frame is sent (`chop:`). `None` to send the frame at once.
    pub chop: Option<usize>,
    /// True if the payload is compressed and RSV1 is set (`compress: true`).
    pub compress: bool,
}

impl VerbModel for SendFrame {
    const SPEC: VerbSpec = VerbSpec {
        example: "frame: {…}",
        chapter: Chapter::ByHand,
        meaning: "sends one WebSocket frame; `frame` or `frame: {}` sends an empty text frame",
        key_notes: "`opcode`: `text` (the default), `binary`, `continuation`, `close`, `ping`, `pong` or a number; \
                  `fin`; `rsv`: three bits, RSV1 is 4; `mask`; `payload`; `length`: encodes the length in 16 or 64 \
                  bits; `declared-length`; `chop`; `compress`",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: false,
        value: ValueType::Frame,
        options: Options::BesideOrWithin,
        keys: &[keys::FRAME, keys::SENT_FRAME],
        exclusive: &[],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        _value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let flag = |key, default, context: &mut StepContext<'_, '_>| {
            fields
                .get(key)
                .and_then(|flag| flag.boolean(context.problems))
                .unwrap_or(default)
        };
        let length_form = fields
            .get("length")
            .and_then(|length| length.choice(&[("16", 16), ("64", 64)], context.problems));
        let declared_length = fields
            .get("declared-length")
            .and_then(|length| length.number(0, u64::MAX, context.problems));
        Some(Self {
            fin: flag("fin", true, context),
            rsv: reserved_bits(fields, context).unwrap_or(0),
            opcode: opcode(fields, context).unwrap_or(0x1),
            masked: flag("mask", true, context),
            payload: context
                .template_of(fields, "payload")
                .unwrap_or_else(|| Template::literal(Data::from(""))),
            length_form,
            declared_length,
            chop: chop(fields, context),
            compress: flag("compress", false, context),
        })
    }

    fn facts(&self) -> Facts<'_> {
        let payload = match self.declared_length {
            Some(_) => Written::Fixed(&self.payload),
            None => Written::Sent(&self.payload),
        };
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::SendsByHand)
            .writes([payload])
            .may_join()
    }
}
