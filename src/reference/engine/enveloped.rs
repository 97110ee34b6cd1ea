//! Envelopes: the events of a session in the text messages of a plain WebSocket.

use std::{collections::BTreeMap, sync::Arc};

use super::{Ending, Outbound, Session, frame_stream::FrameStream};
use crate::{
    data::Data,
    reference::socket,
    wire::{
        Envelope, Utf8Bytes,
        engine_io::{Packet as EnginePacket, PacketData, PacketType},
        socket_io::{self, AckId, Decoder, Limits, Packet},
        websocket::Frame,
    },
};

/// The number that the server adds to the ids of its own requests. Clients count from 1, so that no id of a client's
/// request can be mistaken for one of these.
const OWN_IDS: u64 = 1_000_000_000;

/// The requests of a client whose envelopes have no ids: the name of each, by the id that the server gave to it. The
/// result of a request comes back as an event of the same name.
#[derive(Debug, Default)]
pub(super) struct Asked {
    names: BTreeMap<AckId, String>,
    next: u64,
}

/// Handles the events in a text message of the client. Ignores a message that is no envelope.
pub(super) fn receive(
    session: &Arc<Session>,
    envelope: &Envelope,
    asked: &mut Asked,
    text: &Utf8Bytes,
) {
    let Some(namespace) = socket::only_namespace(session) else {
        return;
    };
    for mut packet in envelope.decode(text, &namespace, &|_| false) {
        if let Packet::Ack { id, .. } = &mut packet {
            id.0 = id.0.wrapping_sub(OWN_IDS);
        }
        if let Packet::Event { id, name, .. } = &mut packet
            && !envelope.has_ids()
        {
            let own = AckId(asked.next);
            asked.next += 1;
            asked.names.insert(own, name.clone());
            *id = Some(own);
        }
        let text = socket_io::encode(&packet).text;
        session.receive(EnginePacket::text(PacketType::Message, text));
    }
}

/// Queues the messages that carry these packets. Ends the session after a packet that refuses or disconnects the
/// client.
pub(super) fn push(
    stream: &mut FrameStream,
    session: &Arc<Session>,
    envelope: &Envelope,
    asked: &mut Asked,
    outbound: &Outbound,
) {
    let limits = Limits {
        attachments: 0,
        attachment_bytes: 0,
    };
    for packet in outbound.packets() {
        let (PacketType::Message, PacketData::Text(text)) = (packet.kind, &packet.data) else {
            continue;
        };
        let Ok(Some(mut packet)) = Decoder::new(limits).text(text) else {
            continue;
        };
        if let Packet::Event { id: Some(id), .. } = &mut packet {
            id.0 = id.0.wrapping_add(OWN_IDS);
        }
        let ends = matches!(
            packet,
            Packet::ConnectError { .. } | Packet::Disconnect { .. }
        );
        let packet = as_event(packet, asked);
        if let Some(text) = envelope.encode(&without_refusal(packet)) {
            stream.push_message(Frame::text(text), session.faults());
        }
        if ends {
            session.close(Ending::Application);
        }
    }
}

/// Returns the event with the result in place of an acknowledgement, if the envelopes have no ids.
fn as_event(packet: Packet, asked: &mut Asked) -> Packet {
    match packet {
        Packet::Ack {
            namespace,
            id,
            args,
        } => match asked.names.remove(&id) {
            Some(name) => Packet::Event {
                namespace,
                id: None,
                name,
                args,
            },
            None => Packet::Ack {
                namespace,
                id,
                args,
            },
        },
        other => other,
    }
}

/// Returns the event `exception` in place of a CONNECT_ERROR, and any other packet as it is.
fn without_refusal(packet: Packet) -> Packet {
    let Packet::ConnectError { namespace, payload } = packet else {
        return packet;
    };
    let code = payload.get("data").and_then(|data| data.get("code"));
    let fields = [
        ("status", Some(Data::from("error"))),
        ("code", code.cloned()),
        ("message", payload.get("message").cloned()),
    ];
    let fields = fields.into_iter();
    let report = Data::object(fields.filter_map(|(name, value)| Some((name, value?))));
    Packet::Event {
        namespace,
        id: None,
        name: "exception".to_owned(),
        args: vec![report],
    }
}
