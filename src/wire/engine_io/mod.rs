//! Engine.IO packets, polling payloads and the open packet, in protocol versions 4 and 3.

mod handshake;
mod packet;
mod payload;
#[cfg(test)]
mod properties;
pub mod v3;

pub use handshake::{Handshake, OpenPacketError};
pub use packet::{Packet, PacketData, PacketError, PacketType};
pub use payload::{PayloadError, SEPARATOR, decode_payload, encode_payload};
