//! One step, and the steps that hold other steps.

use std::time::Duration;

use super::{ClientName, Level};
use crate::scenario::{
    Span, Template,
    keys::{Key, key, required},
    verbs::{Action, Actors, Options, VerbSpec},
};

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line that a failure underlines: the verb's.
    pub span: Span,
    /// Who acts or observes; empty for steps without an actor.
    pub actors: Vec<ClientName>,
    /// What happens, and what must come of it.
    pub action: Action,
    /// Overrides the deadline.
    pub within: Option<WaitBound>,
    /// The observation must not come earlier than this after the step began.
    pub after: Option<WaitBound>,
    /// A breach of this step alone counts as this level.
    pub level: Option<Level>,
}

impl Step {
    /// Returns true if `wanted` is true of this step, or of a step inside it.
    pub fn any(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        wanted(self) || self.action.steps().iter().any(|step| step.any(wanted))
    }

    /// Returns true if a wrong server could fail this step, or a step inside it.
    pub fn can_fail(&self) -> bool {
        self.any(&|step| step.action.facts().awaits.can_fail())
    }
}

/// Calls `visit` with every step, and with the steps inside it.
pub fn visit_steps<'s>(steps: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        visit(step);
        visit_steps(step.action.steps(), visit);
    }
}

/// A bound on a wait: fixed, or an expression that gives milliseconds or a duration text.
#[derive(Clone, Debug)]
pub enum WaitBound {
    /// An expression, evaluated when the step starts.
    Computed(Template),
    /// Written out.
    Fixed(Duration),
}

/// `parallel:` steps side by side.
#[derive(Clone, Debug)]
pub struct Parallel {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Parallel {
    pub(in crate::scenario) const SPEC: VerbSpec = VerbSpec {
        meaning: "steps side by side",
        actors: Actors::None,
        value: "steps",
        options: Options::Beside,
        keys: &[],
    };
}

/// `repeat:` a block of steps several times; `$index` counts from 1.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// How often; an expression that gives a whole number up to 100,000.
    pub times: Template,
    /// The block.
    pub steps: Vec<Step>,
}

impl Repeat {
    const KEYS: &[Key] = &[required(key("steps", "steps", "the block"))];

    pub(in crate::scenario) const SPEC: VerbSpec = VerbSpec {
        meaning: "a block several times",
        actors: Actors::None,
        value: "times",
        options: Options::Beside,
        keys: &[Self::KEYS],
    };
}
