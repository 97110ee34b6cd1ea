//! Events that steps send or expect.

use crate::scenario::{Matcher, Template};

/// An event to send. A binding in the target's manifest, which translates an event of the scenarios into one of the
/// server, can replace it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The name of the event in the scenario, before a binding replaces it.
    pub name: Template,
    /// The only argument of the event (`with:`). A binding can rename its fields.
    pub with: Option<Template>,
    /// All arguments (`args:`). A step has `with:` or `args:`, but not both.
    pub args: Option<Vec<Template>>,
    /// The namespace in which the client sends the event (`namespace:`). A step names it if the client has joined
    /// several.
    pub namespace: Option<Template>,
}

/// The event that a step expects or forbids.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The name of the event. A binding in the target's manifest can replace it. `*` stands for any event.
    pub name: Template,
    /// The expected first argument (`with:`).
    pub with: Option<Matcher>,
    /// The expected arguments, all of them (`args:`).
    pub args: Option<Vec<Matcher>>,
    /// The namespace in which the event has to arrive (`namespace:`).
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
