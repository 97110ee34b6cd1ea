//! `deliver`: exactly these clients receive an event; every other client does not.

use super::{
    facts::{Awaits, ConnectionUse, Facts, Observers, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    ClientName, EventPattern,
    fields::{Field, Fields},
    keys::{self, Key, key, required},
    reading::{
        context::StepContext,
        events::{count, pattern},
    },
};

const KEYS: &[Key] = &[
    required(key("to", "names", "who receives it; `[]` for nobody")),
    keys::COUNT,
];

/// `deliver:`.
#[derive(Clone, Debug)]
pub struct Deliver {
    /// The event.
    pub event: EventPattern,
    /// `to:` who gets it; nobody else does.
    pub to: Vec<ClientName>,
    /// `count:` how often each gets it, 1 unless said otherwise.
    pub count: usize,
}

impl VerbModel for Deliver {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "who receives an event, over all clients",
        actors: Actors::None,
        value: "event",
        options: Options::Beside,
        keys: &[KEYS, keys::EVENT_PATTERN],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let event = pattern(value, fields, context);
        let count = count(fields, context);
        let to = fields.require("to", context.problems)?;
        let to = context.cast.resolve(&to, context.problems);
        Some(Self {
            event: event?,
            to,
            count,
        })
    }

    fn facts(&self) -> Facts<'_> {
        let facts = Facts::new(
            Awaits::Something,
            ConnectionUse::Clients(&self.to),
            WireUse::Other,
        );
        if self.to.is_empty() {
            facts.excludes(&self.event, Observers::Everybody)
        } else {
            facts
        }
    }
}
