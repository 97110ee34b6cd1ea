//! Faults in the handshakes of WebSocket (RFC 6455 section 4.2) and Engine.IO (v4, "Handshake").

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use hyper::{
    HeaderMap,
    body::Bytes,
    header::{
        CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
        SEC_WEBSOCKET_PROTOCOL, UPGRADE,
    },
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::topic::faults;
use crate::{
    data::Data,
    net::Stream,
    reference::{
        FaultSet,
        engine::{Delivery, Ending, Outbound, Session, TransportKind},
        http::Refusal,
    },
    wire::engine_io::{Handshake, Packet, PacketType},
};

faults!(HandshakeFault {
    AcceptWrong = "handshake-accept-wrong": "The server sends the same Sec-WebSocket-Accept in every 101 response, whatever the key in the request is.";
    ClosedSidReusable = "closed-sid-reusable": "After a session has been closed, the server still accepts requests with its id.";
    ConnectionComparedWhole = "handshake-connection-compared-whole": "The server refuses WebSocket handshakes whose Connection header lists other tokens besides `upgrade`.", seen "handlers tested with one browser";
    ConnectionHeaderIgnored = "handshake-connection-header-ignored": "The server accepts WebSocket handshakes without a Connection header.";
    ConnectionHeaderMissing = "handshake-connection-header-missing": "The server sends the 101 response without a Connection header.";
    ExtensionInvented = "handshake-extension-invented": "The server names an extension in the 101 response that the client did not offer.";
    FieldMissing = "open-packet-field-missing": "The server sends the open packet without pingTimeout.";
    HostUnchecked = "handshake-host-unchecked": "The server accepts WebSocket handshakes without a Host header.";
    HttpVersionUnchecked = "handshake-http-version-unchecked": "The server accepts WebSocket handshakes in HTTP/1.0.", seen "Node's http module";
    IntervalInSeconds = "open-packet-interval-in-seconds": "The server announces pingInterval and pingTimeout in the open packet in seconds, not in milliseconds.";
    KeyMalformedAccepted = "handshake-key-malformed-accepted": "The server accepts WebSocket handshakes whose Sec-WebSocket-Key is not 16 bytes in base64.";
    KeyMissingAccepted = "handshake-key-missing-accepted": "The server accepts WebSocket handshakes without Sec-WebSocket-Key.";
    MaxPayloadMissing = "open-packet-max-payload-missing": "The server sends the open packet without maxPayload.";
    OpenAnswered = "open-packet-answered": "When a client sends an open packet, the server answers with another open packet, where it has to ignore the packet.";
    RefusalTruncated = "handshake-refusal-truncated": "When the server refuses a WebSocket handshake, it sends fewer bytes of the response body than it announces.";
    RefusedAfter101 = "handshake-refused-after-101": "When a WebSocket handshake asks for an unknown Engine.IO revision, the server accepts the handshake and then sends an HTTP error response inside the WebSocket.", seen "engine.io 6";
    SessionLeak = "polling-session-leak": "After a session has ended because a pong was missing, the server still accepts requests with its id.";
    SidRepeated = "sid-repeated": "The server gives all sessions the same id.";
    SidSequential = "sid-sequential": "The server numbers the session ids in sequence, so that others can guess them.";
    SubprotocolInvented = "handshake-subprotocol-invented": "The server names a subprotocol in the 101 response although the client offered none.";
    SubprotocolsEchoed = "handshake-subprotocols-echoed": "The server repeats all offered subprotocols in the 101 response, where it may name only one.";
    SurvivesTcpDrop = "session-survives-tcp-drop": "After the connection of a session was lost, the server still accepts requests with the session's id.";
    TokensCaseSensitive = "handshake-tokens-case-sensitive": "The server refuses WebSocket handshakes whose Upgrade and Connection headers are written in another case than usual.";
    UpgradeHeaderIgnored = "handshake-upgrade-header-ignored": "The server accepts a WebSocket handshake whatever value its Upgrade header has.";
    UpgradesEmpty = "open-packet-upgrades-empty": "The server offers no upgrade to WebSocket in the open packet of a polling session.";
    UpgradesInVain = "open-packet-upgrades-in-vain": "The server offers an upgrade to WebSocket in the open packet although its settings forbid upgrades.";
    UpgradesOnWebSocket = "open-packet-upgrades-on-websocket": "The server offers an upgrade to WebSocket in the open packet of a session that is already on WebSocket.";
    VersionUnchecked = "handshake-version-unchecked": "The server accepts WebSocket handshakes with any Sec-WebSocket-Version, not only with 13.";
});

impl FaultSet {
    /// Returns the id of a new session. Without faults this is `random`.
    pub(in crate::reference) fn choose_sid(&self, random: impl Fn() -> String) -> String {
        static COUNTER: AtomicU64 = AtomicU64::new(1);
        if self.has(HandshakeFault::SidRepeated) {
            return "AAAAAAAAAAAAAAAAAAAA".to_owned();
        }
        if self.has(HandshakeFault::SidSequential) {
            return format!("{:020}", COUNTER.fetch_add(1, Ordering::Relaxed));
        }
        random()
    }

    /// Returns true if a fault keeps the id of an ended session valid.
    pub(in crate::reference) fn keeps_session(&self, ending: Ending) -> bool {
        let lost = matches!(ending, Ending::TransportClosed);
        let timed_out = matches!(ending, Ending::PingTimeout);
        self.has(HandshakeFault::ClosedSidReusable)
            || (self.has(HandshakeFault::SurvivesTcpDrop) && lost)
            || (self.has(HandshakeFault::SessionLeak) && timed_out)
    }

    /// Returns the data of the session's open packet, as the active faults change it.
    pub(in crate::reference) fn encode_open_packet(
        &self,
        session: &Session,
        handshake: Handshake,
    ) -> String {
        let mut handshake = handshake;
        super::heartbeat::alter_announced_times(self, &mut handshake);
        if self.has(HandshakeFault::UpgradesEmpty) {
            handshake.upgrades.clear();
        }
        if self.has(HandshakeFault::UpgradesOnWebSocket)
            && session.transport() == TransportKind::WebSocket
        {
            handshake.upgrades.push("websocket".to_owned());
        }
        if self.has(HandshakeFault::UpgradesInVain)
            && session.transport() == TransportKind::Polling
            && handshake.upgrades.is_empty()
        {
            handshake.upgrades.push("websocket".to_owned());
        }
        let Data::Object(mut fields) = handshake.to_data() else {
            return handshake.encode();
        };
        if self.has(HandshakeFault::FieldMissing) {
            fields.shift_remove("pingTimeout");
        }
        if self.has(HandshakeFault::MaxPayloadMissing) {
            fields.shift_remove("maxPayload");
        }
        if self.has(HandshakeFault::IntervalInSeconds) {
            for name in ["pingInterval", "pingTimeout"] {
                if let Some(time) = fields.get_mut(name) {
                    *time = Data::from(time.as_u64().unwrap_or_default() / 1000);
                }
            }
        }
        Data::Object(fields).to_string()
    }

    /// Returns true if the fault `handshake-upgrade-header-ignored` is active.
    pub(in crate::reference) fn ignores_upgrade_header(&self) -> bool {
        self.has(HandshakeFault::UpgradeHeaderIgnored)
    }

    /// Returns true if the fault `handshake-connection-header-ignored` is active.
    pub(in crate::reference) fn ignores_connection_header(&self) -> bool {
        self.has(HandshakeFault::ConnectionHeaderIgnored)
    }

    /// Returns true if an active fault refuses a request because of the way in which its Upgrade
    /// and Connection headers are written.
    pub(in crate::reference) fn refuses_tokens(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let alone = text(CONNECTION).is_some_and(|value| value.eq_ignore_ascii_case("upgrade"));
        let usual_case = text(UPGRADE) == Some("websocket")
            && text(CONNECTION).is_some_and(|value| value.contains("Upgrade"));
        (self.has(HandshakeFault::ConnectionComparedWhole) && !alone)
            || (self.has(HandshakeFault::TokensCaseSensitive) && !usual_case)
    }

    /// Answers a client's open packet if the fault `open-packet-answered` is active.
    pub(in crate::reference) fn answer_open_packet(&self, session: &Session) {
        if self.has(HandshakeFault::OpenAnswered) {
            let data = self.encode_open_packet(session, session.handshake());
            let packet = Packet::text(PacketType::Open, data);
            session.send(Outbound::new(vec![packet]), Delivery::Assured);
        }
    }

    /// Returns true if the fault `handshake-http-version-unchecked` is active. A right server
    /// requires HTTP/1.1 (RFC 6455 section 4.2.1, item 1).
    pub(in crate::reference) fn accepts_any_http(&self) -> bool {
        self.has(HandshakeFault::HttpVersionUnchecked)
    }

    /// Returns true if the fault `handshake-host-unchecked` is active. A right server requires a
    /// Host header (RFC 6455 section 4.2.1, item 2).
    pub(in crate::reference) fn accepts_missing_host(&self) -> bool {
        self.has(HandshakeFault::HostUnchecked)
    }

    /// Returns the HTTP refusal that the fault `handshake-refused-after-101` writes after the 101
    /// response.
    pub(in crate::reference) fn late_refusal(&self, refusal: Refusal) -> Option<Bytes> {
        const LATE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 46\r\n\r\n{\"code\":5,\"message\":\"Unsupported protocol version\"}";
        (self.has(HandshakeFault::RefusedAfter101) && refusal == Refusal::UnsupportedProtocol)
            .then(|| Bytes::from_static(LATE))
    }

    /// Returns true if the fault `handshake-refusal-truncated` has written an incomplete refusal to
    /// the stream.
    pub(in crate::reference) async fn truncates_refusal(&self, stream: &mut Stream) -> bool {
        const CUT: &[u8] =
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 400\r\n\r\n{\"code\":3,";
        /// How long the server waits before it looks again at a request that is not complete.
        const PAUSE: Duration = Duration::from_millis(1);
        if !self.has(HandshakeFault::RefusalTruncated) {
            return false;
        }
        let mut head = vec![0; 2048];
        loop {
            let Ok(read) = stream.peek(&mut head).await else {
                return false;
            };
            let seen = String::from_utf8_lossy(head.get(..read).unwrap_or_default()).to_lowercase();
            if read == 0 || read == head.len() || seen.ends_with("\r\n\r\n") {
                let cuts =
                    seen.contains("upgrade: websocket") && !seen.contains("sec-websocket-key:");
                // The request is read before the connection closes. Closing with unread bytes would
                // send a reset, and the client could lose the refusal.
                let taken = cuts && stream.read(&mut head).await.is_ok();
                return taken && stream.write_all(CUT).await.is_ok();
            }
            // Without this pause the loop would keep a CPU core busy: peeking leaves the bytes in
            // the stream, so it returns them again at once.
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns true if the fault `handshake-key-malformed-accepted` is active.
    pub(in crate::reference) fn accepts_bad_key(&self) -> bool {
        self.has(HandshakeFault::KeyMalformedAccepted)
    }

    /// Returns true if the fault `handshake-key-missing-accepted` is active.
    pub(in crate::reference) fn accepts_missing_key(&self) -> bool {
        self.has(HandshakeFault::KeyMissingAccepted)
    }

    /// Returns true if the fault `handshake-version-unchecked` is active.
    pub(in crate::reference) fn accepts_any_version(&self) -> bool {
        self.has(HandshakeFault::VersionUnchecked)
    }

    /// Changes the headers of the 101 response.
    pub(in crate::reference) fn alter_101(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        if self.has(HandshakeFault::AcceptWrong) {
            let constant = HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            answer.insert(SEC_WEBSOCKET_ACCEPT, constant);
        }
        if self.has(HandshakeFault::ConnectionHeaderMissing) {
            answer.remove(CONNECTION);
        }
        if self.has(HandshakeFault::SubprotocolInvented)
            && !asked.contains_key(SEC_WEBSOCKET_PROTOCOL)
        {
            answer.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"));
        }
        if self.has(HandshakeFault::SubprotocolsEchoed)
            && let Some(offered) = asked.get(SEC_WEBSOCKET_PROTOCOL)
        {
            answer.insert(SEC_WEBSOCKET_PROTOCOL, offered.clone());
        }
        if self.has(HandshakeFault::ExtensionInvented) {
            let deflate = HeaderValue::from_static("permessage-deflate");
            answer.insert(SEC_WEBSOCKET_EXTENSIONS, deflate);
        }
    }
}
