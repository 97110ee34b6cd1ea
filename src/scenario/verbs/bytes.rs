//! `bytes`: sends raw bytes on the TCP stream.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Template,
    fields::{Field, Fields},
    keys,
    reading::{context::StepContext, frames::chop},
};

/// The data of a `bytes` step.
#[derive(Clone, Debug)]
pub struct SendBytes {
    /// The text or bytes to send.
    pub data: Template,
    /// The size in bytes of the pieces in which the data is sent (`chop:`). `None` to send all data at once.
    pub chop: Option<usize>,
}

impl VerbModel for SendBytes {
    const SPEC: VerbSpec = VerbSpec {
        example: "bytes: …",
        chapter: Chapter::ByHand,
        meaning: "sends raw bytes on the TCP stream",
        key_notes: "`chop`: sends the bytes in pieces of this size",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: false,
        value: ValueType::Value,
        options: Options::Beside,
        keys: &[&[keys::CHOP]],
        exclusive: &[],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let data = context.template(value.node);
        Some(Self {
            data,
            chop: chop(fields, context),
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::SendsByHand)
            .writes([Written::Fixed(&self.data)])
    }
}
