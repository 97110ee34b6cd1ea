//! The types that describe the contract.

/// An operation: an event that the contract application handles, such as `join-room`.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name of the event in scenarios.
    pub name: &'static str,
    /// The capabilities that a target with this operation provides.
    pub capabilities: &'static [&'static str],
    /// The event that the application sends because of this operation; `None` if it sends none.
    pub causes: Option<&'static str>,
    /// The payload of the event, which is its first argument.
    pub sent: Payload,
    /// The first argument of the acknowledgement.
    pub answer: Payload,
}

/// An event that the contract application sends.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The name of the event in scenarios.
    pub name: &'static str,
    /// The payload of the event, which is its first argument.
    pub payload: Payload,
}

/// What the first argument of an event or of an acknowledgement holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Payload {
    /// Any value.
    Any,
    /// An object with these fields, or no argument if there are none. An application can add fields of its own.
    Fields(&'static [&'static str]),
}

impl Payload {
    /// Returns the names of the fields; none if the argument can be any value.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Any => &[],
            Self::Fields(fields) => fields,
        }
    }
}
