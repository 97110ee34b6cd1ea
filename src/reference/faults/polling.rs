//! HTTP long-polling (Engine.IO v4, "HTTP long-polling"), and packets on either transport.

use std::{borrow::Cow, sync::Arc};

use bytes::{Buf, Bytes};
use http_body_util::Collected;
use hyper::{
    HeaderMap, Response,
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue},
};

use super::topic::faults;
use crate::{
    reference::{
        FaultSet,
        engine::{Ending, Outbound, Payload, PayloadKind, Session, TransportKind},
        http::{Asked, Coding},
    },
    wire::engine_io::{Packet, PacketData, PacketType},
};

/// Packets of an answer, for who believes that more do not wait.
const LONGEST_ANSWER: usize = 200;

faults!(PollingFault {
    AbortedPollKeepsSession = "polling-aborted-poll-keeps-session": "A poll that is broken off swallows the next packet, and the session goes on.";
    AbortedPostKeepsSession = "aborted-post-keeps-session": "A POST that is broken off leaves the session open.";
    AlwaysCompresses = "polling-compresses-unasked": "Long answers are compressed for everybody.";
    AnswerCut = "polling-answer-cut": "Of what waits for a poll, the first two hundred packets are sent and the rest is lost.";
    AnswersCacheable = "polling-answers-cacheable": "Answers to polls may be cached.", seen "python-engineio 4.15.1";
    Base64InLines = "polling-base64-in-lines": "Base64 has a line feed after every 76 characters.", seen "encoders for mail";
    BinaryPrefixV3 = "polling-binary-prefix-v3": "Bytes are written b4… as in revision 3.";
    BytesAccepted = "octet-stream-accepted": "A POST of bytes is read in revision 4, too.", seen "python-engineio 4.15.1";
    BytesAsText = "polling-bytes-as-text": "Bytes are written into the answer to a poll as they are, as if they were text.";
    CharsetMissing = "polling-charset-missing-later": "Answers to polls of a session do not say that they are UTF-8.";
    ChunkedBodyLost = "chunked-body-lost": "A body without Content-Length is read as empty.", seen "handlers that read Content-Length only";
    ChunksDecodedAlone = "body-chunks-decoded-alone": "A body is decoded chunk by chunk, and characters that two chunks share are lost.", seen "handlers that append chunks to a string";
    ClosePacketIgnored = "polling-close-packet-ignored": "A close packet by POST ends nothing.";
    ClosePacketIgnoredOnWebSocket = "close-packet-ignored": "A close packet on WebSocket ends nothing.", seen "engine.io 6.6.12, python-engineio 4.15.1";
    ClosesConnection = "polling-closes-connection": "The connection of a poll ends with its answer.";
    CompressionBroken = "polling-compression-broken": "Long answers name a coding that was not applied.";
    ConcurrentGetAccepted = "polling-concurrent-get-accepted": "A second GET waits beside the first.", seen "python-engineio 4.15.1";
    ConcurrentPostAccepted = "polling-concurrent-post-accepted": "A second POST is read beside the first.";
    ContentTypeWrong = "polling-content-type-wrong": "Answers to polls say that they are bytes.";
    CookieForScripts = "session-cookie-for-scripts": "The session's cookie can be read by scripts.";
    CookieRepeated = "session-cookie-repeated": "Every answer sets the session's cookie.";
    EmptyResponse = "polling-empty-response": "A GET is answered at once, with nothing, where nothing waits.";
    FirstPacketOnly = "polling-first-packet-only": "Of several packets in a body only the first is handled.";
    HangsPollOnClose = "polling-close-hangs-poll": "A close packet leaves the pending poll without an answer.";
    InvalidPacketIgnored = "polling-invalid-packet-ignored": "A body that is no payload is skipped.", seen "python-engineio 4.15.1";
    InvalidPacketSkipped = "invalid-packet-skipped": "What is no packet in a payload is left out, and the rest is handled.";
    LaterAnswersCacheable = "polling-later-answers-cacheable": "Answers to polls of a session may be cached.";
    NoopCloses = "noop-closes": "A noop packet closes the session.";
    OddContentTypeRefused = "odd-content-type-refused": "A POST must say that it is text/plain.";
    OrderReversed = "polling-order-reversed": "The packets of a body are handled last to first.";
    PacketsAfterClose = "packets-after-close-handled": "What stands behind a close packet in a payload is handled.";
    PostReplyEmpty = "polling-post-reply-empty": "A POST is answered with an empty body.";
    SharedBuffer = "polling-shared-buffer": "Messages to one polling session are put into the buffers of all.";
    SeparatorWrong = "payload-separator-wrong": "Packets of a payload are separated by a line feed.";
});

/// A second GET is an error.
pub(in crate::reference) fn accepts_concurrent_gets(faults: &FaultSet) -> bool {
    faults.has(PollingFault::ConcurrentGetAccepted)
}

/// A second POST is an error.
pub(in crate::reference) fn accepts_concurrent_posts(faults: &FaultSet) -> bool {
    faults.has(PollingFault::ConcurrentPostAccepted)
}

/// A poll that is broken off ends the session: what it would have carried may be lost.
pub(in crate::reference) fn aborted_poll(session: &Session) {
    if session.faults().has(PollingFault::AbortedPollKeepsSession) {
        session.lose_next_packet();
    } else {
        session.close(Ending::TransportClosed);
    }
}

/// A POST that is broken off ends the session: what it had to say is lost.
pub(in crate::reference) fn aborted_post(session: &Session) {
    if !session.faults().has(PollingFault::AbortedPostKeepsSession) {
        session.close(Ending::TransportClosed);
    }
}

/// A body is read whether or not its length was announced; returns whether it is lost.
pub(in crate::reference) fn loses_body(faults: &FaultSet, announced: Option<u64>) -> bool {
    announced.is_none() && faults.has(PollingFault::ChunkedBodyLost)
}

/// A body is what its chunks are together.
pub(in crate::reference) fn put_together(faults: &FaultSet, body: Collected<Bytes>) -> Bytes {
    if !faults.has(PollingFault::ChunksDecodedAlone) {
        return body.to_bytes();
    }
    let mut chunks = body.aggregate();
    let mut text = String::new();
    while chunks.has_remaining() {
        let chunk = chunks.chunk();
        let length = chunk.len();
        text.push_str(&String::from_utf8_lossy(chunk));
        chunks.advance(length);
    }
    Bytes::from(text)
}

/// How long the answer to a poll may be kept: not at all.
pub(in crate::reference) fn cache_control(faults: &FaultSet) -> &'static str {
    if faults.has(PollingFault::AnswersCacheable) {
        "max-age=60"
    } else {
        "no-store"
    }
}

/// No answer to a poll may be kept, the first or a later one.
pub(in crate::reference) fn may_be_kept<B>(
    faults: &FaultSet,
    asked: Asked,
    response: &mut Response<B>,
) {
    if asked.in_session && !asked.is_post && faults.has(PollingFault::LaterAnswersCacheable) {
        response.headers_mut().remove(CACHE_CONTROL);
    }
    if asked.in_session && !asked.is_post && faults.has(PollingFault::CharsetMissing) {
        let kind = response.headers_mut().get_mut(CONTENT_TYPE);
        if let Some(kind) = kind.filter(|kind| kind.as_bytes().starts_with(b"text/plain")) {
            *kind = HeaderValue::from_static("text/plain");
        }
    }
}

/// Text is said to be text.
pub(in crate::reference) fn content_type(faults: &FaultSet, right: &'static str) -> &'static str {
    if faults.has(PollingFault::ContentTypeWrong) {
        "application/octet-stream"
    } else {
        right
    }
}

/// A GET waits until there is something.
pub(in crate::reference) fn answers_at_once(session: &Arc<Session>) -> Option<Payload> {
    let at_once = session.faults().has(PollingFault::EmptyResponse) && !session.has_waiting();
    at_once.then(|| Payload {
        body: Bytes::new(),
        kind: PayloadKind::Text,
    })
}

/// A body is no payload: the session ends. Returns what is handled all the same.
pub(in crate::reference) fn salvaged(faults: &FaultSet, body: &Bytes) -> Option<Vec<Packet>> {
    if faults.has(PollingFault::InvalidPacketIgnored) {
        return Some(Vec::new());
    }
    let skips = faults.has(PollingFault::InvalidPacketSkipped);
    let text = String::from_utf8_lossy(body);
    skips.then(|| {
        text.split('\u{1e}')
            .filter_map(|record| Packet::decode_text(record.into()).ok())
            .collect()
    })
}

/// A body is text, whatever it says to be.
pub(in crate::reference) fn refuses_content_type(
    faults: &FaultSet,
    content_type: Option<&HeaderValue>,
) -> bool {
    let is_plain = content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    faults.has(PollingFault::OddContentTypeRefused) && !is_plain
}

/// Revision 4 has no payloads of bytes.
pub(in crate::reference) fn accepts_bytes(faults: &FaultSet) -> bool {
    faults.has(PollingFault::BytesAccepted)
}

/// An answer is compressed if the client accepts that.
pub(in crate::reference) fn coding(faults: &FaultSet, accepted: Option<Coding>) -> Option<Coding> {
    accepted.or_else(|| {
        faults
            .has(PollingFault::AlwaysCompresses)
            .then_some(Coding::Gzip)
    })
}

/// A body is in the coding that its header names.
pub(in crate::reference) fn encoded(faults: &FaultSet, right: Bytes, plain: &Bytes) -> Bytes {
    if faults.has(PollingFault::CompressionBroken) {
        plain.clone()
    } else {
        right
    }
}

/// A connection serves many polls.
pub(in crate::reference) fn answered(faults: &FaultSet, headers: &mut HeaderMap) {
    if faults.has(PollingFault::ClosesConnection) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Scripts need not know a session's id.
pub(in crate::reference) fn cookie_attributes(faults: &FaultSet) -> &'static str {
    if faults.has(PollingFault::CookieForScripts) {
        "; SameSite=Lax"
    } else {
        "; HttpOnly; SameSite=Lax"
    }
}

/// The cookie is set once, when the session opens.
pub(in crate::reference) fn repeats_cookie(faults: &FaultSet) -> bool {
    faults.has(PollingFault::CookieRepeated)
}

/// What is sent to one session reaches nobody else.
pub(in crate::reference) fn shares_buffers(session: &Session, outbound: &Outbound) -> bool {
    session.faults().has(PollingFault::SharedBuffer) && outbound.is_one_text_message()
}

/// All packets of a body are handled, in order.
pub(in crate::reference) fn received(faults: &FaultSet, mut packets: Vec<Packet>) -> Vec<Packet> {
    if faults.has(PollingFault::FirstPacketOnly) {
        packets.truncate(1);
    }
    if faults.has(PollingFault::OrderReversed) {
        packets.reverse();
    }
    if faults.has(PollingFault::PacketsAfterClose) {
        packets.sort_by_key(|packet| packet.kind == PacketType::Close);
    }
    packets
}

/// A close packet ends the session.
pub(in crate::reference) fn ignores_close_packet(session: &Session) -> bool {
    let defect = match session.transport() {
        TransportKind::Polling => PollingFault::ClosePacketIgnored,
        TransportKind::WebSocket => PollingFault::ClosePacketIgnoredOnWebSocket,
    };
    session.faults().has(defect)
}

/// The end of a session answers its pending poll.
pub(in crate::reference) fn hangs_poll_on_close(faults: &FaultSet) -> bool {
    faults.has(PollingFault::HangsPollOnClose)
}

/// A noop means nothing.
pub(in crate::reference) fn noop(session: &Session) {
    if session.faults().has(PollingFault::NoopCloses) {
        session.close(Ending::ParseError);
    }
}

/// Packets in a payload are as they are; bytes get their base64 from the codec.
pub(in crate::reference) fn sent<'a>(
    faults: &FaultSet,
    packets: &'a [Packet],
) -> Cow<'a, [Packet]> {
    let packets = match packets.get(..LONGEST_ANSWER) {
        Some(first) if faults.has(PollingFault::AnswerCut) => first,
        _ => packets,
    };
    if faults.has(PollingFault::BytesAsText) {
        let as_text = |packet: &Packet| match &packet.data {
            PacketData::Binary(bytes) => Packet::text(
                PacketType::Message,
                String::from_utf8_lossy(bytes).into_owned(),
            ),
            PacketData::Text(_) => packet.clone(),
        };
        return packets.iter().map(as_text).collect();
    }
    if !faults.has(PollingFault::BinaryPrefixV3) {
        return Cow::Borrowed(packets);
    }
    // The codec can't be made to write `b4`: a text packet stands in, whose digit and mark are cut
    // off again in `payload`.
    packets
        .iter()
        .map(|packet| match &packet.data {
            PacketData::Binary(_) => {
                let text = packet.encode_text();
                let base64 = text.as_str().get(1..).unwrap_or_default();
                Packet::text(PacketType::Message, format!("\u{0}b4{base64}"))
            }
            PacketData::Text(_) => packet.clone(),
        })
        .collect()
}

/// Packets are separated by U+001E.
pub(in crate::reference) fn payload(faults: &FaultSet, body: Bytes) -> Bytes {
    if faults.has(PollingFault::SeparatorWrong) {
        let replace = |byte: &u8| if *byte == 0x1e { b'\n' } else { *byte };
        return body.iter().map(replace).collect();
    }
    if faults.has(PollingFault::Base64InLines) {
        let text = String::from_utf8_lossy(&body);
        let records: Vec<String> = text.split('\u{1e}').map(in_lines).collect();
        return Bytes::from(records.join("\u{1e}"));
    }
    if faults.has(PollingFault::BinaryPrefixV3) {
        let text = String::from_utf8_lossy(&body).replace("4\u{0}b4", "b4");
        return Bytes::from(text);
    }
    body
}

fn in_lines(record: &str) -> String {
    let mut lined = String::new();
    for (place, character) in record.chars().enumerate() {
        if record.starts_with('b') && place > 1 && place % 76 == 1 {
            lined.push('\n');
        }
        lined.push(character);
    }
    lined
}

/// A POST is answered `ok`.
pub(in crate::reference) fn post_reply(faults: &FaultSet) -> &'static [u8] {
    if faults.has(PollingFault::PostReplyEmpty) {
        b""
    } else {
        b"ok"
    }
}
