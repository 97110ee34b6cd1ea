//! `frame`: one WebSocket frame.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Options, VerbModel, VerbSpec},
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

/// `frame:`.
#[derive(Clone, Debug)]
pub struct SendFrame {
    /// `fin:`, true unless said otherwise.
    pub fin: bool,
    /// `rsv:` three bits, RSV1 highest.
    pub rsv: u8,
    /// `opcode:` a name or a number.
    pub opcode: u8,
    /// `mask: false` sends it unmasked.
    pub masked: bool,
    /// `payload:` text or bytes.
    pub payload: Template,
    /// `length: 16 | 64`: the form of the length; none for the shortest.
    pub length_form: Option<u8>,
    /// `declared-length:` in place of the true one.
    pub declared_length: Option<u64>,
    /// `chop: n`: written in pieces of n bytes.
    pub chop: Option<usize>,
    /// `compress: true`: the payload is deflated and RSV1 set.
    pub compress: bool,
}

impl VerbModel for SendFrame {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "one WebSocket frame",
        actors: Actors::Required,
        value: "frame",
        options: Options::BesideOrWithin,
        keys: &[keys::FRAME, keys::SENT_FRAME],
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
