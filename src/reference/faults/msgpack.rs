//! Packets as msgpack (`socket.io-msgpack-parser`).

use super::topic::faults;
use crate::{
    data::Data,
    reference::{FaultSet, engine::Session, socket::as_text},
    wire::{
        engine_io,
        socket_io::{Packet, msgpack},
    },
};

faults!(MsgpackFault {
    BytesAttached = "msgpack-bytes-attached": "Bytes are sent behind their packet, with a placeholder in their place.";
    InvalidIgnored = "msgpack-invalid-ignored": "A message that is no packet is skipped.";
    RepliesInText = "msgpack-connect-in-text": "CONNECT is answered in JSON.";
    TrailingIgnored = "msgpack-trailing-bytes-ignored": "Bytes behind a packet are not looked at.";
});

/// A packet is one binary message.
pub(in crate::reference) fn messages(
    faults: &FaultSet,
    packet: &Packet,
    right: impl FnOnce() -> Vec<engine_io::Packet>,
) -> Vec<engine_io::Packet> {
    if faults.has(MsgpackFault::RepliesInText) && matches!(packet, Packet::Connect { .. }) {
        return as_text(packet);
    }
    if !faults.has(MsgpackFault::BytesAttached) {
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

/// A message is one packet, and nothing else.
pub(in crate::reference) fn received<'a>(faults: &FaultSet, message: &'a [u8]) -> &'a [u8] {
    if !faults.has(MsgpackFault::TrailingIgnored) {
        return message;
    }
    let mut beginnings = (1..=message.len())
        .rev()
        .filter_map(|end| message.get(..end));
    let packet = beginnings.find(|part| msgpack::decode(part).is_ok());
    packet.unwrap_or(message)
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

/// A message that is no packet ends the connection.
pub(super) fn skips_invalid(session: &Session) -> bool {
    session.faults().has(MsgpackFault::InvalidIgnored)
}
