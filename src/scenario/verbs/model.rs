//! The trait that the model of each verb implements, and the description of a verb.

use super::facts::Facts;
use crate::scenario::{
    fields::{Field, Fields},
    keys::Key,
    reading::context::StepContext,
};

/// The model of a verb: the data of one step, the reader of the step, and the description of the verb.
pub(in crate::scenario) trait VerbModel: Sized {
    /// The description of the verb.
    const SPEC: VerbSpec;

    /// A function that adds the expectation of `accept.lenient` to the step. Its second argument is the step as read
    /// with the keys of `accept.lenient`. `None` if the verb does not take `accept`.
    const TOLERATE: Option<fn(&mut Self, Self)>;

    /// Reads a step. `value` is the value of the verb, and `fields` holds the keys beside the verb. Returns `None` if
    /// a reported mistake makes the step unusable.
    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self>;

    /// Returns the facts about the step that checks, plan and runner need.
    fn facts(&self) -> Facts<'_>;
}

/// Describes a verb: the loader, the JSON Schema and the reference of the language read it.
#[derive(Clone, Copy, Debug)]
pub struct VerbSpec {
    /// The verb with a typical value, as the reference of the language shows it: `emit: event`.
    pub example: &'static str,
    /// The chapter of the reference that lists the verb.
    pub chapter: Chapter,
    /// What a step with the verb does, in Markdown.
    pub meaning: &'static str,
    /// The verb's own keys as the reference lists them, in Markdown.
    pub key_notes: &'static str,
    /// Whether a step with the verb names clients.
    pub actors: Actors,
    /// True if a step with the verb can send something to the server.
    pub puts_on_wire: bool,
    /// True if the server can make a step with the verb fail.
    pub can_fail: bool,
    /// The type of the verb's value, as the JSON Schema names it.
    pub value: &'static str,
    /// Where the verb's own keys are written.
    pub options: Options,
    /// The verb's own keys, without the keys that every step takes.
    pub keys: &'static [&'static [Key]],
}

/// Whether a step names clients with `as:`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actors {
    /// The verb does not take `as:`.
    None,
    /// A step can leave out `as:`.
    Optional,
    /// A step needs `as:`, unless the scenario has only one client.
    Required,
}

/// A chapter of the reference of the language.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Chapter {
    /// Blocks of steps, and expressions.
    Blocks,
    /// Packets, frames and bytes that the scenario writes out.
    ByHand,
    /// Connections, namespaces and HTTP requests.
    Connections,
    /// Events and acks.
    Events,
}

/// Where the keys of a verb are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Options {
    /// In the mapping of the step, beside the verb.
    Beside,
    /// Beside the verb, or in a mapping that is the verb's value: `closed: { code: 1002 }`.
    BesideOrWithin,
}
