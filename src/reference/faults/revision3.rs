//! Revision 3 of Engine.IO, as Socket.IO 2 clients speak it.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::Bytes;

use super::topic::faults;
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Revision, Session},
        socket::Refused,
    },
    wire::engine_io::{Packet, PacketData, PacketType},
};

faults!(Revision3Fault {
    Base64Ignored = "eio3-base64-ignored": "Bytes come as bytes to a client that asked for base64.";
    BinaryPrefixMissing = "eio3-binary-prefix-missing": "Binary frames of revision 3 have no type byte.";
    BinaryTypeMissing = "eio3-binary-type-missing": "Bytes come as b… without the type digit.";
    ErrorAsObject = "eio3-error-as-object": "A refusal is told to clients of revision 3 as an object.", seen "socket.io 4.8.4";
    ForAll = "eio3-rules-for-all": "Where revision 3 is served, clients of revision 4 join the main namespace by themselves as well.", seen "one switch for all sessions";
    FourAsThree = "payload-as-revision-3": "Polls of revision 4 are answered with lengths in front of packets.";
    LengthInBytes = "eio3-length-in-bytes": "The length of a packet counts bytes.";
    PayloadAsFour = "eio3-payload-as-4": "Polls of revision 3 are answered in payloads of revision 4.";
    PayloadSlow = "eio3-payload-slow": "The time that a payload takes grows with the square of its size.", seen "CVE-2020-36048";
    PingUnanswered = "eio3-ping-unanswered": "Pings of clients of revision 3 are not answered.";
    PongAccepted = "eio3-pong-accepted": "A pong of a client of revision 3 is ignored.";
    QueryInName = "eio3-namespace-query-in-name": "The query behind a namespace is taken for a part of its name.";
    ScriptEscapesKept = "jsonp-escapes-kept": "The escapes of a form that a script posts are not undone.";
    ScriptIndexKept = "jsonp-index-kept": "A script calls whatever the index says.";
    ScriptUnescaped = "jsonp-unescaped": "A payload stands in a script as it is.";
    ScriptsForAll = "jsonp-in-revision-4": "Clients of revision 4 can poll by scripts.", seen "socket.io 4.8.4";
    ServerPings = "eio3-server-pings": "The server pings clients of revision 3.";
    WaitsForConnect = "eio3-waits-for-connect": "A client of revision 3 must ask to join the main namespace.";
});

/// A payload has the form of its session's revision.
pub(in crate::reference) fn payload(session: &Session, packets: &[Packet]) -> Revision {
    let faults = session.faults();
    let opens = packets
        .first()
        .is_some_and(|packet| packet.kind == PacketType::Open);
    match session.revision {
        Revision::V3 if faults.has(Revision3Fault::PayloadAsFour) => Revision::V4,
        Revision::V4 if faults.has(Revision3Fault::FourAsThree) && !opens => Revision::V3,
        revision => revision,
    }
}

/// Lengths count UTF-16 units, and bytes have a type digit.
pub(in crate::reference) fn text_payload(faults: &FaultSet, packets: &[Packet]) -> Option<Bytes> {
    let in_bytes = faults.has(Revision3Fault::LengthInBytes);
    let typeless = faults.has(Revision3Fault::BinaryTypeMissing);
    if !in_bytes && !typeless {
        return None;
    }
    let mut out = String::new();
    for packet in packets {
        let text = match &packet.data {
            PacketData::Binary(bytes) if typeless => format!("b{}", BASE64.encode(bytes)),
            PacketData::Binary(bytes) => format!("b4{}", BASE64.encode(bytes)),
            PacketData::Text(_) => packet.encode_text().to_string(),
        };
        let length = if in_bytes {
            text.len()
        } else {
            text.encode_utf16().count()
        };
        out.push_str(&format!("{length}:{text}"));
    }
    Some(out.into())
}

/// Who can't take bytes gets base64.
pub(in crate::reference) fn ignores_base64(faults: &FaultSet) -> bool {
    faults.has(Revision3Fault::Base64Ignored)
}

/// A binary frame begins with its type.
pub(in crate::reference) fn bare_bytes(faults: &FaultSet, bytes: &Bytes) -> Option<Bytes> {
    faults
        .has(Revision3Fault::BinaryPrefixMissing)
        .then(|| bytes.clone())
}

/// A payload takes a time that grows with its size.
///
/// The defect waits in place of copying what is left once a packet, which would hold up the other
/// servers of this process as well.
pub(in crate::reference) fn delay(session: &Session, bytes: usize) -> Option<Duration> {
    let slow =
        session.revision == Revision::V3 && session.faults().has(Revision3Fault::PayloadSlow);
    let thousands = u64::try_from(bytes / 1000).unwrap_or(u64::MAX);
    slow.then(|| Duration::from_millis(thousands.saturating_mul(thousands)))
}

/// A ping of a client is answered.
pub(in crate::reference) fn ignores_ping(faults: &FaultSet) -> bool {
    faults.has(Revision3Fault::PingUnanswered)
}

/// A pong of a client is an error.
pub(super) fn accepts_pong(session: &Session) -> bool {
    session.revision == Revision::V3 && session.faults().has(Revision3Fault::PongAccepted)
}

/// The client pings, the server does not.
pub(in crate::reference) fn server_pings(faults: &FaultSet) -> bool {
    faults.has(Revision3Fault::ServerPings)
}

/// Clients of revision 3 join the main namespace by themselves, others do not.
pub(in crate::reference) fn joins_unasked(session: &Session) -> bool {
    match session.revision {
        Revision::V3 => !session.faults().has(Revision3Fault::WaitsForConnect),
        Revision::V4 => session.server.config.eio3 && session.faults().has(Revision3Fault::ForAll),
    }
}

/// A namespace ends where its query begins.
pub(in crate::reference) fn keeps_query(faults: &FaultSet) -> bool {
    faults.has(Revision3Fault::QueryInName)
}

/// A refusal is told in a plain text.
pub(in crate::reference) fn refusal_payload(faults: &FaultSet, refused: Refused) -> Data {
    if faults.has(Revision3Fault::ErrorAsObject) {
        refused.payload()
    } else {
        Data::from(refused.message)
    }
}

/// Scripts are for revision 3.
pub(in crate::reference) fn scripts_for_all(faults: &FaultSet) -> bool {
    faults.has(Revision3Fault::ScriptsForAll) || faults.has(Revision3Fault::ScriptIndexKept)
}

/// Of an index only the digits are used.
pub(in crate::reference) fn keeps_whole_index(faults: &FaultSet) -> bool {
    faults.has(Revision3Fault::ScriptIndexKept)
}

/// A payload is escaped.
pub(in crate::reference) fn literal(faults: &FaultSet, payload: &str) -> Option<String> {
    faults
        .has(Revision3Fault::ScriptUnescaped)
        .then(|| format!("\"{payload}\""))
}

/// The escapes of a form are undone.
pub(in crate::reference) fn keeps_escapes(faults: &FaultSet) -> bool {
    faults.has(Revision3Fault::ScriptEscapesKept)
}
