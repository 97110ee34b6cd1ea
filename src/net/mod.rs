//! Makes and accepts all connections of the project: over TCP, or in memory inside this process.
//!
//! Runner, client and reference server use [`Stream`], which has the same methods for TCP and for memory.

mod arrived;
mod files;
mod linger;
mod listener;
mod memory;
mod network;
mod port;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

pub use arrived::Arrived;
pub use files::{count_file_shortages, raise_file_limit};
pub use linger::linger;
pub use listener::Listener;
pub use network::Network;
pub use port::is_port_free;
pub use stream::Stream;
