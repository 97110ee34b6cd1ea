//! The events in a scenario file, with what the steps do with them and with the fields of their payloads.

use super::mention::Mention;

/// An operation or event that a step names.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EventMention {
    /// The name.
    pub name: Mention,
    /// Where the name stands.
    pub origin: Origin,
    /// What the step says about the event.
    pub role: EventRole,
    /// The fields of the payload, which is the first argument.
    pub fields: Vec<FieldMention>,
}

impl EventMention {
    /// Returns true if a step itself says that the event is sent or comes.
    pub fn is_claimed(&self) -> bool {
        self.role != EventRole::Forbidden && self.origin == Origin::Step
    }
}

/// Where the name of an event stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Origin {
    /// In the step.
    Step,
    /// In a variable that the step uses, such as a value of a table. The rows of a table often try names that are
    /// similar on purpose.
    Variable,
}

/// What a step says about an event.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EventRole {
    /// No client receives the event.
    Forbidden,
    /// A client receives the event.
    Received,
    /// A client sends the event, and the server handles it.
    Sent,
    /// A client sends the event, and the server refuses or ignores it.
    SentInVain,
}

/// A field of a payload.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct FieldMention {
    /// The name of the field.
    pub name: Mention,
    /// What the step says about the field.
    pub used: FieldUse,
}

/// What a step says about a field.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FieldUse {
    /// The field is missing.
    Absent,
    /// The field has a value.
    Present,
}
