//! Deliberate defects, each with an id that scenarios name in `catches:`.
//!
//! One file a topic: the table of its defects, then the hooks that the right code asks on its way.
//! A hook says what is right and how each defect departs from it; without faults it does the right
//! thing. Every defect breaks one rule, and none harms another server in the same process.

mod scratch;
mod set;
mod table;

pub(super) mod acks;
pub(super) mod auth;
pub(super) mod binary;
pub(super) mod connect;
pub(super) mod cors;
pub(super) mod deflate;
pub(super) mod disconnect;
pub(super) mod endurance;
pub(super) mod errors;
pub(super) mod events;
pub(super) mod frames;
pub(super) mod handshake;
pub(super) mod heartbeat;
pub(super) mod holding;
pub(super) mod limits;
pub(super) mod msgpack;
pub(super) mod payload;
pub(super) mod polling;
pub(super) mod questions;
pub(super) mod recipients;
pub(super) mod recovery;
pub(super) mod requests;
pub(super) mod revision3;
pub(super) mod robustness;
pub(super) mod rooms;
pub(super) mod spelling;
pub(super) mod upgrade;
pub(super) mod websocket;

pub use set::{FAULTS, FaultSet};
pub use table::Fault;

pub(super) use scratch::Scratch;
