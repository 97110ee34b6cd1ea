//! `deliver`: checks that exactly the given clients receive an event, and no other client does.

use super::{
    facts::{Awaits, ConnectionUse, Facts, Observers, WireUse},
    model::{Actors, Chapter, EventUse, Options, ValueType, VerbModel, VerbSpec},
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
    required(key(
        "to",
        "names",
        "the clients that receive the event; `[]` for no client",
    )),
    keys::COUNT,
];

/// The data of a `deliver` step.
#[derive(Clone, Debug)]
pub struct Deliver {
    /// The event that only the clients in `to` receive.
    pub event: EventPattern,
    /// The clients that receive the event (`to:`).
    pub to: Vec<ClientName>,
    /// The number of times that each client receives the event (`count:`). 1 by default.
    pub count: usize,
}

impl VerbModel for Deliver {
    const SPEC: VerbSpec = VerbSpec {
        example: "deliver: event",
        chapter: Chapter::Events,
        meaning: "exactly the clients in `to` receive the event, exactly `count` times; the step watches for a further \
                  delivery at least for the time of `within`",
        key_notes: "`to`, required, `[]` for no client; `with` or `args`; `namespace`; `count`",
        actors: Actors::None,
        puts_on_wire: false,
        can_fail: true,
        value: ValueType::Event(EventUse::Delivered),
        options: Options::Beside,
        keys: &[KEYS, keys::EVENT_PATTERN],
        exclusive: &[keys::ARGUMENTS],
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
        let to = context.declared.resolve(&to, context.problems);
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
            facts.demands(self.event.demand())
        }
    }
}
