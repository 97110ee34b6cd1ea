//! The opening of connections and sessions (RFC 6455 section 4.2; Engine.IO v4, "Handshake").

use std::sync::atomic::{AtomicU64, Ordering};

use hyper::{
    HeaderMap,
    body::Bytes,
    header::{
        CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
        SEC_WEBSOCKET_PROTOCOL, UPGRADE,
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::topic::faults;
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Ending, Outbound, Session, TransportKind},
        http::Refusal,
    },
    wire::engine_io::{Handshake, Packet, PacketType},
};

faults!(HandshakeFault {
    AcceptWrong = "handshake-accept-wrong": "Sec-WebSocket-Accept is a constant.";
    ClosedSidReusable = "closed-sid-reusable": "The id of a session that was closed is still known.";
    ConnectionComparedWhole = "handshake-connection-compared-whole": "Connection must be the one token `upgrade`.", seen "handlers tested with one browser";
    ConnectionHeaderIgnored = "handshake-connection-header-ignored": "An upgrade needs no Connection header.";
    ConnectionHeaderMissing = "handshake-connection-header-missing": "The 101 has no Connection header.";
    ExtensionInvented = "handshake-extension-invented": "The 101 names an extension that nobody offered.";
    FieldMissing = "open-packet-field-missing": "The open packet has no pingTimeout.";
    HostUnchecked = "handshake-host-unchecked": "An upgrade without a Host header is accepted.";
    HttpVersionUnchecked = "handshake-http-version-unchecked": "An upgrade by HTTP/1.0 is accepted.", seen "Node's http module";
    IntervalInSeconds = "open-packet-interval-in-seconds": "The open packet announces its times in seconds.";
    KeyMalformedAccepted = "handshake-key-malformed-accepted": "A Sec-WebSocket-Key that is not 16 bytes in base64 is accepted.";
    KeyMissingAccepted = "handshake-key-missing-accepted": "An upgrade without Sec-WebSocket-Key is accepted.";
    MaxPayloadMissing = "open-packet-max-payload-missing": "The open packet has no maxPayload.";
    OpenAnswered = "open-packet-answered": "An open packet from a client is answered with another one.";
    RefusalTruncated = "handshake-refusal-truncated": "The answer that refuses an upgrade ends inside its body.";
    RefusedAfter101 = "handshake-refused-after-101": "An upgrade with an unheard-of protocol version is accepted, and then refused with HTTP inside it.", seen "engine.io 6";
    SessionLeak = "polling-session-leak": "A session that timed out is still known.";
    SidRepeated = "sid-repeated": "All sessions have the same id.";
    SidSequential = "sid-sequential": "Session ids are counted up.";
    SubprotocolInvented = "handshake-subprotocol-invented": "The 101 names a subprotocol that nobody offered.";
    SubprotocolsEchoed = "handshake-subprotocols-echoed": "The 101 repeats all subprotocols that were offered.";
    SurvivesTcpDrop = "session-survives-tcp-drop": "A session whose connection was lost is still known.";
    TokensCaseSensitive = "handshake-tokens-case-sensitive": "The tokens of Connection and Upgrade are compared with case.";
    UpgradeHeaderIgnored = "handshake-upgrade-header-ignored": "What the Upgrade header names is not looked at.";
    UpgradesEmpty = "open-packet-upgrades-empty": "A polling session is offered no upgrade.";
    UpgradesInVain = "open-packet-upgrades-in-vain": "An upgrade is offered where there is none.";
    UpgradesOnWebSocket = "open-packet-upgrades-on-websocket": "A session on WebSocket is offered an upgrade to WebSocket.";
    VersionUnchecked = "handshake-version-unchecked": "Any Sec-WebSocket-Version is accepted.";
});

/// The id of a session: unique, and not to be guessed.
pub(in crate::reference) fn sid(faults: &FaultSet, random: impl Fn() -> String) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    if faults.has(HandshakeFault::SidRepeated) {
        return "AAAAAAAAAAAAAAAAAAAA".to_owned();
    }
    if faults.has(HandshakeFault::SidSequential) {
        return format!("{:020}", COUNTER.fetch_add(1, Ordering::Relaxed));
    }
    random()
}

/// A session that has ended is forgotten.
pub(in crate::reference) fn is_kept(faults: &FaultSet, ending: Ending) -> bool {
    let lost = matches!(ending, Ending::TransportClosed);
    let timed_out = matches!(ending, Ending::PingTimeout);
    faults.has(HandshakeFault::ClosedSidReusable)
        || (faults.has(HandshakeFault::SurvivesTcpDrop) && lost)
        || (faults.has(HandshakeFault::SessionLeak) && timed_out)
}

/// The open packet announces everything, times in milliseconds.
pub(in crate::reference) fn open_packet(session: &Session, handshake: Handshake) -> String {
    let faults = session.faults();
    let mut handshake = handshake;
    super::heartbeat::announce(faults, &mut handshake);
    if faults.has(HandshakeFault::UpgradesEmpty) {
        handshake.upgrades.clear();
    }
    if faults.has(HandshakeFault::UpgradesOnWebSocket)
        && session.transport() == TransportKind::WebSocket
    {
        handshake.upgrades.push("websocket".to_owned());
    }
    if faults.has(HandshakeFault::UpgradesInVain)
        && session.transport() == TransportKind::Polling
        && handshake.upgrades.is_empty()
    {
        handshake.upgrades.push("websocket".to_owned());
    }
    let Data::Object(mut fields) = handshake.to_data() else {
        return handshake.encode();
    };
    if faults.has(HandshakeFault::FieldMissing) {
        fields.shift_remove("pingTimeout");
    }
    if faults.has(HandshakeFault::MaxPayloadMissing) {
        fields.shift_remove("maxPayload");
    }
    if faults.has(HandshakeFault::IntervalInSeconds) {
        for name in ["pingInterval", "pingTimeout"] {
            if let Some(time) = fields.get_mut(name) {
                *time = Data::from(time.as_u64().unwrap_or_default() / 1000);
            }
        }
    }
    Data::Object(fields).to_string()
}

/// Both headers must have their token, in whatever case and company.
pub(in crate::reference) fn asks(
    faults: &FaultSet,
    headers: &HeaderMap,
    upgrade: bool,
    connection: bool,
) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if faults.has(HandshakeFault::UpgradeHeaderIgnored) {
        return connection;
    }
    if faults.has(HandshakeFault::ConnectionHeaderIgnored) {
        return upgrade;
    }
    let alone = text(CONNECTION).is_some_and(|value| value.eq_ignore_ascii_case("upgrade"));
    if faults.has(HandshakeFault::ConnectionComparedWhole) && !alone {
        return false;
    }
    let lower = text(UPGRADE) == Some("websocket")
        && text(CONNECTION).is_some_and(|value| value.contains("Upgrade"));
    if faults.has(HandshakeFault::TokensCaseSensitive) && !lower {
        return false;
    }
    upgrade && connection
}

/// A session opens once.
pub(in crate::reference) fn opened_again(session: &Session) {
    if session.faults().has(HandshakeFault::OpenAnswered) {
        let data = open_packet(session, session.handshake());
        let packet = Packet::text(PacketType::Open, data);
        session.send(Outbound::new(vec![packet]), Delivery::Assured);
    }
}

/// Only HTTP/1.1 and later upgrade (RFC 6455 section 4.2.1, item 1).
pub(in crate::reference) fn accepts_any_http(faults: &FaultSet) -> bool {
    faults.has(HandshakeFault::HttpVersionUnchecked)
}

/// There must be a Host header (RFC 6455 section 4.2.1, item 2).
pub(in crate::reference) fn accepts_missing_host(faults: &FaultSet) -> bool {
    faults.has(HandshakeFault::HostUnchecked)
}

/// What is refused is refused before the 101; the bytes that a server writes which does not.
pub(in crate::reference) fn refuses_late(faults: &FaultSet, refusal: Refusal) -> Option<Bytes> {
    const LATE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 46\r\n\r\n{\"code\":5,\"message\":\"Unsupported protocol version\"}";
    (faults.has(HandshakeFault::RefusedAfter101) && refusal == Refusal::UnsupportedProtocol)
        .then(|| Bytes::from_static(LATE))
}

/// An answer is whole. Returns whether the stream is cut in the middle of one.
pub(in crate::reference) async fn truncates_refusal(
    faults: &FaultSet,
    stream: &mut TcpStream,
) -> bool {
    const CUT: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 400\r\n\r\n{\"code\":3,";
    if !faults.has(HandshakeFault::RefusalTruncated) {
        return false;
    }
    let mut head = vec![0; 2048];
    loop {
        let Ok(read) = stream.peek(&mut head).await else {
            return false;
        };
        let seen = String::from_utf8_lossy(head.get(..read).unwrap_or_default()).to_lowercase();
        if read == 0 || read == head.len() || seen.ends_with("\r\n\r\n") {
            let cuts = seen.contains("upgrade: websocket") && !seen.contains("sec-websocket-key:");
            // What is not read would turn the end into a reset.
            let taken = cuts && stream.read(&mut head).await.is_ok();
            return taken && stream.write_all(CUT).await.is_ok();
        }
        tokio::task::yield_now().await;
    }
}

/// A key must be 16 bytes in base64.
pub(in crate::reference) fn accepts_bad_key(faults: &FaultSet) -> bool {
    faults.has(HandshakeFault::KeyMalformedAccepted)
}

/// There must be a key.
pub(in crate::reference) fn accepts_missing_key(faults: &FaultSet) -> bool {
    faults.has(HandshakeFault::KeyMissingAccepted)
}

/// The version must be 13.
pub(in crate::reference) fn accepts_any_version(faults: &FaultSet) -> bool {
    faults.has(HandshakeFault::VersionUnchecked)
}

/// The 101 proves that the key was read, and claims nothing that the client did not offer.
pub(in crate::reference) fn accepted(faults: &FaultSet, asked: &HeaderMap, answer: &mut HeaderMap) {
    if faults.has(HandshakeFault::AcceptWrong) {
        let constant = HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        answer.insert(SEC_WEBSOCKET_ACCEPT, constant);
    }
    if faults.has(HandshakeFault::ConnectionHeaderMissing) {
        answer.remove(CONNECTION);
    }
    if faults.has(HandshakeFault::SubprotocolInvented)
        && !asked.contains_key(SEC_WEBSOCKET_PROTOCOL)
    {
        answer.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"));
    }
    if faults.has(HandshakeFault::SubprotocolsEchoed)
        && let Some(offered) = asked.get(SEC_WEBSOCKET_PROTOCOL)
    {
        answer.insert(SEC_WEBSOCKET_PROTOCOL, offered.clone());
    }
    if faults.has(HandshakeFault::ExtensionInvented) {
        let deflate = HeaderValue::from_static("permessage-deflate");
        answer.insert(SEC_WEBSOCKET_EXTENSIONS, deflate);
    }
}
