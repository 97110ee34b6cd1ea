//! The one place that dials and listens: over TCP, or in memory inside this process.
//!
//! Runner, client and reference server use [`Stream`] and don't know which of the two it is.

mod linger;
mod listener;
mod memory;
mod network;
mod port;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

pub use linger::linger;
pub use listener::Listener;
pub use network::Network;
pub use port::is_port_free;
pub use stream::Stream;
