//! Code that the readers of several verbs share.
//!
//! No file in this folder depends on a specific verb.

pub(super) mod connections;
pub(super) mod context;
pub(super) mod declared_clients;
pub(super) mod events;
pub(super) mod forms;
pub(super) mod frames;
mod mentioned;
pub(super) mod responses;
pub(super) mod variables;
pub(super) mod words;
