//! Faults in packets encoded as msgpack (`socket.io-msgpack-parser`).

use super::topic::faults;
use crate::{
    data::Data,
    reference::{FaultSet, engine::Session, socket::encode_as_text},
    wire::{
        engine_io,
        socket_io::{Packet, msgpack},
    },
};

faults!(MsgpackFault {
    BytesAttached = "msgpack-bytes-attached": "With the msgpack parser, the server sends bytes in separate messages and a placeholder in the packet, where the packet has to contain the bytes.";
    InvalidIgnored = "msgpack-invalid-ignored": "With the msgpack parser, the server ignores messages that are not valid packets, where it has to close the connection.";
    RepliesInText = "msgpack-connect-in-text": "With the msgpack parser, the server sends the CONNECT reply as JSON text.";
    TrailingIgnored = "msgpack-trailing-bytes-ignored": "With the msgpack parser, the server ignores bytes that follow a packet in the same message, where it has to close the connection.";
});

impl FaultSet {
    /// Returns the Engine.IO messages of a packet. Without faults this is `right`: one binary
    /// message.
    pub(in crate::reference) fn encode_messages(
        &self,
        packet: &Packet,
        right: impl FnOnce() -> Vec<engine_io::Packet>,
    ) -> Vec<engine_io::Packet> {
        if self.has(MsgpackFault::RepliesInText) && matches!(packet, Packet::Connect { .. }) {
            return encode_as_text(packet);
        }
        if !self.has(MsgpackFault::BytesAttached) {
            return right();
        }
        let mut packet = packet.clone();
        let mut attachments = Vec::new();
        if let Packet::Event { args, .. } | Packet::Ack { args, .. } = &mut packet {
            for arg in args {
                detach(arg, &mut attachments);
            }
        }
        let mut messages = vec![engine_io::Packet::binary(msgpack::encode(&packet))];
        messages.append(&mut attachments);
        messages
    }

    /// Returns the message without the bytes after the packet if the fault
    /// `msgpack-trailing-bytes-ignored` is active.
    pub(in crate::reference) fn cut_trailing_bytes<'a>(&self, message: &'a [u8]) -> &'a [u8] {
        if !self.has(MsgpackFault::TrailingIgnored) {
            return message;
        }
        let mut beginnings = (1..=message.len())
            .rev()
            .filter_map(|end| message.get(..end));
        let packet = beginnings.find(|part| msgpack::decode(part).is_ok());
        packet.unwrap_or(message)
    }
}

fn detach(data: &mut Data, attachments: &mut Vec<engine_io::Packet>) {
    match data {
        Data::Bytes(bytes) => {
            let number = u64::try_from(attachments.len()).unwrap_or(u64::MAX);
            attachments.push(engine_io::Packet::binary(bytes.clone()));
            let mark = ("_placeholder", Data::from(true));
            *data = Data::object([mark, ("num", Data::from(number))]);
        }
        Data::Array(items) => items.iter_mut().for_each(|item| detach(item, attachments)),
        Data::Object(fields) => fields
            .values_mut()
            .for_each(|value| detach(value, attachments)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
    }
}

/// Returns true if the fault `msgpack-invalid-ignored` is active.
pub(super) fn skips_invalid(session: &Session) -> bool {
    session.faults().has(MsgpackFault::InvalidIgnored)
}
