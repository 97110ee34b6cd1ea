//! `reading`: a client stops reading from its connection, or resumes reading.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    fields::{Field, Fields},
    reading::context::StepContext,
    word::words,
};

/// The data of a `reading` step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// `goes-on`: the client resumes reading, and first reads the data that arrived in the meantime.
    GoesOn,
    /// `stops`: the client stops reading, so that the server has to buffer the data that it sends.
    Stops,
}

words! { Reading: "goes-on" = GoesOn, "stops" = Stops }

impl VerbModel for Reading {
    const SPEC: VerbSpec = VerbSpec {
        example: "reading: stops",
        chapter: Chapter::ByHand,
        meaning: "the client stops reading, so that the server has to buffer what it sends; `goes-on`: the client \
                  reads again. Polling clients always read",
        key_notes: "",
        actors: Actors::Required,
        puts_on_wire: false,
        can_fail: false,
        value: ValueType::Reading,
        options: Options::Beside,
        keys: &[],
        exclusive: &[],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        _fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        value.word(context.problems)
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::Other)
    }
}
