//! The contract: the operations, events and credentials that scenarios expect of an application (docs/contract.md).

mod events;
mod model;
mod operations;
#[cfg(test)]
mod tests;

pub use self::{
    events::EVENTS,
    model::{Event, Operation, Payload},
    operations::OPERATIONS,
};

/// Returns true if the operation causes the event: the contract application sends the event because of the operation.
pub fn causes(operation: &str, event: &str) -> bool {
    OPERATIONS
        .iter()
        .any(|known| known.name == operation && known.causes == Some(event))
}

/// The namespaces of the contract, except those with any number of digits (`/dynamic-…`). A target's manifest can give
/// them other names or declare them absent.
pub const NAMESPACES: &[&str] = &["/", "/admin", "/chat", "/custom", "/late", "/slow"];

/// The credentials that the shipped scenarios present, in the order of docs/targets.md.
pub const CREDENTIALS: &[&str] = &[
    "valid",
    "other",
    "admin",
    "expired",
    "not_yet_valid",
    "wrong_signature",
    "wrong_algorithm",
    "unsigned",
    "malformed",
    "banned",
    "deleted",
];
