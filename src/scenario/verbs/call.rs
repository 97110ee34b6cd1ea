//! `call`: sends an event that requests an ack, and waits for the ack.

use super::{
    facts::{AnswerUse, Awaits, ConnectionUse, Facts, WireUse},
    model::{Actors, Chapter, EventUse, Options, ValueType, VerbModel, VerbSpec},
};
use crate::scenario::{
    Accepted, Matcher, Operation, Refusal,
    fields::{Field, Fields},
    keys::{self, Key, key},
    reading::{
        connections::refusal,
        context::StepContext,
        events::{expected_arguments, operation},
    },
};
use crate::text::{did_you_mean, mistyped};

const KEYS: &[Key] = &[
    key(
        "reply",
        "expectation",
        "the ack has exactly this one argument; `$ok`: it reports success in the target's form",
    ),
    key(
        "replies",
        "expectations",
        "the ack has exactly these arguments",
    ),
    keys::REFUSED,
    key(
        "no-reply",
        "silence",
        "`true`: no ack arrives; `success`: no ack arrives that reports success",
    ),
];

/// The data of a `call` step.
#[derive(Clone, Debug)]
pub struct Call {
    /// The event to send.
    pub operation: Operation,
    /// The expected answer of the server to the event.
    pub answer: Accepted<Answer>,
}

/// The expected answer to a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Any ack is accepted.
    Any,
    /// `no-reply: true`: the server must not send an ack.
    None,
    /// `no-reply: success`: the server must not send an ack that reports success.
    NoSuccess,
    /// `refused`: the server refuses the event with this error. The target's dialect decides how the server sends it.
    Refused(Refusal),
    /// `reply`: an ack with exactly this one argument.
    Reply(Matcher),
    /// `replies`: an ack with exactly these arguments.
    Replies(Vec<Matcher>),
    /// `reply: $ok`: an ack that reports success, in the form that the target's manifest describes.
    Success,
}

impl Answer {
    /// Returns the expected arguments of the ack. Returns `None` if the step does not state arguments (any ack, no ack,
    /// a refusal, or success in the target's form).
    pub const fn arguments(&self) -> Option<&[Matcher]> {
        match self {
            Self::Reply(expected) => Some(std::slice::from_ref(expected)),
            Self::Replies(expected) => Some(expected.as_slice()),
            Self::Any | Self::None | Self::NoSuccess | Self::Refused(_) | Self::Success => None,
        }
    }
}

impl VerbModel for Call {
    const SPEC: VerbSpec = VerbSpec {
        example: "call: event",
        chapter: Chapter::Events,
        meaning: "sends an event with an ack id and waits for the ack",
        key_notes: "`with` or `args`; `namespace`; one of `reply`, `replies`, `refused`, `no-reply`",
        actors: Actors::Required,
        puts_on_wire: true,
        can_fail: true,
        value: ValueType::Event(EventUse::Sent),
        options: Options::Beside,
        keys: &[keys::OPERATION, KEYS],
        exclusive: &[
            keys::ARGUMENTS,
            &["reply", "replies", "refused", "no-reply"],
        ],
    };

    const TOLERATE: Option<fn(&mut Self, Self)> =
        Some(|call, lenient| call.answer.lenient = Some(lenient.answer.strict));

    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self> {
        let operation = operation(value, fields, context);
        let succeeds = says_ok(fields, context);
        let reply = if succeeds {
            None
        } else {
            context.matcher_of(fields, "reply")
        };
        let replies = fields
            .raw("replies")
            .and_then(|replies| expected_arguments(&replies, context));
        let refused = refusal(fields, context);
        let is_failure_accepted = has_word(fields, "no-reply", "success");
        let no_reply = !is_failure_accepted && no_reply(fields, context);
        let answer = if succeeds {
            Answer::Success
        } else if let Some(reply) = reply {
            Answer::Reply(reply)
        } else if let Some(replies) = replies {
            Answer::Replies(replies)
        } else if let Some(refused) = refused {
            Answer::Refused(refused)
        } else if is_failure_accepted {
            fields.get("no-reply");
            Answer::NoSuccess
        } else if no_reply {
            Answer::None
        } else {
            Answer::Any
        };
        Some(Self {
            operation: operation?,
            answer: answer.into(),
        })
    }

    fn facts(&self) -> Facts<'_> {
        let answers = self.answer.lenient.iter().chain([&self.answer.strict]);
        let first = answers.filter_map(|answer| answer.arguments()?.first());
        Facts::new(Awaits::Something, ConnectionUse::Actors, WireUse::Other)
            .calls(&self.operation)
            .with_answer(match &self.answer.strict {
                Answer::None => AnswerUse::Forbidden,
                Answer::Any
                | Answer::NoSuccess
                | Answer::Refused(_)
                | Answer::Replies(_)
                | Answer::Reply(_)
                | Answer::Success => AnswerUse::Any,
            })
            .demands(first.map(|first| (&self.operation.name, first)))
    }
}

/// Returns true if the value of a key is this word.
fn has_word(fields: &Fields<'_>, key: &'static str, word: &str) -> bool {
    let field = fields.raw(key);
    field.and_then(|field| field.node.text()) == Some(word)
}

/// Reads `no-reply: true`. A word that is nearly `success` is a mistake that names it.
fn no_reply(fields: &Fields<'_>, context: &mut StepContext<'_, '_>) -> bool {
    const WORDS: [&str; 3] = ["success", "true", "false"];
    let field = fields.raw("no-reply");
    let word = field.and_then(|field| Some((field.node.span, field.node.text()?)));
    let Some((span, word)) = word.filter(|(_, word)| mistyped(word, WORDS).is_some()) else {
        return context.flag(fields, "no-reply");
    };
    fields.get("no-reply");
    let message = format!("`no-reply` has to be `true` or `success`, found `{word}`");
    context.problems.error("unknown-value", span, message).help = did_you_mean(word, WORDS);
    false
}

/// Returns true if the step says `reply: $ok`, unless the scenario has a variable `ok` of its own.
fn says_ok(fields: &Fields<'_>, context: &StepContext<'_, '_>) -> bool {
    let reply = fields.raw("reply").and_then(|reply| reply.node.text());
    reply == Some("$ok")
        && !context.variables.is_set("ok")
        && !context.substitutes.contains_key("ok")
}
