//! What a target calls the operations and events that scenarios name.

use std::collections::BTreeMap;

use crate::scenario::{Matcher, Template};

/// All bindings of a target, by the scenarios' name.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// Scenario name to binding.
    pub entries: BTreeMap<String, Binding>,
}

/// One operation or event.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// The event's name on the wire.
    pub event: String,
    /// The namespace on the wire, where it is not the client's.
    pub namespace: Option<String>,
    /// Scenario field to the target's field, both ways: `{ room: roomId }`.
    pub fields: BTreeMap<String, String>,
    /// The payload, built from the scenario's fields as variables; in place of `fields` when sending.
    pub with: Option<Template>,
    /// What a successful reply looks like; used where a `call` says nothing.
    pub reply: Option<Matcher>,
}
