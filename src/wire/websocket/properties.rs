//! Property tests of frames and messages, which compare this crate with tungstenite.
//!
//! tungstenite shares no code with this crate. [`is_known_difference`] lists where tungstenite accepts more than RFC
//! 6455 allows.

use std::io::{self, Read, Write};

use bytes::{Bytes, BytesMut};
use proptest::{collection::vec, prelude::*};
use tokio_tungstenite::tungstenite::{
    self,
    protocol::{Role as TheirRole, WebSocket, WebSocketConfig},
};

use super::{
    CloseCode, CloseReason, Deflate, DeflateOffer, Frame, FrameError, HandshakeResponse,
    LengthEncoding, Message, MessageAssembler, OpCode, PeerMisbehaved, RawFrame, Role,
};

/// The size limit of frames and messages in both implementations.
const LIMIT: usize = 400;

/// The reason why a decoder stopped reading a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// The decoder read a close frame; later bytes are not read.
    Closed,
    /// The decoder read all bytes.
    Exhausted,
    /// The decoder found a broken rule.
    Refused,
}

/// Returns true for an error that RFC 6455 requires and this crate reports, but tungstenite does not.
fn is_known_difference(error: &PeerMisbehaved) -> bool {
    match error {
        // RFC 6455 section 5.2: the length MUST have the minimal number of bytes. tungstenite does not check this.
        PeerMisbehaved::Frame(FrameError::LengthNotMinimal { .. }) => true,
        // RFC 6455 section 5.2: the top bit of a 64-bit length MUST be 0. tungstenite checks this only when it has read
        // the masking key.
        PeerMisbehaved::Frame(FrameError::LengthOutOfRange { .. }) => true,
        // RFC 6455 section 7.4: the code is not allowed. tungstenite answers with 1002, but returns the close frame as
        // a message.
        PeerMisbehaved::CloseCodeNotAllowed(_) => true,
        _ => false,
    }
}

/// Decodes `stream` with this crate. The bytes arrive in pieces of the given sizes, then one by one.
fn ours(
    stream: &[u8],
    pieces: &[usize],
    role: Role,
) -> (Vec<Message>, Result<End, PeerMisbehaved>) {
    let mut assembler = MessageAssembler::new(role, LIMIT, None);
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    let mut rest = stream;
    let mut sizes = pieces.iter().copied().chain(std::iter::repeat(1));
    loop {
        let frame = match Frame::decode(&mut buffer, LIMIT) {
            Ok(Some(frame)) => frame,
            Ok(None) if rest.is_empty() => return (messages, Ok(End::Exhausted)),
            Ok(None) => {
                let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
                let (piece, later) = rest.split_at(size);
                buffer.extend_from_slice(piece);
                rest = later;
                continue;
            }
            Err(error) => return (messages, Err(error.into())),
        };
        match assembler.push(frame) {
            Ok(None) => {}
            Ok(Some(close @ Message::Close(_))) => {
                messages.push(close);
                return (messages, Ok(End::Closed));
            }
            Ok(Some(message)) => messages.push(message),
            Err(error) => return (messages, Err(error)),
        }
    }
}

/// A stream whose reads return the given bytes and whose writes are discarded.
struct OneWay<'s>(&'s [u8]);

impl Read for OneWay<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Write for OneWay<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads `stream` with tungstenite.
fn theirs(stream: &[u8], role: Role) -> (Vec<Message>, End) {
    let config = WebSocketConfig::default()
        .max_frame_size(Some(LIMIT))
        .max_message_size(Some(LIMIT));
    let mut socket = WebSocket::from_raw_socket(OneWay(stream), their_role(role), Some(config));
    let mut messages = Vec::new();
    loop {
        match socket.read() {
            Ok(close @ tungstenite::Message::Close(_)) => {
                messages.push(translated(close));
                return (messages, End::Closed);
            }
            Ok(message) => messages.push(translated(message)),
            Err(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => return (messages, End::Exhausted),
            Err(_) => return (messages, End::Refused),
        }
    }
}

fn their_role(role: Role) -> TheirRole {
    match role {
        Role::Client => TheirRole::Client,
        Role::Server => TheirRole::Server,
    }
}

fn translated(message: tungstenite::Message) -> Message {
    match message {
        tungstenite::Message::Binary(bytes) => Message::Binary(bytes),
        tungstenite::Message::Ping(bytes) => Message::Ping(bytes),
        tungstenite::Message::Pong(bytes) => Message::Pong(bytes),
        tungstenite::Message::Text(text) => Message::Text(text.as_str().into()),
        tungstenite::Message::Close(None) => Message::Close(CloseReason::default()),
        tungstenite::Message::Close(Some(close)) => Message::Close(CloseReason {
            code: Some(CloseCode(close.code.into())),
            reason: close.reason.as_str().to_owned(),
        }),
        tungstenite::Message::Frame(frame) => unreachable!("{frame} is never read"),
    }
}

fn any_mask() -> impl Strategy<Value = Option<[u8; 4]>> {
    any::<Option<[u8; 4]>>()
}

/// Short payloads, and payloads with about 125 bytes (the most in a 7-bit length) and about [`LIMIT`] bytes.
fn any_payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..20),
        4 => ".{0,12}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 123..130),
        1 => vec(any::<u8>(), LIMIT - 2..LIMIT + 2),
    ]
    .prop_map(Bytes::from)
}

fn any_frame() -> impl Strategy<Value = Frame> {
    (any::<bool>(), 0..8_u8, 0..16_u8, any_mask(), any_payload()).prop_map(
        |(fin, rsv, opcode, mask, payload)| Frame {
            fin,
            rsv,
            opcode: OpCode::from(opcode),
            mask,
            payload,
        },
    )
}

/// Frames of which most are legal, so that a stream of such frames rarely ends at its first frame.
fn likely_frame(role: Role) -> impl Strategy<Value = RawFrame> {
    let opcode = prop_oneof![
        12 => Just(OpCode::Text),
        8 => Just(OpCode::Binary),
        8 => Just(OpCode::Continuation),
        4 => Just(OpCode::Ping),
        2 => Just(OpCode::Pong),
        1 => Just(OpCode::Close),
        1 => (0..16_u8).prop_map(OpCode::from),
    ];
    let right_mask = any::<[u8; 4]>().prop_map(move |key| (role == Role::Server).then_some(key));
    let mask = prop_oneof![30 => right_mask, 1 => any_mask()];
    let rsv = prop_oneof![30 => Just(0_u8), 1 => 0..8_u8];
    let close = prop_oneof![
        (900..5_100_u16, ".{0,8}").prop_map(|(code, reason)| CloseReason {
            code: Some(CloseCode(code)),
            reason,
        }),
        Just(CloseReason::default()),
    ];
    let length_encoding = prop_oneof![
        30 => Just(LengthEncoding::Minimal),
        1 => Just(LengthEncoding::Sixteen),
        1 => Just(LengthEncoding::SixtyFour),
    ];
    let fin = prop::bool::weighted(0.7);
    let frame = (fin, rsv, opcode, mask, any_payload(), close).prop_map(
        |(fin, rsv, opcode, mask, payload, close)| Frame {
            fin: fin || opcode.is_control(),
            rsv,
            opcode,
            mask,
            payload: if opcode == OpCode::Close && fin {
                close.encode()
            } else {
                payload
            },
        },
    );
    (frame, length_encoding).prop_map(|(frame, length_encoding)| RawFrame {
        frame,
        length_encoding,
        declared_length: None,
    })
}

/// The legal responses to a permessage-deflate offer that sets no restrictions.
fn any_negotiated() -> impl Strategy<Value = DeflateOffer> {
    let window_bits = || prop::option::of(8..=15_u8);
    (any::<[bool; 2]>(), window_bits(), window_bits()).prop_map(
        |([server_alone, client_alone], server_bits, client_bits)| DeflateOffer {
            server_no_context_takeover: server_alone,
            client_no_context_takeover: client_alone,
            server_max_window_bits: server_bits,
            client_max_window_bits: client_bits.map(Some),
        },
    )
}

/// Payloads with repetitions (within one payload and between payloads), and payloads of random bytes.
fn any_payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let payload = prop_oneof![
        vec(prop_oneof![Just(b'a'), Just(b'b'), any::<u8>()], 0..300),
        ("[ab]{1,6}", 1..1_000_usize).prop_map(|(text, times)| text.repeat(times).into_bytes()),
        vec(any::<u8>(), 600..1_500),
    ];
    vec(payload, 1..6)
}

/// Splits a compressed message at each of `cuts` into frames.
fn fragments(compressed: &Bytes, cuts: &[prop::sample::Index]) -> Vec<Frame> {
    let mut borders: Vec<_> = cuts
        .iter()
        .map(|cut| cut.index(compressed.len() + 1))
        .chain([0, compressed.len()])
        .collect();
    borders.sort_unstable();
    let count = borders.len() - 1;
    borders
        .windows(2)
        .enumerate()
        .map(|(index, border)| Frame {
            fin: index + 1 == count,
            rsv: if index == 0 { 0b100 } else { 0 },
            opcode: if index == 0 {
                OpCode::Binary
            } else {
                OpCode::Continuation
            },
            mask: None,
            payload: compressed.slice(border[0]..border[1]),
        })
        .collect()
}

fn stream_of(frames: &[RawFrame]) -> BytesMut {
    let mut stream = BytesMut::new();
    for frame in frames {
        frame.encode(&mut stream);
    }
    stream
}

/// Returns true for a close message with the code 1014 (Bad Gateway), which tungstenite does not know.
fn is_bad_gateway(message: &Message) -> bool {
    matches!(message, Message::Close(close) if close.code == Some(CloseCode(1014)))
}

fn assert_agreement(stream: &[u8], role: Role) -> Result<(), TestCaseError> {
    let (our_messages, our_end) = ours(stream, &[stream.len()], role);
    let (their_messages, their_end) = theirs(stream, role);
    if let Some((last, before)) = our_messages.split_last()
        && is_bad_gateway(last)
    {
        prop_assert!(their_messages.starts_with(before));
        return Ok(());
    }
    match our_end {
        Err(error) if is_known_difference(&error) => {
            prop_assert!(their_messages.starts_with(&our_messages));
        }
        our_end => {
            prop_assert_eq!(our_messages, their_messages, "{:?}", our_end);
            let our_end = our_end.unwrap_or(End::Refused);
            // tungstenite refuses a frame with a reserved opcode before its payload has arrived. This crate waits for
            // the complete frame, so that a report can show it.
            if (our_end, their_end) != (End::Exhausted, End::Refused) {
                prop_assert_eq!(our_end, their_end);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_frame_survives_a_round_trip(frame in any_frame(), more in vec(any::<u8>(), 0..4)) {
        let mut stream = BytesMut::new();
        frame.encode(&mut stream);
        stream.extend_from_slice(&more);
        prop_assert_eq!(Frame::decode(&mut stream, LIMIT + 2), Ok(Some(frame)));
        prop_assert_eq!(&stream[..], &more[..]);
    }

    #[test]
    fn the_result_does_not_depend_on_where_a_stream_is_split(
        frames in vec(likely_frame(Role::Server), 0..6),
        noise in vec(any::<u8>(), 0..30),
        pieces in vec(1..40_usize, 0..30),
    ) {
        let mut stream = stream_of(&frames);
        stream.extend_from_slice(&noise);
        let whole = ours(&stream, &[stream.len()], Role::Server);
        prop_assert_eq!(ours(&stream, &pieces, Role::Server), whole);
    }

    #[test]
    fn a_client_agrees_with_tungstenite(frames in vec(likely_frame(Role::Client), 1..8)) {
        assert_agreement(&stream_of(&frames), Role::Client)?;
    }

    #[test]
    fn a_server_agrees_with_tungstenite(frames in vec(likely_frame(Role::Server), 1..8)) {
        assert_agreement(&stream_of(&frames), Role::Server)?;
    }

    #[test]
    fn random_bytes_are_read_as_by_tungstenite(noise in vec(any::<u8>(), 0..100)) {
        assert_agreement(&noise, Role::Client)?;
        assert_agreement(&noise, Role::Server)?;
    }

    #[test]
    fn heads_are_read_as_by_tungstenite(
        first in any::<u8>(),
        second in prop_oneof![any::<u8>(), Just(126), Just(127), Just(254), Just(255)],
        rest in vec(prop_oneof![2 => Just(0_u8), 1 => any::<u8>()], 0..20),
    ) {
        let mut head = vec![first, second];
        head.extend(rest);
        assert_agreement(&head, Role::Client)?;
        assert_agreement(&head, Role::Server)?;
    }

    #[test]
    fn messages_from_tungstenite_are_read(
        texts in vec(".{0,100}", 0..4),
        bytes in vec(any::<u8>(), 0..LIMIT),
        ping in vec(any::<u8>(), 0..126),
    ) {
        let messages: Vec<_> = texts
            .into_iter()
            .map(tungstenite::Message::text)
            .chain([
                tungstenite::Message::binary(bytes),
                tungstenite::Message::Ping(ping.into()),
                tungstenite::Message::Close(None),
            ])
            .filter(|message| message.len() <= LIMIT)
            .collect();
        for (reader, writer) in [(Role::Client, Role::Server), (Role::Server, Role::Client)] {
            let stream = io::Cursor::new(Vec::new());
            let mut socket = WebSocket::from_raw_socket(stream, their_role(writer), None);
            for message in &messages {
                socket.send(message.clone()).unwrap();
            }
            let written = socket.into_inner().into_inner();
            let (read, end) = ours(&written, &[written.len()], reader);
            prop_assert_eq!(end, Ok(End::Closed));
            let sent: Vec<_> = messages.iter().cloned().map(translated).collect();
            prop_assert_eq!(read, sent);
        }
    }

    #[test]
    fn close_codes_agree_with_tungstenite(code in any::<u16>()) {
        // Skip the code 1014 (Bad Gateway), which tungstenite does not know.
        prop_assume!(code != 1014);
        let theirs = tungstenite::protocol::frame::coding::CloseCode::from(code);
        prop_assert_eq!(CloseCode(code).is_sendable(), theirs.is_allowed());
    }

    #[test]
    fn the_result_does_not_depend_on_where_a_handshake_is_split(
        status in 100..600_u16,
        headers in vec(("[A-Za-z-]{1,10}", "[ -~]{0,20}"), 0..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut text = format!("HTTP/1.1 {status} Reason\r\n");
        for (name, value) in &headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        let whole = HandshakeResponse::decode(&mut BytesMut::from(text.as_str()), 10_000).unwrap();
        prop_assert_eq!(whole.as_ref().map(|response| response.status), Some(status));
        let (front, back) = text.as_bytes().split_at(cut.index(text.len()));
        let mut buffer = BytesMut::from(front);
        prop_assert_eq!(HandshakeResponse::decode(&mut buffer, 10_000), Ok(None));
        buffer.extend_from_slice(back);
        prop_assert_eq!(HandshakeResponse::decode(&mut buffer, 10_000), Ok(whole));
    }

    #[test]
    fn random_bytes_in_a_handshake_do_not_panic(noise in vec(any::<u8>(), 0..200)) {
        let _ = HandshakeResponse::decode(&mut BytesMut::from(&noise[..]), 100);
    }

    #[test]
    fn compressed_messages_survive_any_fragmentation(
        negotiated in any_negotiated(),
        payloads in any_payloads(),
        cuts in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let mut server = Deflate::new(Role::Server, &negotiated);
        // The limit is the length of the longest uncompressed message, so a compressed message can exceed it.
        let longest = payloads.iter().map(Vec::len).max().unwrap_or_default();
        let client = Deflate::new(Role::Client, &negotiated);
        let mut assembler = MessageAssembler::new(Role::Client, longest, Some(client));
        for payload in payloads {
            let mut frames = fragments(&server.compress(&payload), &cuts);
            let last = frames.pop().unwrap();
            for frame in frames {
                prop_assert_eq!(assembler.push(frame), Ok(None));
            }
            let message = Message::Binary(Bytes::from(payload));
            prop_assert_eq!(assembler.push(last), Ok(Some(message)));
        }
    }

    #[test]
    fn both_directions_keep_their_own_window(
        negotiated in any_negotiated(),
        payloads in any_payloads(),
    ) {
        let mut sides = [Role::Client, Role::Server].map(|role| Deflate::new(role, &negotiated));
        for (turn, payload) in payloads.iter().enumerate() {
            let [client, server] = &mut sides;
            let (from, to) = if turn % 2 == 0 { (client, server) } else { (server, client) };
            let compressed = from.compress(payload);
            prop_assert_eq!(&to.decompress(&compressed, payload.len()).unwrap()[..], &payload[..]);
        }
    }

    #[test]
    fn random_bytes_inflate_at_most_to_the_limit(
        negotiated in any_negotiated(),
        noise in vec(vec(any::<u8>(), 0..60), 1..4),
    ) {
        let mut deflate = Deflate::new(Role::Client, &negotiated);
        for noise in noise {
            if let Ok(inflated) = deflate.decompress(&noise, LIMIT) {
                prop_assert!(inflated.len() <= LIMIT);
            }
        }
    }

    #[test]
    fn an_offer_survives_a_round_trip(negotiated in any_negotiated(), bare in any::<bool>()) {
        let mut offer = negotiated;
        if bare {
            offer.client_max_window_bits = Some(None);
        }
        prop_assert_eq!(DeflateOffer::parse(&offer.to_header()), Some(offer));
    }
}
