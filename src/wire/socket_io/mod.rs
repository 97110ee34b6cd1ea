//! Socket.IO protocol version 5: packets, namespaces, acknowledgements and binary attachments.

mod decode;
mod encode;
pub mod msgpack;
mod msgpack_value;
mod packet;
mod parse;
#[cfg(test)]
mod properties;

pub use decode::{DecodeError, Decoder, Limits};
pub use encode::{Encoded, encode};
pub use packet::{AckId, Packet};
