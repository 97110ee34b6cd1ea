//! `expect`: waits until a client receives an event.

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, EventUse, Options, ValueType, VerbModel, VerbSpec},
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
        "`strict`: the client's next event has to be this one",
    ),
    key("acknowledged", "flag", "whether the event requests an ack"),
];

/// The data of an `expect` step.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The expected event.
    pub event: Accepted<EventPattern>,
    /// The number of events to wait for (`count:`). 1 by default.
    pub count: usize,
    /// Whether other events can arrive first (`order:`). `any` by default.
    pub order: Order,
    /// Whether the event has to have an ack id, with which the server requests an ack (`acknowledged:`). `None` accepts
    /// both. A `reply` step can send the ack.
    pub asks_ack: Option<bool>,
}

impl VerbModel for Expect {
    const SPEC: VerbSpec = VerbSpec {
        example: "expect: event",
        chapter: Chapter::Events,
        meaning: "waits until the client receives the event",
        key_notes: "`with` or `args`; `namespace`; `count`; `order`; `acknowledged`",
        actors: Actors::Required,
        puts_on_wire: false,
        can_fail: true,
        value: ValueType::Event(EventUse::Received),
        options: Options::Beside,
        keys: &[keys::EVENT_PATTERN, KEYS],
        exclusive: &[keys::ARGUMENTS],
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
        let event = &self.event.strict;
        let patterns = self.event.lenient.iter().chain([event]);
        Facts::new(Awaits::Event(event), ConnectionUse::Actors, WireUse::Other)
            .names(patterns.clone().map(|event| &event.name))
            .demands(patterns.filter_map(EventPattern::demand))
    }
}
