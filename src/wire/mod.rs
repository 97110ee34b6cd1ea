//! Codecs of every protocol layer, sans-IO: bytes in, packets out, and back.
//!
//! Nothing here knows sockets, clocks or tasks. Decoders are strict and say which rule was broken
//! and where; what the protocols forbid can be written too, but only through loudly named types
//! ([`websocket::RawFrame`]). No number that a peer sends is used for an allocation before it was
//! held against a limit.

pub mod engine_io;
pub mod socket_io;
mod utf8_bytes;
pub mod websocket;

pub use utf8_bytes::Utf8Bytes;
