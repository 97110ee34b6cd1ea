//! `reply`: the ack of an event that asks for one.

use std::time::Duration;

use super::{
    facts::{Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Options, VerbModel, VerbSpec},
};
use crate::scenario::{
    EventPattern, Template,
    fields::{Field, Fields},
    keys::{self, Key, key},
    reading::{
        context::StepContext,
        events::{arguments, event_name, namespace},
    },
};

const KEYS: &[Key] = &[
    keys::WITH,
    key("values", "values", "the ack's arguments"),
    keys::NAMESPACE,
    key("twice", "flag", "the ack is sent twice"),
    key("late", "duration", "the ack is sent after this"),
    key("withhold", "flag", "the ack is never sent"),
    key(
        "wrong-id",
        "flag",
        "the ack has an id that nobody asked for",
    ),
];

/// `reply:` answers the last unanswered event of this name that asked for an ack.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The event answered.
    pub event: EventPattern,
    /// `with:` or `values:` the ack's arguments.
    pub values: Vec<Template>,
    /// How.
    pub how: ReplyHow,
}

/// Ways to answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReplyHow {
    /// Once.
    #[default]
    Once,
    /// `twice: true`.
    Twice,
    /// `late: 200ms`: after this time.
    Late(Duration),
    /// `withhold: true`: the event is taken, no ack is sent.
    Withhold,
    /// `wrong-id: true`: an ack with an id that nobody asked for.
    WrongId,
}

impl VerbModel for Reply {
    const SPEC: VerbSpec = VerbSpec {
        meaning: "the answer to an event that asks for one",
        actors: Actors::Required,
        value: "event",
        options: Options::Beside,
        keys: &[KEYS],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        fields.exclusive(&["with", "values"], context.problems);
        fields.exclusive(&["twice", "late", "withhold", "wrong-id"], context.problems);
        let name = event_name(value, context);
        let namespace = namespace(fields, context);
        let values = match (context.template_of(fields, "with"), fields.raw("values")) {
            (Some(with), _) => vec![with],
            (None, Some(values)) => arguments(&values, context).unwrap_or_default(),
            (None, None) => Vec::new(),
        };
        let late = fields
            .get("late")
            .and_then(|late| late.duration(context.problems));
        let twice = context.flag(fields, "twice");
        let withhold = context.flag(fields, "withhold");
        let wrong_id = context.flag(fields, "wrong-id");
        let how = match late {
            Some(late) => ReplyHow::Late(late),
            None if twice => ReplyHow::Twice,
            None if withhold => ReplyHow::Withhold,
            None if wrong_id => ReplyHow::WrongId,
            None => ReplyHow::Once,
        };
        Some(Self {
            event: EventPattern {
                name: name?,
                with: None,
                args: None,
                namespace,
            },
            values,
            how,
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::Other)
    }
}
