//! `expect`: a client receives an event.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, EventPattern, Order,
    fields::{Field, Fields},
    keys::{self, Key, key},
    reading::{
        context::StepContext,
        events::{count, order, pattern},
    },
};

const KEYS: &[Key] = &[
    keys::COUNT,
    key(
        "order",
        "order",
        "`strict`: the next event must be this one",
    ),
    key("acknowledged", "flag", "whether the event asks for an ack"),
];

/// `expect:`.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The event.
    pub event: Accepted<EventPattern>,
    /// `count:` how many; 1 by default.
    pub count: usize,
    /// `order:` whether other events may come first; `any` by default.
    pub order: Order,
    /// `acknowledged: true`: the event asks for an ack (then `reply:` can answer it).
    pub asks_ack: Option<bool>,
}

impl VerbModel for Expect {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "a client receives an event",
        actors: Actors::Required,
        value: "event",
        options: Options::Beside,
        keys: &[keys::EVENT_PATTERN, KEYS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|expect, lenient| expect.event.lenient = Some(lenient.event.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let event = pattern(value, fields, context);
        let count = count(fields, context);
        let order = order(fields, context).unwrap_or(Order::Any);
        let asks_ack = fields
            .get("acknowledged")
            .and_then(|asks| asks.boolean(context.problems));
        Some(Self {
            event: event?.into(),
            count,
            order,
            asks_ack,
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Something, ConnectionUse::Actors, WireUse::Other)
    }
}
