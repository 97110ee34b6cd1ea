//! Events that steps send or expect.

use crate::scenario::{Matcher, Template};

/// An event to send, by its own name or by a name that the target's bindings translate.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The name as the scenario writes it.
    pub name: Template,
    /// The single argument (`with:`). Bindings can rename its fields.
    pub with: Option<Template>,
    /// All arguments (`args:`). Excludes `with`.
    pub args: Option<Vec<Template>>,
    /// The namespace (`namespace:`), if the client has joined several.
    pub namespace: Option<Template>,
}

/// The event that a step observes.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The name of the event, or a name in the target's bindings. `*` for any event.
    pub name: Template,
    /// The first argument (`with:`).
    pub with: Option<Matcher>,
    /// All arguments (`args:`).
    pub args: Option<Vec<Matcher>>,
    /// The namespace (`namespace:`).
    pub namespace: Option<Template>,
}

/// Whether other packets or events can arrive before the expected one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// `any`: others can arrive first.
    Any,
    /// `strict`: the expected one has to arrive next.
    Strict,
}
