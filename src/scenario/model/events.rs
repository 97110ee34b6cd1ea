//! Events as steps send and observe them.

use crate::scenario::{Matcher, Template};

/// An operation: an event name, or a name that the target's bindings translate.
#[derive(Clone, Debug)]
pub struct Operation {
    /// As written in the scenario.
    pub name: Template,
    /// `with:` one argument; bindings may rename its fields.
    pub with: Option<Template>,
    /// `args:` all arguments, in place of `with`.
    pub args: Option<Vec<Template>>,
    /// `namespace:` where the client is in several.
    pub namespace: Option<Template>,
}

/// Which event an observation is about.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The event or a name in the target's bindings; `*` for any event.
    pub name: Template,
    /// `with:` the first argument.
    pub with: Option<Matcher>,
    /// `args:` all arguments.
    pub args: Option<Vec<Matcher>>,
    /// `namespace:`.
    pub namespace: Option<Template>,
}

/// Whether something else may come before what a step waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// `any`: something else may come first.
    Any,
    /// `strict`: what the step waits for must come next.
    Strict,
}
