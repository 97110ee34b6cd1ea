//! `sockspec` tests whether a Socket.IO or WebSocket server behaves correctly, by running scenarios against the server.

pub mod cli;
pub mod client;
pub mod clock;
pub mod data;
pub mod folder;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod net;
pub mod random;
pub mod records;
pub mod reference;
pub mod replacement;
pub mod report;
pub mod runner;
pub mod scenario;
#[cfg(test)]
mod schema_checks;
pub mod simulation;
pub mod snapshots;
pub mod targets;
pub mod text;
pub mod wire;
#[cfg(test)]
mod work;
