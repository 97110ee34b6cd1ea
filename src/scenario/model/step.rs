//! The model of a step, and of the blocks that contain steps: `parallel:`, `repeat:` and `steps:`.

use std::time::Duration;

use super::{ClientName, Level};
use crate::scenario::{
    Span, Template,
    keys::{Key, key, required},
    verbs::{Action, Actors, Chapter, Facts, Options, ValueType, VerbSpec},
};

/// One step of a scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// The place of the step's verb, such as `emit`, in the file. A report underlines it if the step fails.
    pub span: Span,
    /// The clients that carry out the step or observe what arrives (`as:`). Empty if the verb takes no clients.
    pub actors: Vec<ClientName>,
    /// The verb and the data of the step.
    pub action: Action,
    /// The deadline of the step (`within:`). `None` for the deadline of the scenario.
    pub within: Option<WaitBound>,
    /// The earliest time at which the awaited response may arrive (`after:`), counted from the start of the step.
    pub after: Option<WaitBound>,
    /// Whether a failure of this step fails the scenario or gives a warning (`level:`). `None` for the level of the
    /// scenario.
    pub level: Option<Level>,
    /// The form of the expectation that the step only tolerates, as it stands in the file: `{ status: 404 }`. `None` if
    /// the step has no `accept:`.
    pub tolerates: Option<String>,
}

impl Step {
    /// Returns true if `wanted` returns true for this step or, if this step is a block (`parallel:`, `repeat:`), for a
    /// step inside the block.
    pub fn any(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        wanted(self) || self.action.steps().iter().any(|step| step.any(wanted))
    }

    /// Returns true if a wrong server can make this step fail or, if this step is a block (`parallel:`, `repeat:`), a
    /// step inside the block.
    pub fn can_fail(&self) -> bool {
        self.any(&|step| step.action.facts().awaits.can_fail())
    }
}

/// Calls `visit` with every step, including the steps inside the blocks `parallel:` and `repeat:`.
pub fn visit_steps<'s>(steps: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        visit(step);
        visit_steps(step.action.steps(), visit);
    }
}

/// The duration of `within:` or `after:`.
#[derive(Clone, Debug)]
pub enum WaitBound {
    /// An expression that gives the duration. The runner evaluates it when the step starts.
    Computed(Template),
    /// A literal duration, such as `500ms`.
    Fixed(Duration),
}

/// `parallel:` runs steps at the same time.
#[derive(Clone, Debug)]
pub struct Parallel {
    /// The steps that run at the same time.
    pub steps: Vec<Step>,
}

impl Parallel {
    pub(in crate::scenario) const SPEC: VerbSpec = VerbSpec {
        example: "parallel: [steps]",
        chapter: Chapter::Blocks,
        meaning: "runs the steps at the same time",
        key_notes: "",
        actors: Actors::None,
        puts_on_wire: false,
        can_fail: false,
        value: ValueType::Steps,
        options: Options::Beside,
        keys: &[],
        exclusive: &[],
    };

    /// Returns the facts about the block.
    #[expect(
        clippy::unused_self,
        reason = "the methods of all verbs have the same form"
    )]
    pub(in crate::scenario) const fn facts(&self) -> Facts<'_> {
        Facts::of_block().at_the_same_time()
    }
}

/// `steps:` runs steps one after the other. It is useful as a step of `parallel:`.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Sequence {
    pub(in crate::scenario) const SPEC: VerbSpec = VerbSpec {
        example: "steps: [steps]",
        chapter: Chapter::Blocks,
        meaning: "runs the steps one after the other; as a step of `parallel`, the steps run beside the other steps of \
                  the block",
        key_notes: "",
        actors: Actors::None,
        puts_on_wire: false,
        can_fail: false,
        value: ValueType::Steps,
        options: Options::Beside,
        keys: &[],
        exclusive: &[],
    };

    /// Returns the facts about the block.
    #[expect(
        clippy::unused_self,
        reason = "the methods of all verbs have the same form"
    )]
    pub(in crate::scenario) const fn facts(&self) -> Facts<'_> {
        Facts::of_block()
    }
}

/// `repeat:` runs a block of steps several times. `$index` counts from 1.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// The number of rounds: a whole number up to 100,000, or an expression that gives one.
    pub times: Template,
    /// The steps of one round.
    pub steps: Vec<Step>,
}

impl Repeat {
    const KEYS: &[Key] = &[required(key("steps", "steps", "the block"))];

    pub(in crate::scenario) const SPEC: VerbSpec = VerbSpec {
        example: "repeat: 3",
        chapter: Chapter::Blocks,
        meaning: "runs a block several times; `$index` counts from 1",
        key_notes: "`steps`",
        actors: Actors::None,
        puts_on_wire: false,
        can_fail: false,
        value: ValueType::Times,
        options: Options::Beside,
        keys: &[Self::KEYS],
        exclusive: &[],
    };

    /// Returns the facts about the block.
    pub(in crate::scenario) const fn facts(&self) -> Facts<'_> {
        Facts::of_block().repeats(&self.times)
    }
}
