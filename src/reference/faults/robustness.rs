//! Faults that crash the whole server on the input of one client.

use std::{
    collections::HashSet,
    error::Error,
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use hyper::{
    HeaderMap, Request,
    header::{
        AUTHORIZATION, COOKIE, HeaderValue, ORIGIN, SEC_WEBSOCKET_EXTENSIONS,
        SEC_WEBSOCKET_PROTOCOL, UPGRADE,
    },
};
use url::form_urlencoded;

use super::topic::faults;
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::Session,
        shared::Shared,
        socket::{Call, Socket},
    },
    wire::{engine_io::PacketData, websocket::Frame},
};

/// The fault `malformed-kills-server-later` crashes the server this long after the message that is
/// not a valid packet.
const LATER: Duration = Duration::from_millis(100);

faults!(RobustnessFault {
    DropDuringRequestKills = "drop-during-request-kills-server": "The server crashes when it acknowledges an event of a client that has disconnected.";
    EarlyFrameKills = "early-bad-frame-kills-server": "The server crashes when invalid frames arrive together with the WebSocket handshake.", seen "CVE-2022-21676";
    ErrorEventKills = "error-event-kills-server": "The server crashes when a client sends an event with the name `error`.", seen "CVE-2024-38355";
    ForeignBytesKill = "foreign-bytes-kill-server": "The server crashes when a client sends bytes that are not HTTP.";
    HostileHeaderKills = "hostile-header-kills-server": "The server crashes on a request with odd names of WebSocket extensions or a very long list of subprotocols.", seen "GHSA-5v72-xg48-5rpm, CVE-2021-32640";
    HostilePacketKills = "hostile-packet-kills-server": "The server crashes on a message that is very long, deeply nested, contains `__proto__` or has an id of more than 64 bits, and on a payload of very many packets.", seen "CVE-2020-36049, CVE-2020-36048";
    HeadersKill = "many-headers-kill-server": "The server crashes on a request with too many headers.", seen "CVE-2024-37890";
    InheritedTransportKills = "inherited-transport-kills-server": "The server crashes on a WebSocket handshake whose transport has a name such as `__proto__`.", seen "engine.io 6.4.1";
    MalformedKills = "malformed-kills-server": "The server crashes when a client sends a message that is not a valid packet.", seen "CVE-2023-32695";
    MalformedKillsLater = "malformed-kills-server-later": "The server crashes 100 ms after a client has sent a message that is not a valid packet.";
    NoPayloadKills = "no-payload-kills-server": "The server crashes when an event lacks the payload that its handler reads.";
    OddHeaderKills = "odd-header-kills-server": "The server crashes on a request with a repeated or empty Cookie, Authorization or Origin header, an invalid cookie, or a header named `__proto__`.";
    OddQueryKills = "odd-query-kills-server": "The server crashes on a request whose query has a repeated parameter, an empty session id or an invalid escape.", seen "CVE-2023-31125";
    ResetKills = "reset-kills-server": "The server crashes when a client resets its TCP connection.", seen "CVE-2022-41940";
    TokenWrongTypeKills = "token-wrong-type-crashes": "The server crashes when the token of a client is not a string.";
});

impl FaultSet {
    /// Crashes the server on a message that is not a packet if a fault for that is active.
    pub(in crate::reference) fn crash_on_malformed(&self, session: &Session) {
        if self.has(RobustnessFault::MalformedKills) {
            session.server.die();
        }
        if self.has(RobustnessFault::MalformedKillsLater) {
            let server = Arc::clone(&session.server);
            session.server.tasks.spawn(async move {
                tokio::time::sleep(LATER).await;
                server.die();
            });
        }
    }

    /// Crashes the server on a token that is not a string if the fault `token-wrong-type-crashes`
    /// is active.
    pub(in crate::reference) fn crash_on_token(&self, session: &Session) {
        if self.has(RobustnessFault::TokenWrongTypeKills) {
            session.server.die();
        }
    }

    /// Crashes the server when the HTTP side of a connection fails, if a fault for that is active.
    pub(in crate::reference) fn crash_on_failed_request(
        &self,
        server: &Shared,
        error: &hyper::Error,
    ) {
        if self.has(RobustnessFault::ForeignBytesKill) && error.is_parse() {
            server.die();
        }
        if self.has(RobustnessFault::HeadersKill) && error.is_parse_too_large() {
            server.die();
        }
        let source = error
            .source()
            .and_then(|source| source.downcast_ref::<io::Error>());
        if let Some(source) = source {
            self.crash_on_reset(server, source);
        }
        if self.has(RobustnessFault::ResetKills) && error.is_incomplete_message() {
            server.die();
        }
    }

    /// Crashes the server on a reset connection if the fault `reset-kills-server` is active.
    pub(in crate::reference) fn crash_on_reset(&self, server: &Shared, error: &io::Error) {
        let reset = matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        );
        if self.has(RobustnessFault::ResetKills) && reset {
            server.die();
        }
    }

    /// Crashes the server on invalid bytes after an upgrade request if the fault
    /// `early-bad-frame-kills-server` is active.
    pub(in crate::reference) fn crash_on_early_frame(&self, server: &Shared, early: &Bytes) {
        if !self.has(RobustnessFault::EarlyFrameKills) || early.is_empty() {
            return;
        }
        let frame = Frame::decode(&mut BytesMut::from(&**early), usize::MAX);
        let legal = matches!(frame, Ok(Some(frame)) if frame.mask.is_some() && frame.rsv == 0);
        if !legal {
            server.die();
        }
    }

    /// Crashes the server on headers or queries that an active fault can't handle.
    pub(in crate::reference) fn crash_on_request<B>(&self, server: &Shared, request: &Request<B>) {
        if self.is_empty() {
            return;
        }
        let header = |name| request.headers().get(name).map(|value| value.as_bytes());
        let extensions = header(SEC_WEBSOCKET_EXTENSIONS).map(String::from_utf8_lossy);
        let odd_extension = extensions.is_some_and(|list| {
            let mut names = list.split([',', ';']).map(str::trim);
            names.any(|name| matches!(name, "" | "constructor" | "__proto__" | "toString"))
        });
        let long_list = header(SEC_WEBSOCKET_PROTOCOL).is_some_and(|list| list.len() > 4000);
        if self.has(RobustnessFault::HostileHeaderKills) && (odd_extension || long_list) {
            server.die();
        }
        if self.has(RobustnessFault::OddHeaderKills) && has_odd_header(request.headers()) {
            server.die();
        }
        let query = request.uri().query().unwrap_or_default();
        let inherits = form_urlencoded::parse(query.as_bytes())
            .any(|(name, value)| name == "transport" && super::INHERITED.contains(&&*value));
        let upgrades = request.headers().contains_key(UPGRADE);
        if self.has(RobustnessFault::InheritedTransportKills) && inherits && upgrades {
            server.die();
        }
        if self.has(RobustnessFault::OddQueryKills) && is_odd(query) {
            server.die();
        }
    }

    /// Crashes the server on long, deep or odd messages if the fault `hostile-packet-kills-server`
    /// is active.
    pub(in crate::reference) fn crash_on_message(&self, session: &Session, message: &PacketData) {
        if !self.has(RobustnessFault::HostilePacketKills) {
            return;
        }
        if let PacketData::Text(text) = message {
            let depth = text
                .bytes()
                .filter(|byte| matches!(byte, b'[' | b'{'))
                .count();
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            if text.len() > 8000 || depth > 500 || digits > 20 || text.contains("__proto__") {
                session.server.die();
            }
        }
    }

    /// Crashes the server on a payload of many packets if the fault `hostile-packet-kills-server`
    /// is active.
    pub(in crate::reference) fn crash_on_payload(&self, session: &Session, packets: usize) {
        if self.has(RobustnessFault::HostilePacketKills) && packets > 1000 {
            session.server.die();
        }
    }
}

/// Crashes the server on events that an active fault can't handle.
pub(super) fn crash_on_event(call: &Call) {
    let faults = call.socket.faults();
    let is_error = call.name == "error";
    let lacks_payload =
        call.name == "validate" && !matches!(call.args.first(), Some(Data::Object(_)));
    if (faults.has(RobustnessFault::ErrorEventKills) && is_error)
        || (faults.has(RobustnessFault::NoPayloadKills) && lacks_payload)
    {
        call.socket.session().server.die();
    }
}

/// Crashes the server when it answers a client that has left, if the fault
/// `drop-during-request-kills-server` is active.
pub(super) fn crash_on_late_answer(socket: &Arc<Socket>) {
    let gone = !socket.is_connected();
    if socket.faults().has(RobustnessFault::DropDuringRequestKills) && gone {
        socket.session().server.die();
    }
}

/// Returns true if the request has two `Authorization`, `Cookie` or `Origin` headers or an empty one, a cookie that
/// contains `__proto__` or `%`, or a header with the name `__proto__`.
fn has_odd_header(headers: &HeaderMap) -> bool {
    let repeated = [AUTHORIZATION, COOKIE, ORIGIN]
        .iter()
        .any(|name| headers.get_all(name).iter().nth(1).is_some());
    let empty = [AUTHORIZATION, COOKIE, ORIGIN]
        .iter()
        .any(|name| headers.get(name).is_some_and(HeaderValue::is_empty));
    let mut cookies = headers.get_all(COOKIE).iter();
    let odd_cookie = cookies.any(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        value.contains("__proto__") || value.contains('%')
    });
    repeated || empty || odd_cookie || headers.contains_key("__proto__")
}

/// Returns true if the query repeats a parameter, has an empty session id, or has a bracket or an
/// invalid escape in it.
fn is_odd(query: &str) -> bool {
    let mut seen = HashSet::new();
    let twice = form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
        let is_empty = name == "sid" && value.is_empty();
        is_empty || name.contains('[') || !seen.insert(name.into_owned())
    });
    let escapes = form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name.contains('\u{fffd}') || value.contains('\u{fffd}'));
    let bare = query.split('%').skip(1).any(|rest| {
        let digits = rest.get(..2);
        digits.is_none_or(|digits| !digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    });
    twice || escapes || bare
}
