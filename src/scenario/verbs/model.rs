//! The trait that the model of each verb implements, and the type that describes a verb.

use super::facts::Facts;
use crate::scenario::{
    fields::{Field, Fields},
    keys::{Exclusive, Key},
    reading::context::StepContext,
};

/// The model of a verb: the data of one step, the reader of the step, and the description of the verb.
pub(in crate::scenario) trait VerbModel: Sized {
    /// The description of the verb.
    const SPEC: VerbSpec;

    /// A function that adds what a step accepts with a warning. Its second argument is the same step, read with the
    /// keys inside `accept.lenient`. `None` if steps with the verb can't have `accept`.
    const TOLERATE: Option<fn(&mut Self, Self)>;

    /// Reads a step. `value` is the value of the verb, and `fields` contains the keys beside the verb. Reports
    /// mistakes, and returns `None` if a mistake makes the step unusable.
    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self>;

    /// Returns the facts about the step that the loader's checks, the plan and the runner need.
    fn facts(&self) -> Facts<'_>;
}

/// The description of a verb, which the loader, the JSON Schema and `docs/language.md` use.
#[derive(Clone, Copy, Debug)]
pub struct VerbSpec {
    /// The verb with a typical value, as `docs/language.md` shows it: `emit: event`.
    pub example: &'static str,
    /// The chapter of docs/language.md that lists the verb.
    pub chapter: Chapter,
    /// A description of what a step with the verb does, in Markdown.
    pub meaning: &'static str,
    /// The keys specific to the verb, as docs/language.md lists them, in Markdown.
    pub key_notes: &'static str,
    /// Whether a step with the verb names clients with `as:`.
    pub actors: Actors,
    /// True if a step with the verb can send something to the server.
    pub puts_on_wire: bool,
    /// True if a wrong server can make a step with the verb fail.
    pub can_fail: bool,
    /// The type of the verb's value in scenario files.
    pub value: ValueType,
    /// Whether a step writes the keys specific to the verb beside the verb, or inside the verb's value.
    pub options: Options,
    /// The lists of the keys specific to the verb, without the keys that every step can have, such as `within`.
    pub keys: &'static [&'static [Key]],
    /// The groups of keys of which a step can have at most one. A key of a group inside `accept.strict` or
    /// `accept.lenient` replaces all keys of that group in the step.
    pub exclusive: &'static [Exclusive],
}

/// Whether a step names clients with `as:`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actors {
    /// A step can't have `as:`.
    None,
    /// A step can leave out `as:`.
    Optional,
    /// A step needs `as:`, unless the scenario has only one client.
    Required,
}

/// A chapter of `docs/language.md` with a table of verbs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Chapter {
    /// Blocks of steps, and expressions.
    Blocks,
    /// Packets, frames and bytes that the scenario writes out itself.
    ByHand,
    /// Connections, namespaces and HTTP requests.
    Connections,
    /// Events and acks.
    Events,
}

/// Where a step writes the keys specific to its verb.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Options {
    /// As keys of the step, beside the verb: `expect: e` with `count: 2` below it.
    Beside,
    /// Beside the verb, or in a mapping that is the verb's value: `closed: { code: 1002 }`.
    BesideOrWithin,
}

/// The type of a verb's value in scenario files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ValueType {
    /// How a connection ends.
    Closed,
    /// The name of an event.
    Event(EventUse),
    /// A WebSocket frame to send.
    Frame,
    /// A packet, frame or bytes that arrive.
    Incoming,
    /// The layer of a connection: `websocket`, `polling` or `tcp`.
    Layer,
    /// A namespace.
    Namespace,
    /// No value.
    Nothing,
    /// Packets to send.
    Packets,
    /// Whether a client reads: `stops` or `goes-on`.
    Reading,
    /// A list of steps.
    Steps,
    /// A text: an expression, or a request line.
    Text,
    /// A number of rounds.
    Times,
    /// The name of an event that may not arrive, or a WebSocket frame that may not arrive.
    Unwanted,
    /// Any value.
    Value,
}

/// What a step does with the event that its value names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventUse {
    /// The clients under the key `to` receive the event, and no other client does.
    Delivered,
    /// The client receives the event.
    Received,
    /// The client sends the event.
    Sent,
}

impl ValueType {
    /// Returns the name of the type that the JSON Schema of scenario files defines under `$defs`.
    pub const fn schema(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Event(_) => "event",
            Self::Frame => "frame",
            Self::Incoming => "incoming",
            Self::Layer => "layer",
            Self::Namespace => "namespace",
            Self::Nothing => "nothing",
            Self::Packets => "packets",
            Self::Reading => "reading",
            Self::Steps => "steps",
            Self::Text => "text",
            Self::Times => "times",
            Self::Unwanted => "unwanted",
            Self::Value => "value",
        }
    }
}
