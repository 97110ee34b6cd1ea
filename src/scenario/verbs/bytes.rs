//! `bytes`: raw bytes on the TCP stream.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse, Written},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Template,
    fields::{Field, Fields},
    keys,
    reading::{context::StepContext, frames::chop},
};

/// `bytes:`.
#[derive(Clone, Debug)]
pub struct SendBytes {
    /// Text or bytes.
    pub data: Template,
    /// `chop: n`: written in pieces of n bytes.
    pub chop: Option<usize>,
}

impl VerbModel for SendBytes {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "raw bytes on the TCP stream",
        actors: Actors::Required,
        value: "value",
        options: Options::Beside,
        keys: &[&[keys::CHOP]],
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
