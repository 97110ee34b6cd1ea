//! The msgpack form of packets, as `socket.io-msgpack-parser` writes it.

use bytes::Bytes;

use super::{DecodeError, Packet};

/// Reads one binary Engine.IO message.
///
/// # Errors
///
/// What is wrong, see [`DecodeError`].
pub fn decode(message: &[u8]) -> Result<Packet, DecodeError> {
    let _ = message;
    todo!()
}

/// Writes a packet as one binary Engine.IO message.
pub fn encode(packet: &Packet) -> Bytes {
    let _ = packet;
    todo!()
}
