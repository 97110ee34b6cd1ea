//! Events that steps send or expect.

use crate::scenario::{Matcher, Template};

/// An event to send. Bindings in the target's manifest can replace the event by one of the target's own events.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The name as the scenario writes it.
    pub name: Template,
    /// The single argument (`with:`). Bindings can rename its fields.
    pub with: Option<Template>,
    /// All arguments (`args:`). A step has `with:` or `args:`, but not both.
    pub args: Option<Vec<Template>>,
    /// The namespace (`namespace:`), if the client has joined several.
    pub namespace: Option<Template>,
}

/// The event that a step observes.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The name of the event, which bindings in the target's manifest can replace. `*` stands for any event.
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
    /// `any`: other packets or events can arrive before the expected one.
    Any,
    /// `strict`: the next packet or event has to be the expected one.
    Strict,
}
