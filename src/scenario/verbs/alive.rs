//! `alive`: the server still answers a client and accepts a new one.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    fields::{Field, Fields, is_bare},
    reading::context::StepContext,
};

/// An `alive` step. It has no data, because the verb has no options.
#[derive(Clone, Copy, Debug)]
pub struct Alive;

impl VerbModel for Alive {
    const SPEC: VerbSpec = VerbSpec {
        example: "alive",
        chapter: Chapter::Connections,
        meaning: "a client that was connected before still gets answers, even after the server has handled all earlier \
                  packets, and a new client can connect; with `as`, checks that client",
        key_notes: "",
        actors: Actors::Optional,
        puts_on_wire: true,
        can_fail: true,
        value: ValueType::Nothing,
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
