//! `emit`: an event that asks for no ack.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Matcher, Operation,
    fields::{Field, Fields},
    keys::{self, Key},
    reading::{connections::refusal, context::StepContext, events::operation},
};

const KEYS: &[Key] = &[keys::REFUSED];

/// `emit:`.
#[derive(Clone, Debug)]
pub struct Emit {
    /// The event.
    pub operation: Operation,
    /// `refused:` exactly one report, to the caller only, and no ack.
    pub refused: Option<Matcher>,
}

impl VerbModel for Emit {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "an event without an ack id",
        actors: Actors::Required,
        value: "event",
        options: Options::Beside,
        keys: &[keys::OPERATION, KEYS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let operation = operation(value, fields, context)?;
        let refused = refusal(fields, context);
        Some(Self { operation, refused })
    }

    fn facts(&self) -> Facts<'_> {
        let awaits = match self.refused {
            Some(_) => Awaits::Something,
            None => Awaits::Nothing,
        };
        Facts::new(awaits, ConnectionUse::Actors, WireUse::Sends).calls(&self.operation.name)
    }
}
