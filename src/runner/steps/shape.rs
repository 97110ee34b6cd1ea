//! Socket.IO packets as objects for `receive: { packet: … }`.

use crate::{
    data::Data,
    runner::journal::message_packet::packet_in,
    wire::{
        engine_io::{self, PacketData, PacketType},
        socket_io::{Packet, msgpack},
    },
};

/// Returns the Socket.IO packet of a text message as an object; `None` if the message holds none. `translate` gives an
/// event the scenarios' names, and `spoken` returns the scenarios' name of a namespace.
pub(super) fn text_packet(
    packet: &engine_io::Packet,
    translate: impl Fn(Packet) -> Packet,
    spoken: impl Fn(&str) -> String,
) -> Option<Data> {
    Some(packet_data(translate(packet_in(packet)?), spoken))
}

/// Returns the Socket.IO packet of a msgpack message as an object; `None` if the message holds none. `spoken` returns
/// the scenarios' name of a namespace.
pub(super) fn msgpack_packet(
    packet: &engine_io::Packet,
    spoken: impl Fn(&str) -> String,
) -> Option<Data> {
    match &packet.data {
        PacketData::Binary(bytes) => Some(packet_data(msgpack::decode(bytes).ok()?, spoken)),
        PacketData::Text(_) => None,
    }
}

/// Returns a Socket.IO packet as an object: `{type, namespace, id, data}`.
pub(super) fn packet_data(packet: Packet, spoken: impl Fn(&str) -> String) -> Data {
    let mut fields = vec![
        ("type", Data::Null),
        ("namespace", Data::from(spoken(packet.namespace()))),
    ];
    let kind = match packet {
        Packet::Connect { payload, .. } => {
            fields.extend(payload.map(|payload| ("data", payload)));
            "connect"
        }
        Packet::Disconnect { .. } => "disconnect",
        Packet::Event { id, name, args, .. } => {
            fields.extend(id.map(|id| ("id", Data::from(id.0))));
            let mut data = vec![Data::from(name)];
            data.extend(args);
            fields.push(("data", Data::Array(data)));
            "event"
        }
        Packet::Ack { id, args, .. } => {
            fields.push(("id", Data::from(id.0)));
            fields.push(("data", Data::Array(args)));
            "ack"
        }
        Packet::ConnectError { payload, .. } => {
            fields.push(("data", payload));
            "connect_error"
        }
    };
    if let Some((_, value)) = fields.first_mut() {
        *value = Data::from(kind);
    }
    Data::object(fields)
}

/// Returns an event without the offset that connection state recovery appends; `None` if it has no offset.
pub(super) fn without_offset(packet: Data) -> Option<Data> {
    let Data::Object(mut fields) = packet else {
        return None;
    };
    if fields.contains_key("id") {
        return None;
    }
    let Some(Data::Array(data)) = fields.get_mut("data") else {
        return None;
    };
    if data.len() < 2 || !matches!(data.pop(), Some(Data::String(_))) {
        return None;
    }
    Some(Data::Object(fields))
}

/// Returns the text of a message packet.
pub(super) fn message_text(packet: &engine_io::Packet) -> Option<Data> {
    match (&packet.kind, &packet.data) {
        (PacketType::Message, PacketData::Text(text)) => Some(Data::from(text.as_str())),
        _ => None,
    }
}
