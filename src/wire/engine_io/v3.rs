//! Protocol version 3 (`EIO=3`), as Socket.IO 2 clients speak it.

use bytes::Bytes;

use super::{Packet, PacketError, PayloadError};

/// Reads a binary WebSocket frame: one byte of type, then the data.
///
/// # Errors
///
/// An empty frame or an unknown type.
pub fn decode_binary(frame: Bytes) -> Result<Packet, PacketError> {
    let _ = frame;
    todo!()
}

/// A message of bytes as a binary WebSocket frame.
pub fn encode_binary(data: &[u8]) -> Bytes {
    let _ = data;
    todo!()
}

/// Reads a polling payload: `<length>:<packet>` with the length in characters, or the binary form.
///
/// # Errors
///
/// A length that can't be read, or a record that is no packet.
pub fn decode_payload(
    body: &Bytes,
    binary: bool,
    max_packets: usize,
) -> Result<Vec<Packet>, PayloadError> {
    let _ = (body, binary, max_packets);
    todo!()
}

/// Writes a polling payload in the text form; bytes become `b4` and base64.
pub fn encode_payload(packets: &[Packet]) -> Bytes {
    let _ = packets;
    todo!()
}

/// Writes a polling payload in the binary form (`application/octet-stream`).
pub fn encode_binary_payload(packets: &[Packet]) -> Bytes {
    let _ = packets;
    todo!()
}
