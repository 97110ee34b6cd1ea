//! Faults in HTTP long-polling (Engine.IO v4, "HTTP long-polling"), and in packets on either
//! transport.

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
        http::{Coding, RequestKind},
    },
    wire::engine_io::{Packet, PacketData, PacketType},
};

/// The number of packets to which the fault `polling-answer-cut` limits an answer.
const LONGEST_ANSWER: usize = 200;

faults!(PollingFault {
    AbortedPollKeepsSession = "polling-aborted-poll-keeps-session": "When a client aborts a poll, the server keeps the session but loses the next packet, where it has to close the session.";
    AbortedPostKeepsSession = "aborted-post-keeps-session": "When a client aborts a POST, the server keeps the session although the packets in the body are lost, where it has to close the session.";
    AlwaysCompresses = "polling-compresses-unasked": "The server compresses long responses to polls although the client does not accept compression.";
    AnswerCut = "polling-answer-cut": "When more than 200 packets wait for a client's poll, the server sends the first 200 and drops the rest.";
    AnswersCacheable = "polling-answers-cacheable": "The server lets caches store its responses to polls.", seen "python-engineio 4.15.1";
    Base64InLines = "polling-base64-in-lines": "In responses to polls, the server breaks the base64 of bytes with a line feed after every 76 characters.", seen "encoders for mail";
    BinaryPrefixV3 = "polling-binary-prefix-v3": "In responses to polls of revision 4, the server writes bytes as `b4…`, as in revision 3, where it has to write `b…`.";
    BytesAccepted = "octet-stream-accepted": "The server accepts binary POST bodies from clients of revision 4, which has only text bodies.", seen "python-engineio 4.15.1";
    BytesAsText = "polling-bytes-as-text": "In responses to polls, the server writes bytes as text, where it has to write base64.";
    CharsetMissing = "polling-charset-missing-later": "The server names the charset in the first response of a polling session, but not in its responses to later polls.";
    ChunkedBodyLost = "chunked-body-lost": "The server treats a POST body without Content-Length as empty.", seen "handlers that read Content-Length only";
    ChunksDecodedAlone = "body-chunks-decoded-alone": "The server decodes each chunk of a POST body on its own, and so loses characters that are split between two chunks.", seen "handlers that append chunks to a string";
    ClosePacketIgnored = "polling-close-packet-ignored": "When a client sends a close packet in a POST, the server ignores it and keeps the session.";
    ClosePacketIgnoredOnWebSocket = "close-packet-ignored": "When a client sends a close packet on WebSocket, the server ignores it and keeps the session.", seen "engine.io 6.6.12, python-engineio 4.15.1";
    ClosesConnection = "polling-closes-connection": "The server closes the TCP connection after each response to a poll.";
    CompressionBroken = "polling-compression-broken": "The server names a Content-Encoding in a response to a poll, but sends the body uncompressed.";
    ConcurrentGetAccepted = "polling-concurrent-get-accepted": "The server accepts a second poll of a session while the first is pending, where it has to close the session.", seen "python-engineio 4.15.1";
    ConcurrentPostAccepted = "polling-concurrent-post-accepted": "The server accepts a second POST of a session while it still reads the first, where it has to close the session.";
    ContentTypeWrong = "polling-content-type-wrong": "The server sends text responses to polls with the Content-Type application/octet-stream.";
    CookieForScripts = "session-cookie-for-scripts": "The server sets the session cookie without HttpOnly, so that the scripts of a page can read it.";
    CookieRepeated = "session-cookie-repeated": "The server sets the session cookie in every response to a poll, not only in the response that opens the session.";
    EmptyResponse = "polling-empty-response": "When no packet waits for a client's poll, the server answers at once with an empty body, where it has to wait for a packet.";
    FirstPacketOnly = "polling-first-packet-only": "When a POST body has several packets, the server handles only the first.";
    HangsPollOnClose = "polling-close-hangs-poll": "When the server closes a session, it does not answer the session's pending poll.";
    InvalidPacketIgnored = "polling-invalid-packet-ignored": "When a POST body is not a valid payload, the server ignores the body, where it has to close the session.", seen "python-engineio 4.15.1";
    InvalidPacketSkipped = "invalid-packet-skipped": "When a POST body contains invalid packets, the server handles the other packets, where it has to close the session.";
    LaterAnswersCacheable = "polling-later-answers-cacheable": "The server lets caches store its responses to polls, except the response that opens the session.";
    NoopCloses = "noop-closes": "When a client sends a noop packet, the server closes the session.";
    OddContentTypeRefused = "odd-content-type-refused": "The server refuses POST requests whose Content-Type is not text/plain.";
    OrderReversed = "polling-order-reversed": "The server handles the packets of a POST body in reverse order.";
    PacketsAfterClose = "packets-after-close-handled": "When a POST body has packets after a close packet, the server handles them too.";
    PostReplyEmpty = "polling-post-reply-empty": "The server answers a POST with an empty body, where the body has to be `ok`.";
    SharedBuffer = "polling-shared-buffer": "The server sends the messages for one polling session to the clients of all polling sessions.";
    SeparatorWrong = "payload-separator-wrong": "In responses to polls, the server separates packets by a line feed, not by the record separator (0x1E).";
});

impl FaultSet {
    /// Returns true if the fault `polling-concurrent-get-accepted` is active.
    pub(in crate::reference) fn accepts_concurrent_gets(&self) -> bool {
        self.has(PollingFault::ConcurrentGetAccepted)
    }

    /// Returns true if the fault `polling-concurrent-post-accepted` is active.
    pub(in crate::reference) fn accepts_concurrent_posts(&self) -> bool {
        self.has(PollingFault::ConcurrentPostAccepted)
    }

    /// Handles a poll that its client aborted. Without faults the session closes, because the
    /// packets in the answer may be lost.
    pub(in crate::reference) fn handle_aborted_poll(&self, session: &Session) {
        if self.keeps_session_of_aborted_poll() {
            session.lose_next_packet();
        } else {
            session.close(Ending::TransportClosed);
        }
    }

    /// Returns true if the fault `aborted-poll-keeps-session` is active.
    pub(in crate::reference) fn keeps_session_of_aborted_poll(&self) -> bool {
        self.has(PollingFault::AbortedPollKeepsSession)
    }

    /// Handles a POST that its client aborted. Without faults the session closes, because the
    /// packets in the body are lost.
    pub(in crate::reference) fn handle_aborted_post(&self, session: &Session) {
        if !self.has(PollingFault::AbortedPostKeepsSession) {
            session.close(Ending::TransportClosed);
        }
    }

    /// Returns true if the request does not announce the length of its body and the fault
    /// `chunked-body-lost` is active.
    pub(in crate::reference) fn loses_body(&self, announced: Option<u64>) -> bool {
        announced.is_none() && self.has(PollingFault::ChunkedBodyLost)
    }

    /// Returns the bytes of a body. The fault `body-chunks-decoded-alone` decodes each chunk alone.
    pub(in crate::reference) fn join_chunks(&self, body: Collected<Bytes>) -> Bytes {
        if !self.has(PollingFault::ChunksDecodedAlone) {
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

    /// Returns the Cache-Control header of answers to polls. Without faults this is `no-store`.
    pub(in crate::reference) fn choose_cache_control(&self) -> &'static str {
        if self.has(PollingFault::AnswersCacheable) {
            "max-age=60"
        } else {
            "no-store"
        }
    }

    /// Changes the headers of answers to polls within a session.
    pub(in crate::reference) fn alter_later_headers<B>(
        &self,
        request_kind: RequestKind,
        response: &mut Response<B>,
    ) {
        if request_kind.in_session
            && !request_kind.is_post
            && self.has(PollingFault::LaterAnswersCacheable)
        {
            response.headers_mut().remove(CACHE_CONTROL);
        }
        if request_kind.in_session
            && !request_kind.is_post
            && self.has(PollingFault::CharsetMissing)
        {
            let kind = response.headers_mut().get_mut(CONTENT_TYPE);
            if let Some(kind) = kind.filter(|kind| kind.as_bytes().starts_with(b"text/plain")) {
                *kind = HeaderValue::from_static("text/plain");
            }
        }
    }

    /// Returns the Content-Type of an answer to a poll. Without faults this is `right`.
    pub(in crate::reference) fn choose_content_type(&self, right: &'static str) -> &'static str {
        if self.has(PollingFault::ContentTypeWrong) {
            "application/octet-stream"
        } else {
            right
        }
    }

    /// Returns an empty payload, with which the server answers a poll at once, if no packet waits
    /// for the client and the fault `polling-empty-response` is active.
    pub(in crate::reference) fn answers_at_once(&self, session: &Arc<Session>) -> Option<Payload> {
        let at_once = self.has(PollingFault::EmptyResponse) && !session.has_waiting();
        at_once.then(|| Payload {
            body: Bytes::new(),
            kind: PayloadKind::Text,
        })
    }

    /// Returns the packets of an invalid payload that an active fault handles nevertheless. Returns
    /// `None` without such a fault; then the session closes.
    pub(in crate::reference) fn salvage_packets(&self, body: &Bytes) -> Option<Vec<Packet>> {
        if self.has(PollingFault::InvalidPacketIgnored) {
            return Some(Vec::new());
        }
        let skips = self.has(PollingFault::InvalidPacketSkipped);
        let text = String::from_utf8_lossy(body);
        skips.then(|| {
            text.split('\u{1e}')
                .filter_map(|record| Packet::decode_text(record.into()).ok())
                .collect()
        })
    }

    /// Returns true if the fault `odd-content-type-refused` is active and the body is not declared
    /// as text/plain.
    pub(in crate::reference) fn refuses_content_type(
        &self,
        content_type: Option<&HeaderValue>,
    ) -> bool {
        let is_plain = content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
        self.has(PollingFault::OddContentTypeRefused) && !is_plain
    }

    /// Returns true if the fault `octet-stream-accepted` is active.
    pub(in crate::reference) fn accepts_bytes(&self) -> bool {
        self.has(PollingFault::BytesAccepted)
    }

    /// Returns the content coding of an answer. Without faults this is `accepted`.
    pub(in crate::reference) fn choose_coding(&self, accepted: Option<Coding>) -> Option<Coding> {
        accepted.or_else(|| {
            self.has(PollingFault::AlwaysCompresses)
                .then_some(Coding::Gzip)
        })
    }

    /// Returns the body of a compressed answer. Without faults this is `right`; the fault
    /// `polling-compression-broken` sends `plain`.
    pub(in crate::reference) fn choose_body(&self, right: Bytes, plain: &Bytes) -> Bytes {
        if self.has(PollingFault::CompressionBroken) {
            plain.clone()
        } else {
            right
        }
    }

    /// Closes the TCP connection after the answer if the fault `polling-closes-connection` is
    /// active.
    pub(in crate::reference) fn close_after_answer(&self, headers: &mut HeaderMap) {
        if self.has(PollingFault::ClosesConnection) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// Returns the attributes of the cookie that holds the session id, such as `HttpOnly`.
    pub(in crate::reference) fn cookie_attributes(&self) -> &'static str {
        if self.has(PollingFault::CookieForScripts) {
            "; SameSite=Lax"
        } else {
            "; HttpOnly; SameSite=Lax"
        }
    }

    /// Returns true if the fault `session-cookie-repeated` is active.
    pub(in crate::reference) fn repeats_cookie(&self) -> bool {
        self.has(PollingFault::CookieRepeated)
    }

    /// Returns true if the fault `polling-shared-buffer` puts these packets into the queues of all
    /// polling sessions.
    pub(in crate::reference) fn shares_buffers(&self, outbound: &Outbound) -> bool {
        self.has(PollingFault::SharedBuffer) && outbound.is_one_text_message()
    }

    /// Returns the packets of a body in the order in which the server handles them.
    pub(in crate::reference) fn alter_received(&self, mut packets: Vec<Packet>) -> Vec<Packet> {
        if self.has(PollingFault::FirstPacketOnly) {
            packets.truncate(1);
        }
        if self.has(PollingFault::OrderReversed) {
            packets.reverse();
        }
        if self.has(PollingFault::PacketsAfterClose) {
            packets.sort_by_key(|packet| packet.kind == PacketType::Close);
        }
        packets
    }

    /// Returns true if the fault that ignores close packets on the session's transport is active.
    pub(in crate::reference) fn ignores_close_packet(&self, session: &Session) -> bool {
        let fault = match session.transport() {
            TransportKind::Polling => PollingFault::ClosePacketIgnored,
            TransportKind::WebSocket => PollingFault::ClosePacketIgnoredOnWebSocket,
        };
        self.has(fault)
    }

    /// Returns true if the fault `polling-close-hangs-poll` is active.
    pub(in crate::reference) fn hangs_poll_on_close(&self) -> bool {
        self.has(PollingFault::HangsPollOnClose)
    }

    /// Closes the session if the fault `noop-closes` is active.
    pub(in crate::reference) fn close_on_noop(&self, session: &Session) {
        if self.has(PollingFault::NoopCloses) {
            session.close(Ending::ParseError);
        }
    }

    /// Returns the packets for the answer to a poll. Without faults these are `packets`, the
    /// packets that wait for the client.
    pub(in crate::reference) fn alter_sent<'a>(&self, packets: &'a [Packet]) -> Cow<'a, [Packet]> {
        let packets = match packets.get(..LONGEST_ANSWER) {
            Some(first) if self.has(PollingFault::AnswerCut) => first,
            _ => packets,
        };
        if self.has(PollingFault::BytesAsText) {
            let as_text = |packet: &Packet| match &packet.data {
                PacketData::Binary(bytes) => Packet::text(
                    PacketType::Message,
                    String::from_utf8_lossy(bytes).into_owned(),
                ),
                PacketData::Text(_) => packet.clone(),
            };
            return packets.iter().map(as_text).collect();
        }
        if !self.has(PollingFault::BinaryPrefixV3) {
            return Cow::Borrowed(packets);
        }
        // The codec can't write the prefix `b4` of revision 3. So it writes a text packet with a
        // mark, and `alter_payload` removes the packet's type digit and the mark.
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

    /// Returns the encoded payload as the active faults change it.
    pub(in crate::reference) fn alter_payload(&self, body: Bytes) -> Bytes {
        if self.has(PollingFault::SeparatorWrong) {
            let replace = |byte: &u8| if *byte == 0x1e { b'\n' } else { *byte };
            return body.iter().map(replace).collect();
        }
        if self.has(PollingFault::Base64InLines) {
            let text = String::from_utf8_lossy(&body);
            let records: Vec<String> = text.split('\u{1e}').map(break_lines).collect();
            return Bytes::from(records.join("\u{1e}"));
        }
        if self.has(PollingFault::BinaryPrefixV3) {
            let text = String::from_utf8_lossy(&body).replace("4\u{0}b4", "b4");
            return Bytes::from(text);
        }
        body
    }

    /// Returns the body of the answer to a POST. Without faults this is `ok`.
    pub(in crate::reference) fn post_reply(&self) -> &'static [u8] {
        if self.has(PollingFault::PostReplyEmpty) {
            b""
        } else {
            b"ok"
        }
    }
}

fn break_lines(record: &str) -> String {
    let mut lined = String::new();
    for (place, character) in record.chars().enumerate() {
        if record.starts_with('b') && place > 1 && place % 76 == 1 {
            lined.push('\n');
        }
        lined.push(character);
    }
    lined
}
