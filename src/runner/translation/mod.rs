//! Translates the names of scenarios (events and namespaces of the contract) to the target's names.

pub(super) mod bound_namespaces;
pub(super) mod namespaces;
pub(super) mod operations;
pub(super) mod received_events;
pub(super) mod written_texts;
