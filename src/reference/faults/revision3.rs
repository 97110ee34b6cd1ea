//! Faults in revision 3 of Engine.IO, which Socket.IO 2 clients use.

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
    Base64Ignored = "eio3-base64-ignored": "The server sends bytes unencoded to a client of revision 3 that has asked for base64.";
    BinaryPrefixMissing = "eio3-binary-prefix-missing": "The server sends binary frames to clients of revision 3 without the packet type in the first byte.";
    BinaryTypeMissing = "eio3-binary-type-missing": "In responses to polls of revision 3, the server writes bytes as `b…`, without the packet type, where it has to write `b4…`.";
    ErrorAsObject = "eio3-error-as-object": "When the server refuses a namespace to a client of revision 3, it sends an object, where it has to send the message as a string.", seen "socket.io 4.8.4";
    ForAll = "eio3-rules-for-all": "If the server also serves revision 3, it joins clients of revision 4 to the main namespace without CONNECT.", seen "one switch for all sessions";
    FourAsThree = "payload-as-revision-3": "The server encodes responses to polls of revision 4 in the payload format of revision 3.";
    LengthInBytes = "eio3-length-in-bytes": "In payloads of revision 3, the server writes the length of a packet in bytes, not in characters.";
    PayloadAsFour = "eio3-payload-as-4": "The server encodes responses to polls of revision 3 in the payload format of revision 4.";
    PayloadSlow = "eio3-payload-slow": "The time that the server needs to decode a payload of revision 3 grows with the square of the payload's size.", seen "CVE-2020-36048";
    PingUnanswered = "eio3-ping-unanswered": "The server does not answer the ping packets of clients of revision 3.";
    PongAccepted = "eio3-pong-accepted": "When a client of revision 3 sends a pong packet, the server ignores it, where it has to close the session.";
    QueryInName = "eio3-namespace-query-in-name": "When a client of revision 3 adds a query to the name of a namespace, the server takes the query for a part of the name.";
    ScriptEscapesKept = "jsonp-escapes-kept": "The server does not decode the escaped line feeds in the body of a JSONP POST.";
    ScriptIndexKept = "jsonp-index-kept": "The server copies the JSONP callback index of a request into its script without a check, so that a client can insert code.";
    ScriptUnescaped = "jsonp-unescaped": "The server writes a payload into a JSONP script without escaping it as a JavaScript string.";
    ScriptsForAll = "jsonp-in-revision-4": "The server answers JSONP polls of clients that ask for revision 4, which has no JSONP.", seen "socket.io 4.8.4";
    ServerPings = "eio3-server-pings": "The server sends ping packets to clients of revision 3, where only the client may send them.";
    WaitsForConnect = "eio3-waits-for-connect": "The server does not join a client of revision 3 to the main namespace before the client sends CONNECT.";
});

impl FaultSet {
    /// Returns the revision in which the server encodes a payload. Without faults this is the
    /// revision of the session.
    pub(in crate::reference) fn choose_payload_revision(
        &self,
        session: &Session,
        packets: &[Packet],
    ) -> Revision {
        let opens = packets
            .first()
            .is_some_and(|packet| packet.kind == PacketType::Open);
        match session.revision {
            Revision::V3 if self.has(Revision3Fault::PayloadAsFour) => Revision::V4,
            Revision::V4 if self.has(Revision3Fault::FourAsThree) && !opens => Revision::V3,
            revision => revision,
        }
    }

    /// Returns a text payload with wrong lengths or types; `None` if no fault for that is active.
    pub(in crate::reference) fn encode_text_payload(&self, packets: &[Packet]) -> Option<Bytes> {
        let in_bytes = self.has(Revision3Fault::LengthInBytes);
        let typeless = self.has(Revision3Fault::BinaryTypeMissing);
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

    /// Returns true if the fault `eio3-base64-ignored` is active.
    pub(in crate::reference) fn ignores_base64(&self) -> bool {
        self.has(Revision3Fault::Base64Ignored)
    }

    /// Returns the payload of a binary frame without its type byte if the fault
    /// `eio3-binary-prefix-missing` is active.
    pub(in crate::reference) fn bare_bytes(&self, bytes: &Bytes) -> Option<Bytes> {
        self.has(Revision3Fault::BinaryPrefixMissing)
            .then(|| bytes.clone())
    }

    /// Returns how long the fault `eio3-payload-slow` waits before the server handles a payload.
    ///
    /// A real server with this fault copies the rest of the payload for each packet. This fault
    /// waits instead, because copying would slow down the other servers in this process.
    pub(in crate::reference) fn delay_for_payload(
        &self,
        session: &Session,
        bytes: usize,
    ) -> Option<Duration> {
        let slow = session.revision == Revision::V3 && self.has(Revision3Fault::PayloadSlow);
        let thousands = u64::try_from(bytes / 1000).unwrap_or(u64::MAX);
        slow.then(|| Duration::from_millis(thousands.saturating_mul(thousands)))
    }

    /// Returns true if the fault `eio3-ping-unanswered` is active.
    pub(in crate::reference) fn ignores_ping(&self) -> bool {
        self.has(Revision3Fault::PingUnanswered)
    }

    /// Returns true if the fault `eio3-server-pings` is active.
    pub(in crate::reference) fn server_pings(&self) -> bool {
        self.has(Revision3Fault::ServerPings)
    }

    /// Returns true if the session joins the main namespace without CONNECT. Without faults only
    /// revision 3 does.
    pub(in crate::reference) fn joins_without_connect(&self, session: &Session) -> bool {
        match session.revision {
            Revision::V3 => !self.has(Revision3Fault::WaitsForConnect),
            Revision::V4 => session.server.config.eio3 && self.has(Revision3Fault::ForAll),
        }
    }

    /// Returns true if the fault `eio3-namespace-query-in-name` is active.
    pub(in crate::reference) fn keeps_query(&self) -> bool {
        self.has(Revision3Fault::QueryInName)
    }

    /// Returns the payload of a CONNECT_ERROR of revision 3. Without faults this is the message as
    /// a string.
    pub(in crate::reference) fn refusal_payload_v3(&self, refused: Refused) -> Data {
        if self.has(Revision3Fault::ErrorAsObject) {
            refused.payload()
        } else {
            // As in the JavaScript server, the application's `data` takes the place of the message.
            let message = refused.message;
            refused.data.unwrap_or_else(|| Data::from(message))
        }
    }

    /// Returns true if a fault lets the server answer JSONP polls of clients that ask for revision 4.
    pub(in crate::reference) fn scripts_for_all(&self) -> bool {
        self.has(Revision3Fault::ScriptsForAll) || self.has(Revision3Fault::ScriptIndexKept)
    }

    /// Returns true if the fault `jsonp-index-kept` is active.
    pub(in crate::reference) fn keeps_whole_index(&self) -> bool {
        self.has(Revision3Fault::ScriptIndexKept)
    }

    /// Returns the payload as an unescaped string literal if the fault `jsonp-unescaped` is active.
    pub(in crate::reference) fn unescaped_literal(&self, payload: &str) -> Option<String> {
        self.has(Revision3Fault::ScriptUnescaped)
            .then(|| format!("\"{payload}\""))
    }

    /// Returns true if the fault `jsonp-escapes-kept` is active.
    pub(in crate::reference) fn keeps_escapes(&self) -> bool {
        self.has(Revision3Fault::ScriptEscapesKept)
    }
}

/// Returns true if the session is of revision 3 and the fault `eio3-pong-accepted` is active.
pub(super) fn accepts_pong(session: &Session) -> bool {
    session.revision == Revision::V3 && session.faults().has(Revision3Fault::PongAccepted)
}
