//! What every verb has to say about itself.

use super::facts::Facts;
use crate::scenario::{
    fields::{Field, Fields},
    keys::Key,
    reading::context::StepContext,
};

/// A verb's model: what it takes, how it is read, and the facts about a step.
pub(in crate::scenario) trait VerbModel: Sized {
    /// What the verb takes.
    const SPEC: VerbSpec;

    /// Puts the expectation of `accept.lenient`, read as a second step, into the step. `None` if the verb does not
    /// take `accept`.
    const TOLERATE: Option<fn(&mut Self, Self)>;

    /// Reads a step: the verb's own value, and the keys beside the verb.
    fn read(
        value: &Field<'_>,
        fields: &Fields<'_>,
        context: &mut StepContext<'_, '_>,
    ) -> Option<Self>;

    /// Returns the facts about the step.
    fn facts(&self) -> Facts<'_>;
}

/// What a verb takes.
#[derive(Clone, Copy, Debug)]
pub struct VerbSpec {
    /// What the verb means, in a few words.
    pub meaning: &'static str,
    /// Who acts.
    pub actors: Actors,
    /// The type of the verb's own value, as the schema names it.
    pub value: &'static str,
    /// Where the keys stand.
    pub options: Options,
    /// The keys beside the verb, without those that every step takes.
    pub keys: &'static [&'static [Key]],
}

/// Who acts in a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actors {
    /// Nobody: the verb does not take `as:`.
    None,
    /// The clients of `as:`, which may be left out.
    Optional,
    /// The clients of `as:`, which may be left out if the scenario has only one client.
    Required,
}

/// Where the keys of a verb stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Options {
    /// Beside the verb.
    Beside,
    /// Beside the verb, or in a mapping that is the verb's value: `closed: { code: 1002 }`.
    BesideOrWithin,
}
