//! Socket.IO protocol version 5: packets, namespaces, acknowledgements and binary attachments.

mod decode;
mod decode_error;
mod encode;
mod limits;
pub mod msgpack;
mod msgpack_value;
mod packet;
mod parse;
#[cfg(test)]
mod properties;
mod syntax_rule;

pub use decode::Decoder;
pub use decode_error::DecodeError;
pub use encode::{Encoded, encode};
pub use limits::Limits;
pub use packet::{AckId, Packet, RESERVED_EVENTS};
pub use syntax_rule::{PacketKind, SyntaxRule};
