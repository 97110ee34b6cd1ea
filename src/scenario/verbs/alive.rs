//! `alive`: the server still serves others.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    fields::{Field, Fields, is_bare},
    reading::context::StepContext,
};

/// `alive:`.
#[derive(Clone, Copy, Debug)]
pub struct Alive;

impl VerbModel for Alive {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "a bystander still answers",
        actors: Actors::Optional,
        value: "nothing",
        options: Options::Beside,
        keys: &[],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        _fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        if !is_bare(value.node) {
            value.wrong("empty", context.problems);
            return None;
        }
        Some(Self)
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Something, ConnectionUse::Bystander, WireUse::Other)
    }
}
