//! Decodes Socket.IO packets from journals that hold only Engine.IO messages.

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    client::Outgoing,
    runner::clients::Link,
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{DecodeError, Decoder, Limits, Packet, msgpack},
    },
};

/// Returns the Socket.IO packet in a text message. Returns `None` for a packet with attachments, because these travel
/// in separate messages.
pub(in crate::runner) fn packet_in(message: &EnginePacket) -> Option<Packet> {
    let (PacketType::Message, PacketData::Text(text)) = (message.kind, &message.data) else {
        return None;
    };
    let limits = Limits {
        attachments: 0,
        attachment_bytes: 0,
    };
    Decoder::new(limits).text(text).ok()?
}

/// Returns the rule that a text message breaks; `None` if the message is a Socket.IO packet, or the head of one.
pub(in crate::runner) fn illegal_packet_in(message: &EnginePacket) -> Option<DecodeError> {
    let (PacketType::Message, PacketData::Text(text)) = (message.kind, &message.data) else {
        return None;
    };
    let limits = Limits {
        attachments: usize::MAX,
        attachment_bytes: usize::MAX,
    };
    Decoder::new(limits).text(text).err()
}

/// Returns the Socket.IO packet, or the packet in an envelope, that the client sent on a connection.
///
/// Attachments are left out: callers need only the name, the namespace and the id.
pub(in crate::runner) fn sent_packet(link: &Link, outgoing: &Outgoing) -> Option<Packet> {
    if let (Some(envelopes), Outgoing::Packet(text)) = (&link.envelopes, outgoing) {
        return envelopes.sent(text);
    }
    let text = match outgoing {
        Outgoing::Frame(frame) if link.msgpack => return msgpack::decode(&frame.payload).ok(),
        Outgoing::Packet(text) if link.msgpack => {
            let bytes = BASE64_STANDARD.decode(text.strip_prefix('b')?).ok()?;
            return msgpack::decode(&bytes).ok();
        }
        Outgoing::Packet(text) => text,
        Outgoing::Bytes(_) | Outgoing::Frame(_) | Outgoing::Http { .. } => return None,
    };
    let message = text.strip_prefix('4')?;
    let limits = Limits {
        attachments: usize::MAX,
        attachment_bytes: usize::MAX,
    };
    // The text of a binary event (type 5) holds only placeholders for the attachments. So it can be read as the text of
    // a plain event (type 2).
    let message = match message.split_once('-') {
        Some((head, rest)) if head.starts_with('5') => format!("2{rest}"),
        _ => message.to_owned(),
    };
    Decoder::new(limits).text(&message).ok()?
}
