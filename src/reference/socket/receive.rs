//! Handling of Socket.IO packets from clients (Socket.IO v5, "Packet types").

use std::sync::Arc;

use super::{Ack, Call, Peer, connect::connect, peer::Membership};
use crate::{
    reference::{
        Parser, app,
        engine::{Ending, Session},
    },
    wire::{
        engine_io::PacketData,
        socket_io::{DecodeError, Packet, RESERVED_EVENTS, msgpack},
    },
};

/// What the server does with a message that is not a valid packet.
#[derive(Debug)]
pub(in crate::reference) enum InvalidMessage {
    /// Close the connection.
    Close,
    /// Handle this packet in place of the message.
    Handle(Packet),
    /// Ignore the message.
    Ignore,
}

/// Handles one Engine.IO message, or queues it if a fault blocks the connection.
pub(in crate::reference) fn receive(session: &Arc<Session>, message: PacketData) {
    let deferred = session.faults().queue_if_blocked(session, &message);
    let faults = session.faults();
    let lost = faults.drops_attachment(&message) || faults.misses_escaped_name(&message);
    if !deferred && !lost {
        receive_at_once(session, message);
    }
}

/// Handles one Engine.IO message at once, even if a fault blocks the connection.
pub(in crate::reference) fn receive_at_once(session: &Arc<Session>, message: PacketData) {
    let Some(peer) = Peer::of(session) else {
        return;
    };
    if session.faults().refuses_valid(&message)
        || session.faults().belongs_to_other(session, &message)
    {
        session.close(Ending::ParseError);
        return;
    }
    let parser = session.server.config.parser;
    let decoded = match (parser, &message) {
        (Parser::Json, PacketData::Text(text)) => peer.lock().decoder.text(text),
        (Parser::Json, PacketData::Binary(bytes)) => peer.lock().decoder.binary(bytes.clone()),
        (Parser::Msgpack, PacketData::Text(_)) => Err(DecodeError::UnexpectedText),
        (Parser::Msgpack, PacketData::Binary(bytes)) => {
            msgpack::decode(session.faults().cut_trailing_bytes(bytes)).map(Some)
        }
    };
    session.faults().note_attachments_due(session, peer);
    match decoded {
        Ok(Some(packet)) => dispatch(session, peer, packet),
        // The packet is incomplete: the server waits for its attachments.
        Ok(None) => {}
        Err(error) => refuse_message(session, peer, &message, &error),
    }
}

/// Closes the connection after a message that is not a valid packet.
fn refuse_message(session: &Arc<Session>, peer: &Peer, message: &PacketData, error: &DecodeError) {
    let is_json = session.server.config.parser == Parser::Json;
    if matches!(message, PacketData::Text(text) if is_json && is_ack_without_id(text)) {
        return;
    }
    session.faults().crash_on_malformed(session);
    match session
        .faults()
        .judge_invalid(session, peer, message, error)
    {
        InvalidMessage::Close => session.close(Ending::ParseError),
        InvalidMessage::Handle(packet) => dispatch(session, peer, packet),
        InvalidMessage::Ignore => {}
    }
}

/// Returns true if the text is an ACK without an id. The server ignores such an ACK like one with
/// an unknown id, as the JavaScript server does.
fn is_ack_without_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('3') else {
        return false;
    };
    let values = match rest.strip_prefix('/') {
        Some(named) => named.split_once(',').map_or("", |(_, values)| values),
        None => rest,
    };
    values.starts_with('[') && serde_json::from_str::<serde::de::IgnoredAny>(values).is_ok()
}

fn dispatch(session: &Arc<Session>, peer: &Peer, packet: Packet) {
    if session.faults().skips_packet(peer, &packet) {
        return;
    }
    if let Packet::Connect { namespace, payload } = packet {
        connect(session, peer, &namespace, payload);
        return;
    }
    let namespace = packet.namespace();
    let socket = match peer.membership(namespace) {
        Some(Membership::Joined(socket)) => socket,
        _ => {
            let join = || connect(session, peer, namespace, None);
            if session.faults().handle_from_outsider(session, &packet) {
                return;
            }
            let Some(socket) = session
                .faults()
                .socket_of_outsider(session, peer, &packet, join)
            else {
                session.close(Ending::ParseError);
                return;
            };
            socket
        }
    };
    match packet {
        Packet::Event { id, name, args, .. } => handle_event(
            session,
            Call {
                ack: id.map(|id| Arc::new(Ack::new(Arc::clone(&socket), id))),
                socket,
                name,
                args,
            },
        ),
        Packet::Ack { id, args, .. } => socket.faults().handle_answer(&socket, id, args),
        Packet::Disconnect { .. } => socket
            .faults()
            .handle_disconnect(&socket, || socket.leave_as_asked()),
        // Only a server may send CONNECT_ERROR, so the session closes. CONNECT has been handled
        // above.
        Packet::Connect { .. } | Packet::ConnectError { .. } => session.close(Ending::ParseError),
    }
}

fn handle_event(session: &Arc<Session>, call: Call) {
    let reserved = RESERVED_EVENTS.contains(&call.name.as_str());
    if reserved && !session.faults().allows_reserved_names() {
        session.close(Ending::ParseError);
        return;
    }
    session.faults().handle_in_order(call, app::handle);
}
