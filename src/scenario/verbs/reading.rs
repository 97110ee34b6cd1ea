//! `reading`: a client stops reading what the server sends, or goes on.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    fields::{Field, Fields},
    reading::context::StepContext,
};

/// `reading:`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// `goes-on`: what has come meanwhile is read.
    GoesOn,
    /// `stops`: nothing more is read, so that what the server sends piles up on its side.
    Stops,
}

impl VerbModel for Reading {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "a client stops reading, or goes on",
        actors: Actors::Required,
        value: "reading",
        options: Options::Beside,
        keys: &[],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        _fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let ways = [("goes-on", Self::GoesOn), ("stops", Self::Stops)];
        value.choice(&ways, context.problems)
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::Other)
    }
}
