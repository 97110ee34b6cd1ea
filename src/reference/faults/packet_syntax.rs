//! The syntax of a client's packets (Socket.IO v5, "Packet encoding").

use super::{binary::BinaryFault, topic::faults};
use crate::{
    data::Data,
    reference::{FaultSet, engine::Session, socket::Peer},
    wire::{
        engine_io::PacketData,
        socket_io::{DecodeError, Packet},
    },
};

faults!(PacketSyntaxFault {
    AckPayloadUnchecked = "ack-payload-unchecked": "A client's answer that is no array is skipped.";
    BeforeConnectIgnored = "packets-before-connect-ignored": "What a client sends before it has joined anything is skipped.", seen "python-socketio 5.18.1";
    CommaRequired = "namespace-comma-required": "A CONNECT whose namespace does not end in a comma is no packet.";
    ConnectErrorIgnored = "connect-error-from-client-ignored": "A client's CONNECT_ERROR is skipped.", seen "python-socketio 5.18.1";
    ConnectPayloadUnchecked = "connect-payload-unchecked": "A CONNECT payload that is no object counts as none.", seen "python-socketio 5.18.1";
    DisconnectPayloadUnchecked = "disconnect-payload-unchecked": "A DISCONNECT that carries data is handled like one without.";
    EmptyArrayAccepted = "event-empty-name-array-accepted": "An event without a name is skipped.", seen "python-socketio 5.18.1";
    InvalidJsonIgnored = "event-invalid-json-ignored": "An event that is no JSON is skipped.", seen "python-socketio 5.18.1";
    NameTypeUnchecked = "event-name-type-unchecked": "An event whose name is no string is skipped.", seen "CVE-2023-32695";
    NamesAsWritten = "event-names-as-written": "An event whose name is written with escapes is unknown.", seen "socketioxide 0.18.9";
    PayloadUnchecked = "event-payload-unchecked": "An event without a payload, or with another than an array, is skipped.", seen "socket.io 4.8.4 without a payload";
    RootNameRefused = "connect-root-name-refused": "A CONNECT that spells out the name of the main namespace is no packet.";
    TwinKeysRefused = "event-twin-keys-refused": "An object in which a key stands twice is no JSON.";
    UnknownTypeIgnored = "event-unknown-type-ignored": "A packet of an unknown type is skipped.";
});

/// What becomes of a message that is no packet.
#[derive(Debug)]
pub(in crate::reference) enum Instead {
    /// The connection ends.
    Close,
    /// It is handled as this packet.
    Handle(Packet),
    /// It is skipped.
    Ignore,
}

/// A message that is no packet ends the connection.
pub(in crate::reference) fn instead(
    session: &Session,
    peer: &Peer,
    message: &PacketData,
    error: &DecodeError,
) -> Instead {
    let faults = session.faults();
    if faults.is_empty() {
        return Instead::Close;
    }
    let skipped = match (message, error) {
        _ if super::msgpack::skips_invalid(session) => true,
        (PacketData::Binary(_), DecodeError::UnexpectedBinary)
            if super::binary::was_awaited(session) =>
        {
            true
        }
        (PacketData::Text(text), DecodeError::TextInsteadOfAttachment { .. })
            if faults.has(BinaryFault::TextTakenAsAttachment) =>
        {
            let taken = peer.take_attachment(text.clone().into_bytes());
            return taken.map_or(Instead::Ignore, Instead::Handle);
        }
        (PacketData::Binary(_), DecodeError::UnexpectedBinary) => {
            faults.has(BinaryFault::StrayIgnored)
        }
        (_, DecodeError::Placeholder { .. }) if faults.has(BinaryFault::PlaceholderUnchecked) => {
            return Instead::Handle(message_of_null());
        }
        _ if faults.has(PacketSyntaxFault::BeforeConnectIgnored) && peer.is_outside() => true,
        (PacketData::Text(text), DecodeError::Syntax { .. } | DecodeError::TooLarge { .. }) => {
            let mistake = mistake(text);
            if mistake == Some(Mistake::ConnectPayload)
                && faults.has(PacketSyntaxFault::ConnectPayloadUnchecked)
            {
                return Instead::Handle(connect_without_payload(text));
            }
            if mistake == Some(Mistake::DisconnectPayload)
                && faults.has(PacketSyntaxFault::DisconnectPayloadUnchecked)
            {
                return Instead::Handle(Packet::Disconnect {
                    namespace: namespace(text),
                });
            }
            if faults.has(BinaryFault::NameUnchecked) && super::binary::is_nameless(text) {
                super::binary::await_in_vain(session, text);
                return Instead::Ignore;
            }
            if mistake == Some(Mistake::CountMissing)
                && faults.has(BinaryFault::CountMissingAccepted)
            {
                let repaired = peer.decode(&text.as_str().replacen('5', "2", 1));
                return repaired.map_or(Instead::Ignore, Instead::Handle);
            }
            mistake.is_some_and(|mistake| {
                faults.has(match mistake {
                    Mistake::UnknownType => PacketSyntaxFault::UnknownTypeIgnored,
                    Mistake::NotJson => PacketSyntaxFault::InvalidJsonIgnored,
                    Mistake::NotAnArray => PacketSyntaxFault::PayloadUnchecked,
                    Mistake::NoName => PacketSyntaxFault::EmptyArrayAccepted,
                    Mistake::NameNotText => PacketSyntaxFault::NameTypeUnchecked,
                    Mistake::AckNotArray => PacketSyntaxFault::AckPayloadUnchecked,
                    Mistake::CountMalformed => {
                        return faults.has(BinaryFault::CountMalformedIgnored);
                    }
                    Mistake::ConnectPayload
                    | Mistake::CountMissing
                    | Mistake::DisconnectPayload => return false,
                })
            })
        }
        _ => false,
    };
    if skipped {
        Instead::Ignore
    } else {
        Instead::Close
    }
}

/// `message` with the value that a placeholder without attachment would have had.
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
        namespace: namespace(text),
        payload: None,
    }
}

fn namespace(text: &str) -> String {
    let named = text.get(1..).filter(|rest| rest.starts_with('/'));
    let name = named.map(|rest| rest.split_once(',').map_or(rest, |(name, _)| name));
    name.unwrap_or("/").to_owned()
}

/// A packet that only a server sends, or that comes before its time, ends the connection.
pub(in crate::reference) fn skips(session: &Session, peer: &Peer, packet: &Packet) -> bool {
    let faults = session.faults();
    match packet {
        Packet::ConnectError { .. } if faults.has(PacketSyntaxFault::ConnectErrorIgnored) => true,
        Packet::Ack { .. } | Packet::ConnectError { .. } | Packet::Disconnect { .. } => {
            faults.has(PacketSyntaxFault::BeforeConnectIgnored) && peer.is_outside()
        }
        _ => false,
    }
}

/// What is wrong with a packet, as far as defects care.
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

fn mistake(text: &str) -> Option<Mistake> {
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

/// An event's name is what its JSON means; returns whether this one is not found.
pub(in crate::reference) fn overlooks(faults: &FaultSet, message: &PacketData) -> bool {
    let PacketData::Text(text) = message else {
        return false;
    };
    let name = text
        .split_once("[\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    faults.has(PacketSyntaxFault::NamesAsWritten)
        && name.is_some_and(|(name, _)| name.contains('\\'))
}

/// What can be written in several ways is taken in all of them; returns whether this one is not.
pub(in crate::reference) fn refuses_legal(session: &Session, message: &PacketData) -> bool {
    let faults = session.faults();
    let PacketData::Text(text) = message else {
        return false;
    };
    if faults.is_empty() {
        return false;
    }
    let names_root = text.as_str() == "0/" || text.starts_with("0/,");
    let named = text.starts_with("0/");
    (faults.has(PacketSyntaxFault::CommaRequired) && named && !text.contains(','))
        || (faults.has(PacketSyntaxFault::RootNameRefused) && names_root)
        || (faults.has(PacketSyntaxFault::TwinKeysRefused) && has_twin_keys(text))
}

/// Whether more keys are written in a packet than are read from it.
fn has_twin_keys(text: &str) -> bool {
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
