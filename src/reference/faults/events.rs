//! Events of clients (Socket.IO v5, "Packet types", EVENT).

use std::{sync::Arc, time::Duration};

use super::{
    binary::Binary, connect::send_raw, recipients::Recipients, robustness, table::defects,
};
use crate::{
    data::Data,
    reference::{
        app::Failure,
        engine::{Ending, Session},
        rooms::{Selection, broadcast},
        socket::{Call, Peer, Socket},
    },
    wire::{
        engine_io::PacketData,
        socket_io::{AckId, DecodeError, Packet},
    },
};

defects!(Events at 7 {
    AckPayloadUnchecked = "ack-payload-unchecked": "A client's answer that is no array is skipped.";
    BeforeConnectIgnored = "packets-before-connect-ignored": "What a client sends before it has joined anything is skipped.", seen "python-socketio 5.18.1";
    CommaRequired = "namespace-comma-required": "A CONNECT whose namespace does not end in a comma is no packet.";
    ConnectErrorIgnored = "connect-error-from-client-ignored": "A client's CONNECT_ERROR is skipped.", seen "python-socketio 5.18.1";
    ConnectPayloadUnchecked = "connect-payload-unchecked": "A CONNECT payload that is no object counts as none.", seen "python-socketio 5.18.1";
    DisconnectPayloadUnchecked = "disconnect-payload-unchecked": "A DISCONNECT that carries data is handled like one without.";
    EmptyArgumentsPadded = "event-empty-arguments-padded": "An event without arguments is answered with a null.", seen "socketioxide, python-socketio";
    EmptyArrayAccepted = "event-empty-name-array-accepted": "An event without a name is skipped.", seen "python-socketio 5.18.1";
    EmptyNameHandled = "event-empty-name-handled": "The event with the empty name has a handler.";
    ExtraArgumentsDropped = "event-extra-arguments-dropped": "Only the first argument is looked at.", seen "socketioxide 0.18.9";
    InvalidJsonIgnored = "event-invalid-json-ignored": "An event that is no JSON is skipped.", seen "python-socketio 5.18.1";
    LargeOvertaken = "large-events-overtaken": "Events that come behind a large one of their client are handled first.";
    NameHitsPrototype = "event-name-hits-prototype": "Names that every object has are taken for handlers.", seen "handler tables that are plain objects";
    NameTypeUnchecked = "event-name-type-unchecked": "An event whose name is no string is skipped.", seen "CVE-2023-32695";
    NamesAsWritten = "event-names-as-written": "An event whose name is written with escapes is unknown.", seen "socketioxide 0.18.9";
    NamesCaseInsensitive = "event-names-case-insensitive": "Event names are compared without case.";
    NamesMatchPrefix = "event-names-match-prefix": "A name that begins with a handler's is handled by it.";
    NamesTrimmed = "event-names-trimmed": "Blanks around event names are cut off.";
    NullArgumentsDropped = "event-null-arguments-dropped": "Arguments that are null are left out.";
    PayloadUnchecked = "event-payload-unchecked": "An event without a payload, or with another than an array, is skipped.", seen "socket.io 4.8.4 without a payload";
    Reordered = "events-reordered": "Events of one client overtake each other.", seen "python-socketio with async_handlers";
    ReplyReachesEverybody = "reply-reaches-everybody": "What one client is answered goes to all.";
    ReservedNameHandled = "event-reserved-name-handled": "Reserved event names are events like others.";
    RootNameRefused = "connect-root-name-refused": "A CONNECT that spells out the name of the main namespace is no packet.";
    TwinKeysRefused = "event-twin-keys-refused": "An object in which a key stands twice is no JSON.";
    UnknownCloses = "event-unknown-closes": "An event without a handler ends the connection.";
    UnknownTypeIgnored = "event-unknown-type-ignored": "A packet of an unknown type is skipped.";
    WrongNamespaceReply = "event-wrong-namespace-reply": "What is answered in a namespace comes in the main one.";
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
            if faults.has(Binary::TextTakenAsAttachment) =>
        {
            let taken = peer.take_attachment(text.clone().into_bytes());
            return taken.map_or(Instead::Ignore, Instead::Handle);
        }
        (PacketData::Binary(_), DecodeError::UnexpectedBinary) => faults.has(Binary::StrayIgnored),
        (_, DecodeError::Placeholder { .. }) if faults.has(Binary::PlaceholderUnchecked) => {
            return Instead::Handle(message_of_null());
        }
        _ if faults.has(Events::BeforeConnectIgnored) && peer.is_outside() => true,
        (PacketData::Text(text), DecodeError::Syntax { .. } | DecodeError::TooLarge { .. }) => {
            let mistake = mistake(text);
            if mistake == Some(Mistake::ConnectPayload)
                && faults.has(Events::ConnectPayloadUnchecked)
            {
                return Instead::Handle(connect_without_payload(text));
            }
            if mistake == Some(Mistake::DisconnectPayload)
                && faults.has(Events::DisconnectPayloadUnchecked)
            {
                return Instead::Handle(Packet::Disconnect {
                    namespace: namespace(text),
                });
            }
            if faults.has(Binary::NameUnchecked) && super::binary::is_nameless(text) {
                super::binary::await_in_vain(session, text);
                return Instead::Ignore;
            }
            if mistake == Some(Mistake::CountMissing) && faults.has(Binary::CountMissingAccepted) {
                let repaired = peer.decode(&text.as_str().replacen('5', "2", 1));
                return repaired.map_or(Instead::Ignore, Instead::Handle);
            }
            mistake.is_some_and(|mistake| {
                faults.has(match mistake {
                    Mistake::UnknownType => Events::UnknownTypeIgnored,
                    Mistake::NotJson => Events::InvalidJsonIgnored,
                    Mistake::NotAnArray => Events::PayloadUnchecked,
                    Mistake::NoName => Events::EmptyArrayAccepted,
                    Mistake::NameNotText => Events::NameTypeUnchecked,
                    Mistake::AckNotArray => Events::AckPayloadUnchecked,
                    Mistake::CountMalformed => {
                        return faults.has(Binary::CountMalformedIgnored);
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
        Packet::ConnectError { .. } if faults.has(Events::ConnectErrorIgnored) => true,
        Packet::Ack { .. } | Packet::ConnectError { .. } | Packet::Disconnect { .. } => {
            faults.has(Events::BeforeConnectIgnored) && peer.is_outside()
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

/// Reserved names end the connection.
pub(in crate::reference) fn allows_reserved_names(session: &Session) -> bool {
    session.faults().has(Events::ReservedNameHandled)
}

/// Events are handled one after the other, as they are.
pub(in crate::reference) fn dispatch(mut call: Call, handle: fn(Call)) {
    let faults = call.socket.faults();
    if faults.is_empty() {
        handle(call);
        return;
    }
    if faults.has(Events::NullArgumentsDropped) {
        call.args.retain(|arg| *arg != Data::Null);
    }
    if faults.has(Events::ExtraArgumentsDropped) {
        call.args.truncate(1);
    }
    call.name = name(&call);
    robustness::event(&call);
    if faults.has(Events::Reordered) {
        let socket = Arc::clone(&call.socket);
        let session = socket.session();
        let nth = session
            .server
            .scratch
            .add(format!("order {}", session.sid), true);
        if nth % 2 == 1 {
            session.server.tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                handle(call);
            });
            return;
        }
    }
    let size = |call: &Call| {
        call.args
            .iter()
            .map(|arg| arg.to_string().len())
            .sum::<usize>()
    };
    if faults.has(Events::LargeOvertaken) && size(&call) > 5000 {
        let server = Arc::clone(&call.socket.session().server);
        server.tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            handle(call);
        });
        return;
    }
    super::acks::dispatch(call, handle);
}

fn name(call: &Call) -> String {
    let faults = call.socket.faults();
    let name = call.name.as_str();
    if faults.has(Events::EmptyNameHandled) && name.is_empty() {
        return "message".to_owned();
    }
    if faults.has(Events::NamesCaseInsensitive) {
        return name.to_lowercase();
    }
    if faults.has(Events::NamesTrimmed) {
        return name.trim().to_owned();
    }
    if faults.has(Events::NamesMatchPrefix)
        && name.starts_with("message")
        && !name.starts_with("message-with-ack")
    {
        return "message".to_owned();
    }
    name.to_owned()
}

/// An event without a handler does nothing.
pub(in crate::reference) fn unhandled(call: &Call) -> Result<(), Failure> {
    let faults = call.socket.faults();
    if faults.is_empty() {
        return Ok(());
    }
    if faults.has(Events::UnknownCloses) {
        call.socket.session().close(Ending::ParseError);
    }
    let inherited = [
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "toString",
        "valueOf",
    ];
    if faults.has(Events::NameHitsPrototype) && inherited.contains(&call.name.as_str()) {
        if let Some(ack) = &call.ack {
            ack.send(Vec::new());
        }
        call.socket.session().close(Ending::ParseError);
    }
    super::acks::unhandled(call);
    Ok(())
}

/// `message` is answered to its sender, in its namespace, with the arguments that it had.
pub(in crate::reference) fn reply(socket: &Arc<Socket>, name: &str, mut args: Vec<Data>) {
    let faults = socket.faults();
    if faults.is_empty() {
        socket.emit(name, args);
        return;
    }
    if faults.has(Events::EmptyArgumentsPadded) && args.is_empty() {
        args.push(Data::Null);
    }
    if faults.has(Events::ReplyReachesEverybody) {
        broadcast(socket, &Selection::everybody(), name, args);
        return;
    }
    if faults.has(Events::WrongNamespaceReply) {
        let packet = Packet::Event {
            namespace: "/".to_owned(),
            id: None::<AckId>,
            name: name.to_owned(),
            args,
        };
        send_raw(socket.session(), &packet);
        return;
    }
    if faults.has(Recipients::NamespaceLeak) {
        socket
            .siblings()
            .iter()
            .for_each(|sibling| sibling.emit(name, args.clone()));
    }
    socket.emit(name, args);
}
