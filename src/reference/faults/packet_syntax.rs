//! Faults in checking the syntax of a client's packets (Socket.IO v5, "Packet encoding").

use super::{binary::BinaryFault, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::Session,
        socket::{InvalidMessage, Peer},
    },
    wire::{
        Utf8Bytes,
        engine_io::PacketData,
        socket_io::{DecodeError, Packet},
    },
};

faults!(PacketSyntaxFault {
    AckPayloadUnchecked = "ack-payload-unchecked": "The server ignores a client's ACK whose payload is not an array, where it has to close the connection.";
    BeforeConnectIgnored = "packets-before-connect-ignored": "The server ignores packets that a client sends before it has joined a namespace, where it has to close the connection.", seen "python-socketio 5.18.1";
    CommaRequired = "namespace-comma-required": "The server refuses a CONNECT without a comma after the name of the namespace, although the comma is optional there.";
    ConnectErrorIgnored = "connect-error-from-client-ignored": "The server ignores a CONNECT_ERROR that a client sends, where it has to close the connection.", seen "python-socketio 5.18.1";
    ConnectPayloadUnchecked = "connect-payload-unchecked": "When the payload of a CONNECT is not an object, the server handles the CONNECT without a payload, where it has to close the connection.", seen "python-socketio 5.18.1";
    DisconnectPayloadUnchecked = "disconnect-payload-unchecked": "The server handles a client's DISCONNECT that carries a payload, where it has to close the connection.";
    EmptyArrayAccepted = "event-empty-name-array-accepted": "The server ignores an event whose payload is an empty array, without a name, where it has to close the connection.", seen "python-socketio 5.18.1";
    InvalidJsonIgnored = "event-invalid-json-ignored": "The server ignores an event whose payload is not valid JSON, where it has to close the connection.", seen "python-socketio 5.18.1";
    NameTypeUnchecked = "event-name-type-unchecked": "The server ignores an event whose name is not a string, where it has to close the connection.", seen "CVE-2023-32695";
    EscapedNamesUnknown = "event-names-as-written": "When the name of an event is written with JSON escapes, the server does not find the event's handler.", seen "socketioxide 0.18.9";
    PayloadUnchecked = "event-payload-unchecked": "The server ignores an event whose payload is missing or not an array, where it has to close the connection.", seen "socket.io 4.8.4 without a payload";
    RootNameRefused = "connect-root-name-refused": "The server refuses a CONNECT that names the main namespace as `/`, although the name may be written.";
    RepeatedKeysRefused = "event-twin-keys-refused": "The server refuses an event whose JSON has an object with a repeated key.";
    UnknownTypeIgnored = "event-unknown-type-ignored": "The server ignores packets whose type Socket.IO does not define, where it has to close the connection.";
});

impl FaultSet {
    /// Returns what the server does with a message that is not a valid packet. Without faults it
    /// closes the connection.
    pub(in crate::reference) fn judge_invalid(
        &self,
        session: &Session,
        peer: &Peer,
        message: &PacketData,
        error: &DecodeError,
    ) -> InvalidMessage {
        if self.is_empty() {
            return InvalidMessage::Close;
        }
        match (message, error) {
            _ if super::msgpack::skips_invalid(session) => InvalidMessage::Ignore,
            (PacketData::Text(text), DecodeError::TextInsteadOfAttachment { .. })
                if self.has(BinaryFault::TextTakenAsAttachment) =>
            {
                let taken = peer.take_attachment(text.clone().into_bytes());
                taken.map_or(InvalidMessage::Ignore, InvalidMessage::Handle)
            }
            (PacketData::Binary(_), DecodeError::UnexpectedBinary)
                if super::binary::takes_skipped_attachment(session)
                    || self.has(BinaryFault::StrayIgnored) =>
            {
                InvalidMessage::Ignore
            }
            (PacketData::Binary(_), DecodeError::UnexpectedBinary) => InvalidMessage::Close,
            (_, DecodeError::Placeholder { .. }) if self.has(BinaryFault::PlaceholderUnchecked) => {
                InvalidMessage::Handle(message_of_null())
            }
            _ if self.has(PacketSyntaxFault::BeforeConnectIgnored) && peer.is_outside() => {
                InvalidMessage::Ignore
            }
            (PacketData::Text(text), DecodeError::Syntax { .. } | DecodeError::TooLarge { .. }) => {
                judge_text(session, peer, text)
            }
            _ => InvalidMessage::Close,
        }
    }

    /// Returns true if an active fault makes the server ignore this packet: one that only a server
    /// may send, or one that came before CONNECT. Without faults such a packet closes the
    /// connection.
    pub(in crate::reference) fn skips_packet(&self, peer: &Peer, packet: &Packet) -> bool {
        match packet {
            Packet::ConnectError { .. } if self.has(PacketSyntaxFault::ConnectErrorIgnored) => true,
            Packet::Ack { .. } | Packet::ConnectError { .. } | Packet::Disconnect { .. } => {
                self.has(PacketSyntaxFault::BeforeConnectIgnored) && peer.is_outside()
            }
            _ => false,
        }
    }

    /// Returns true if the event's name has JSON escapes and the fault `event-names-as-written` is
    /// active.
    pub(in crate::reference) fn misses_escaped_name(&self, message: &PacketData) -> bool {
        let PacketData::Text(text) = message else {
            return false;
        };
        let name = text
            .split_once("[\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        self.has(PacketSyntaxFault::EscapedNamesUnknown)
            && name.is_some_and(|(name, _)| name.contains('\\'))
    }

    /// Returns true if a fault refuses this valid packet because of the way in which it is written.
    pub(in crate::reference) fn refuses_valid(&self, message: &PacketData) -> bool {
        let PacketData::Text(text) = message else {
            return false;
        };
        if self.is_empty() {
            return false;
        }
        let names_root = text.as_str() == "0/" || text.starts_with("0/,");
        let named = text.starts_with("0/");
        (self.has(PacketSyntaxFault::CommaRequired) && named && !text.contains(','))
            || (self.has(PacketSyntaxFault::RootNameRefused) && names_root)
            || (self.has(PacketSyntaxFault::RepeatedKeysRefused) && has_repeated_keys(text))
    }
}

/// Returns what the server does with a text that is not a valid packet. Which fault can change this
/// depends on the first mistake in the text.
fn judge_text(session: &Session, peer: &Peer, text: &Utf8Bytes) -> InvalidMessage {
    let faults = session.faults();
    let Some(mistake) = find_mistake(text) else {
        return InvalidMessage::Close;
    };
    match mistake {
        Mistake::ConnectPayload if faults.has(PacketSyntaxFault::ConnectPayloadUnchecked) => {
            InvalidMessage::Handle(connect_without_payload(text))
        }
        Mistake::DisconnectPayload if faults.has(PacketSyntaxFault::DisconnectPayloadUnchecked) => {
            InvalidMessage::Handle(Packet::Disconnect {
                namespace: read_namespace(text),
            })
        }
        _ if faults.has(BinaryFault::NameUnchecked) && super::binary::is_nameless(text) => {
            super::binary::note_skipped_attachments(session, text);
            InvalidMessage::Ignore
        }
        Mistake::CountMissing if faults.has(BinaryFault::CountMissingAccepted) => {
            let repaired = peer.decode(&text.as_str().replacen('5', "2", 1));
            repaired.map_or(InvalidMessage::Ignore, InvalidMessage::Handle)
        }
        _ if ignores_mistake(faults, mistake) => InvalidMessage::Ignore,
        _ => InvalidMessage::Close,
    }
}

/// Returns true if an active fault makes the server ignore packets with this mistake.
fn ignores_mistake(faults: &FaultSet, mistake: Mistake) -> bool {
    faults.has(match mistake {
        Mistake::AckNotArray => PacketSyntaxFault::AckPayloadUnchecked,
        Mistake::CountMalformed => return faults.has(BinaryFault::CountMalformedIgnored),
        Mistake::NameNotText => PacketSyntaxFault::NameTypeUnchecked,
        Mistake::NoName => PacketSyntaxFault::EmptyArrayAccepted,
        Mistake::NotAnArray => PacketSyntaxFault::PayloadUnchecked,
        Mistake::NotJson => PacketSyntaxFault::InvalidJsonIgnored,
        Mistake::UnknownType => PacketSyntaxFault::UnknownTypeIgnored,
        Mistake::ConnectPayload | Mistake::CountMissing | Mistake::DisconnectPayload => {
            return false;
        }
    })
}

/// Returns the event that a fault handles in place of an invalid event, whose placeholder points to
/// no attachment: `message` with null as its argument.
fn message_of_null() -> Packet {
    Packet::Event {
        namespace: "/".to_owned(),
        id: None,
        name: "message".to_owned(),
        args: vec![Data::Null],
    }
}

fn connect_without_payload(text: &str) -> Packet {
    Packet::Connect {
        namespace: read_namespace(text),
        payload: None,
    }
}

fn read_namespace(text: &str) -> String {
    let named = text.get(1..).filter(|rest| rest.starts_with('/'));
    let name = named.map(|rest| rest.split_once(',').map_or(rest, |(name, _)| name));
    name.unwrap_or("/").to_owned()
}

/// The mistakes that make a client's packet invalid. Different faults tolerate different mistakes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mistake {
    AckNotArray,
    ConnectPayload,
    CountMalformed,
    CountMissing,
    DisconnectPayload,
    NameNotText,
    NoName,
    NotAnArray,
    NotJson,
    UnknownType,
}

/// Returns the first mistake in a text that is not a valid packet.
fn find_mistake(text: &str) -> Option<Mistake> {
    let kind = text.chars().next()?;
    if !matches!(kind, '0'..='6') {
        return Some(Mistake::UnknownType);
    }
    let rest = text.get(1..)?;
    match kind {
        '0' => return Some(Mistake::ConnectPayload),
        '3' => return Some(Mistake::AckNotArray),
        '1' => return Some(Mistake::DisconnectPayload),
        '5' if rest.starts_with('[') => return Some(Mistake::CountMissing),
        '5' | '6' => return Some(Mistake::CountMalformed),
        '2' => {}
        _ => return None,
    }
    let rest = match rest.strip_prefix('/') {
        Some(named) => named.split_once(',')?.1,
        None => rest,
    };
    let json = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    if json.is_empty() {
        return Some(Mistake::NotAnArray);
    }
    if json.starts_with(char::is_whitespace) {
        return Some(Mistake::NotJson);
    }
    match serde_json::from_str::<serde_json::Value>(json) {
        Err(_) => Some(Mistake::NotJson),
        Ok(serde_json::Value::Array(items)) if items.is_empty() => Some(Mistake::NoName),
        Ok(serde_json::Value::Array(_)) => Some(Mistake::NameNotText),
        Ok(_) => Some(Mistake::NotAnArray),
    }
}

/// Returns true if an object in the packet has a repeated key. The text then has more keys than the
/// parsed value.
fn has_repeated_keys(text: &str) -> bool {
    fn keys(data: &Data) -> usize {
        match data {
            Data::Array(items) => items.iter().map(keys).sum(),
            Data::Object(fields) => fields.len() + fields.values().map(keys).sum::<usize>(),
            _ => 0,
        }
    }
    let json = text.find('[').and_then(|start| text.get(start..));
    let read = json.and_then(|json| serde_json::from_str::<Data>(json).ok());
    read.is_some_and(|data| text.matches("\":").count() > keys(&data))
}
