//! `emit`: sends an event that requests no ack.

use super::{
    facts::{AnswerUse, Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, EventUse, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Operation, Refusal,
    fields::{Field, Fields},
    keys::{self, Key},
    reading::{connections::refusal, context::StepContext, events::operation},
};

const KEYS: &[Key] = &[keys::REFUSED];

/// The data of an `emit` step.
#[derive(Clone, Debug)]
pub struct Emit {
    /// The event to send.
    pub operation: Operation,
    /// The error with which the server has to refuse the event (`refused:`). The client that sent the event has to
    /// receive the error exactly once, and no other client may receive it.
    pub refused: Option<Refusal>,
}

impl VerbModel for Emit {
    const SPEC: VerbSpec = VerbSpec {
        example: "emit: event",
        chapter: Chapter::Events,
        meaning: "sends an event without an ack id",
        key_notes: "`with` or `args`; `namespace`; `refused`",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: true,
        value: ValueType::Event(EventUse::Sent),
        options: Options::Beside,
        keys: &[keys::OPERATION, KEYS],
        exclusive: &[keys::ARGUMENTS],
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
        let (awaits, answer) = match self.refused {
            Some(_) => (Awaits::Something, AnswerUse::RefusalWithoutAck),
            None => (Awaits::Nothing, AnswerUse::Any),
        };
        Facts::new(awaits, ConnectionUse::Actors, WireUse::Sends)
            .calls(&self.operation)
            .with_answer(answer)
    }
}
