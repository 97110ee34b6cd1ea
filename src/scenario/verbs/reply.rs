//! `reply`: sends the ack of a received event that requested one.

use std::time::Duration;

use super::{
    facts::{Awaits, ConnectionUse, Facts, MembershipUse, WireUse},
    model::{Actors, Chapter, EventUse, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Arguments, EventPattern, Template,
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
    key("twice", "flag", "`true`: the client sends the ack twice"),
    key(
        "late",
        "duration",
        "the client sends the ack after this duration",
    ),
    key("withhold", "flag", "`true`: the client never sends the ack"),
    key(
        "wrong-id",
        "flag",
        "`true`: the client sends an ack with an id that the server did not use",
    ),
];

/// The data of a `reply` step. It sends an ack for the last received event that has the given name and requested an
/// ack.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The event to answer.
    pub event: EventPattern,
    /// The arguments of the ack (`with:` or `values:`).
    pub values: Arguments,
    /// How the client sends the ack: once, twice, late, never, or with a wrong id.
    pub how: ReplyHow,
}

/// The ways in which the client answers the event.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReplyHow {
    /// One ack, sent at once.
    #[default]
    Once,
    /// `twice: true`: two acks.
    Twice,
    /// `late: 200ms`: one ack after this duration.
    Late(Duration),
    /// `withhold: true`: no ack.
    Withhold,
    /// `wrong-id: true`: an ack with an id that the server did not use.
    WrongId,
}

impl VerbModel for Reply {
    const SPEC: VerbSpec = VerbSpec {
        example: "reply: event",
        chapter: Chapter::Events,
        meaning: "answers the last event of this name that requested an ack",
        key_notes: "`with` or `values`; `namespace`; one of `twice`, `late`, `withhold`, `wrong-id`",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: false,
        value: ValueType::Event(EventUse::Received),
        options: Options::Beside,
        keys: &[KEYS],
        exclusive: &[
            &["with", "values"],
            &["twice", "late", "withhold", "wrong-id"],
        ],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> = None;

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let name = event_name(value, context);
        let namespace = namespace(fields, context);
        let values = match (context.template_of(fields, "with"), fields.raw("values")) {
            (Some(with), _) => Some(Arguments::of_list(Template::array(vec![with]))),
            (None, Some(values)) => arguments(&values, context),
            (None, None) => Some(Arguments::of_list(Template::array(Vec::new()))),
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
            values: values?,
            how,
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(Awaits::Nothing, ConnectionUse::Actors, WireUse::Other)
            .names([&self.event.name])
            .with_membership(MembershipUse::Answers)
    }
}
