//! Reads journals (the record of all traffic of a connection): what steps have claimed, which requests they sent and
//! how the server answered, and which packets have nothing to do with the scenario.

pub(super) mod another_message;
pub(super) mod index_set;
pub(super) mod message_packet;
mod named_events;
pub(super) mod received;
pub(super) mod recovery_offer;
pub(super) mod refusal_reports;
pub(super) mod rejection;
pub(super) mod requests;
pub(super) mod unrelated;
