//! Decodes Socket.IO packets from journals that hold only Engine.IO messages.

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    client::{Outgoing, What},
    data::Data,
    runner::clients::Link,
    wire::{
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{DecodeError, Decoder, Limits, Packet, msgpack},
        websocket::OpCode,
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
    Decoder::new(Limits::NONE).text(text).err()
}

/// Returns the events that the client sent on a connection, each with its name and its arguments, attachments included.
pub(in crate::runner) fn sent_events(link: &Link) -> Vec<(String, Vec<Data>)> {
    let entries = link.connection.journal().entries();
    let sent = entries.iter().filter_map(|entry| match &entry.what {
        What::Sent(outgoing) => Some(outgoing),
        _ => None,
    });
    let packets: Vec<_> = if link.envelopes.is_some() || link.msgpack {
        sent.filter_map(|outgoing| sent_packet(link, outgoing))
            .collect()
    } else {
        with_attachments(sent, link.eio)
    };
    let events = packets.into_iter().filter_map(|packet| match packet {
        Packet::Event { name, args, .. } => Some((name, args)),
        Packet::Ack { .. }
        | Packet::Connect { .. }
        | Packet::ConnectError { .. }
        | Packet::Disconnect { .. } => None,
    });
    events.collect()
}

/// Returns the Socket.IO packets that a client sent as JSON, each together with its attachments. `eio` is the revision
/// of Engine.IO.
fn with_attachments<'o>(sent: impl Iterator<Item = &'o Outgoing>, eio: u8) -> Vec<Packet> {
    let mut decoder = Decoder::new(Limits::NONE);
    let mut packets = Vec::new();
    for outgoing in sent {
        let decoded = match outgoing {
            Outgoing::Packet(text) => match (text.strip_prefix('4'), text.strip_prefix('b')) {
                (Some(message), _) => decoder.text(message),
                (None, Some(digits)) => match BASE64_STANDARD.decode(digits) {
                    Ok(bytes) => decoder.binary(bytes.into()),
                    Err(_) => continue,
                },
                (None, None) => continue,
            },
            Outgoing::Frame(frame) if frame.opcode == OpCode::Binary => {
                // In revision 3, a byte with the type of the packet comes before the content.
                let skipped = if eio == 3 { 1 } else { 0 };
                decoder.binary(frame.payload.slice(skipped.min(frame.payload.len())..))
            }
            Outgoing::Bytes(_) | Outgoing::Frame(_) | Outgoing::Http { .. } => continue,
        };
        match decoded {
            Ok(packet) => packets.extend(packet),
            // A scenario can write an illegal packet on purpose. The next packet is read anew.
            Err(_) => decoder = Decoder::new(Limits::NONE),
        }
    }
    packets
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
    // The text of a binary event (type 5) holds only placeholders for the attachments. So it can be read as the text of
    // a plain event (type 2).
    let message = match message.split_once('-') {
        Some((head, rest)) if head.starts_with('5') => format!("2{rest}"),
        _ => message.to_owned(),
    };
    Decoder::new(Limits::NONE).text(&message).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::websocket::Frame;

    #[test]
    fn attachments_belong_to_the_packet_before_them() {
        let text = |text: &str| Outgoing::Packet(text.into());
        let frame = |content: &'static [u8]| {
            Outgoing::Frame(Frame::binary(bytes::Bytes::from_static(content)))
        };
        let placeholder = r#"{"_placeholder":true,"num":0}"#;
        let sent = [
            text("40"),
            text(&format!(r#"451-["file",{placeholder}]"#)),
            frame(&[1, 2]),
            text("3"),
            text(&format!(r#"451-/chat,7["file",{placeholder}]"#)),
            text("bAwQ="),
            text("42[not json"),
            text(r#"42["say","hi"]"#),
        ];
        let bytes = |bytes: &'static [u8]| vec![Data::Bytes(bytes.into())];
        let events: Vec<_> = with_attachments(sent.iter(), 4)
            .into_iter()
            .filter_map(|packet| match packet {
                Packet::Event { name, args, .. } => Some((name, args)),
                _ => None,
            })
            .collect();
        let expected = [
            ("file".to_owned(), bytes(&[1, 2])),
            ("file".to_owned(), bytes(&[3, 4])),
            ("say".to_owned(), vec![Data::from("hi")]),
        ];
        assert_eq!(events, expected);
    }
}
