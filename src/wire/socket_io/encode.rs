//! Packets to Engine.IO messages (Socket.IO v5, "Packet encoding").

use bytes::Bytes;

use super::Packet;
use crate::wire::Utf8Bytes;

/// One packet as it goes into Engine.IO messages: the text first, then each attachment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Encoded {
    /// The text message, without the Engine.IO type.
    pub text: Utf8Bytes,
    /// One binary message each.
    pub attachments: Vec<Bytes>,
}

/// Encodes a packet; byte strings are replaced by placeholders and become attachments.
pub fn encode(packet: &Packet) -> Encoded {
    let _ = packet;
    todo!()
}
