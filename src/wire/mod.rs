//! Codecs of all protocol layers, sans-IO: they convert bytes to packets and packets to bytes.
//!
//! The codecs use no sockets, clocks or tasks. Decoders are strict: an error names the broken rule
//! and its position. Encoders write legal packets; only [`websocket::RawFrame`] can write illegal
//! ones. Every number from a peer is checked against a limit before it determines an allocation.

pub mod engine_io;
mod envelope;
pub mod socket_io;
mod utf8_bytes;
pub mod websocket;

pub use envelope::{Envelope, Keys};
pub use utf8_bytes::Utf8Bytes;
