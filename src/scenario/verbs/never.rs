//! `never`: checks that a client does not receive an event or a WebSocket frame.

use super::{
    facts::{Awaits, ConnectionUse, Facts, Observers, WireUse},
    model::{Actors, Chapter, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    EventPattern, FramePattern,
    fields::{Field, Fields},
    keys,
    reading::{context::StepContext, events::pattern, frames::frame_pattern},
};

/// The data of a `never` step.
#[derive(Clone, Debug)]
pub enum Never {
    /// Forbids that the client receives an event that matches the pattern.
    Event(Box<EventPattern>),
    /// `{frame: {…}}`: forbids a WebSocket frame that matches the pattern. Ignores frames that earlier steps received.
    Frame(FramePattern),
}

impl VerbModel for Never {
    const SPEC: VerbSpec = VerbSpec {
        example: "never: event",
        chapter: Chapter::Events,
        meaning: "the client does not receive the event until the scenario ends, and at least for the time of \
                  `within`; `never: {frame: {…}}`, as in `receive`: no further WebSocket frame of this kind",
        key_notes: "`with` or `args`; `namespace`",
        actors: Actors::Required,
        puts_on_wire: false,
        can_fail: true,
        value: ValueType::Unwanted,
        options: Options::Beside,
        keys: &[keys::EVENT_PATTERN],
        exclusive: &[keys::ARGUMENTS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        if let Some([entry]) = value.node.entries()
            && entry.key == keys::FRAME_KIND.name
        {
            let frame = Field {
                key: keys::FRAME_KIND.name,
                node: &entry.value,
            };
            return frame_pattern(&frame, context).map(Self::Frame);
        }
        let event = pattern(value, fields, context)?;
        Some(Self::Event(Box::new(event)))
    }

    fn facts(&self) -> Facts<'_> {
        let facts = Facts::new(Awaits::Silence, ConnectionUse::Actors, WireUse::Other);
        match self {
            Self::Event(event) => facts.excludes(event, Observers::Actors),
            Self::Frame(_) => facts,
        }
    }
}
