//! `never`: a client does not receive an event, or a frame.

use super::{
    facts::{Awaits, ConnectionUse, Facts, Observers, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    EventPattern, FramePattern,
    fields::{Field, Fields},
    keys,
    reading::{context::StepContext, events::pattern, frames::frame_pattern},
};

/// `never:`.
#[derive(Clone, Debug)]
pub enum Never {
    /// No such event.
    Event(EventPattern),
    /// `{frame: {…}}`: no such WebSocket frame, beyond those that steps have received.
    Frame(FramePattern),
}

impl VerbModel for Never {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "a client does not receive an event",
        actors: Actors::Required,
        value: "unwanted",
        options: Options::Beside,
        keys: &[keys::EVENT_PATTERN],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        if let Some([entry]) = value.node.entries()
            && entry.key == "frame"
        {
            let frame = Field {
                key: "frame",
                node: &entry.value,
            };
            return frame_pattern(&frame, context).map(Self::Frame);
        }
        let event = pattern(value, fields, context)?;
        Some(Self::Event(event))
    }

    fn facts(&self) -> Facts<'_> {
        let facts = Facts::new(Awaits::Silence, ConnectionUse::Actors, WireUse::Other);
        match self {
            Self::Event(event) => facts.excludes(event, Observers::Actors),
            Self::Frame(_) => facts,
        }
    }
}
