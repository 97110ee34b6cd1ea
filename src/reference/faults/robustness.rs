//! One client's mistakes concern nobody else.

use std::{
    collections::HashSet,
    error::Error,
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use hyper::{
    Request,
    header::{SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL},
};
use url::form_urlencoded;

use super::topic::faults;
use crate::{
    data::Data,
    reference::{
        engine::Session,
        server::Shared,
        socket::{Call, Socket},
    },
    wire::{engine_io::PacketData, websocket::Frame},
};

/// When an error ends a server that goes on for a while.
const LATER: Duration = Duration::from_millis(100);

faults!(RobustnessFault {
    DropDuringRequestKills = "drop-during-request-kills-server": "An answer whose client is gone ends the server.";
    EarlyFrameKills = "early-bad-frame-kills-server": "Bytes behind an upgrade request that are no legal frame end the server.", seen "CVE-2022-21676";
    ErrorEventKills = "error-event-kills-server": "An event named `error` ends the server.", seen "CVE-2024-38355";
    ForeignBytesKill = "foreign-bytes-kill-server": "A connection that does not speak HTTP ends the server.";
    HostileHeaderKills = "hostile-header-kills-server": "Odd names of extensions, or a long list of subprotocols, end the server.", seen "GHSA-5v72-xg48-5rpm, CVE-2021-32640";
    HostilePacketKills = "hostile-packet-kills-server": "A long, deep or oddly named message, or a payload of many packets, ends the server.", seen "CVE-2020-36049, CVE-2020-36048";
    HeadersKill = "many-headers-kill-server": "A request with more headers than are kept ends the server.", seen "CVE-2024-37890";
    MalformedKills = "malformed-kills-server": "A message that is no packet ends the server.", seen "CVE-2023-32695";
    MalformedKillsLater = "malformed-kills-server-later": "A message that is no packet ends the server 100 ms later.";
    NoPayloadKills = "no-payload-kills-server": "An event without the payload that its handler reads ends the server.";
    OddQueryKills = "odd-query-kills-server": "A parameter that stands twice, or a wrong escape, in the query ends the server.", seen "CVE-2023-31125";
    ResetKills = "reset-kills-server": "A connection that is reset ends the server.", seen "CVE-2022-41940";
    TokenWrongTypeKills = "token-wrong-type-crashes": "A token that is not a string ends the server.";
});

/// A message that is no packet ends its own connection only.
pub(in crate::reference) fn malformed(session: &Session) {
    if session.faults().has(RobustnessFault::MalformedKills) {
        session.server.die();
    }
    if session.faults().has(RobustnessFault::MalformedKillsLater) {
        let server = Arc::clone(&session.server);
        session.server.tasks.spawn(async move {
            tokio::time::sleep(LATER).await;
            server.die();
        });
    }
}

/// An event, whatever its name and payload, ends nobody.
pub(super) fn event(call: &Call) {
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

/// A client may be gone when it is answered.
pub(super) fn answer(socket: &Arc<Socket>) {
    let gone = !socket.is_connected();
    if socket.faults().has(RobustnessFault::DropDuringRequestKills) && gone {
        socket.session().server.die();
    }
}

/// A token can be anything.
pub(in crate::reference) fn odd_token(session: &Session) {
    if session.faults().has(RobustnessFault::TokenWrongTypeKills) {
        session.server.die();
    }
}

/// A connection can be anything.
pub(in crate::reference) fn request_failed(server: &Shared, error: &hyper::Error) {
    if server.faults().has(RobustnessFault::ForeignBytesKill) && error.is_parse() {
        server.die();
    }
    if server.faults().has(RobustnessFault::HeadersKill) && error.is_parse_too_large() {
        server.die();
    }
    let source = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    if let Some(source) = source {
        lost(server, source);
    }
    if server.faults().has(RobustnessFault::ResetKills) && error.is_incomplete_message() {
        server.die();
    }
}

/// A connection can be reset at any time.
pub(in crate::reference) fn lost(server: &Shared, error: &io::Error) {
    let reset = matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    );
    if server.faults().has(RobustnessFault::ResetKills) && reset {
        server.die();
    }
}

/// A client may send frames before it has seen the 101, and wrong ones.
pub(in crate::reference) fn early(server: &Shared, early: &Bytes) {
    if !server.faults().has(RobustnessFault::EarlyFrameKills) || early.is_empty() {
        return;
    }
    let frame = Frame::decode(&mut BytesMut::from(&**early), usize::MAX);
    let legal = matches!(frame, Ok(Some(frame)) if frame.mask.is_some() && frame.rsv == 0);
    if !legal {
        server.die();
    }
}

/// Headers and query can say anything.
pub(in crate::reference) fn request<B>(server: &Shared, request: &Request<B>) {
    let faults = server.faults();
    if faults.is_empty() {
        return;
    }
    let header = |name| request.headers().get(name).map(|value| value.as_bytes());
    let extensions = header(SEC_WEBSOCKET_EXTENSIONS).map(String::from_utf8_lossy);
    let odd_extension = extensions.is_some_and(|list| {
        let mut names = list.split([',', ';']).map(str::trim);
        names.any(|name| matches!(name, "" | "constructor" | "__proto__" | "toString"))
    });
    let long_list = header(SEC_WEBSOCKET_PROTOCOL).is_some_and(|list| list.len() > 4000);
    if faults.has(RobustnessFault::HostileHeaderKills) && (odd_extension || long_list) {
        server.die();
    }
    let query = request.uri().query().unwrap_or_default();
    if faults.has(RobustnessFault::OddQueryKills) && is_odd(query) {
        server.die();
    }
}

fn is_odd(query: &str) -> bool {
    let mut seen = HashSet::new();
    let twice = form_urlencoded::parse(query.as_bytes())
        .any(|(name, _)| name.contains('[') || !seen.insert(name.into_owned()));
    let escapes = form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name.contains('\u{fffd}') || value.contains('\u{fffd}'));
    let bare = query.split('%').skip(1).any(|rest| {
        let digits = rest.get(..2);
        digits.is_none_or(|digits| !digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    });
    twice || escapes || bare
}

/// A message can be as long, as deep and as odd as the limit allows.
pub(in crate::reference) fn message(session: &Session, message: &PacketData) {
    if !session.faults().has(RobustnessFault::HostilePacketKills) {
        return;
    }
    if let PacketData::Text(text) = message {
        let depth = text
            .bytes()
            .filter(|byte| matches!(byte, b'[' | b'{'))
            .count();
        if text.len() > 8000 || depth > 500 || text.contains("__proto__") {
            session.server.die();
        }
    }
}

/// A payload can have many packets.
pub(in crate::reference) fn payload(session: &Session, packets: usize) {
    if session.faults().has(RobustnessFault::HostilePacketKills) && packets > 1000 {
        session.server.die();
    }
}
