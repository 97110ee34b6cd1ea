//! Checks of the WebSocket codec: frames, messages, the handshake, compression.

use bytes::BytesMut;

use super::pieces::{choice, cuts};
use crate::wire::websocket::{
    Deflate, DeflateOffer, Extension, Frame, FrameError, HandshakeRequest, HandshakeResponse,
    Message, MessageAssembler, OpCode, PeerMisbehaved, Role,
};

/// The limit on the bytes of a frame and of a message.
const LIMIT: usize = 4096;

/// The limit on the bytes of a response's head.
const MAX_HEAD: usize = 2048;

/// The result at which a decoder stopped: `Ok` at the end of the input, or the decoder's error.
type End<E> = Result<(), E>;

/// Checks that the decoded frames don't depend on where the stream is cut, and that every decoded frame can be
/// encoded again.
pub(super) fn frame(input: &[u8]) {
    let (frames, end) = frames_of(&[input]);
    for at in cuts(input.len()) {
        let (front, back) = input.split_at(at);
        assert_eq!(
            frames_of(&[front, back]),
            (frames.clone(), end.clone()),
            "cut at {at}"
        );
    }
    for frame in frames {
        assert!(
            frame.payload.len() <= LIMIT,
            "the payload of a frame exceeds the limit"
        );
        let mut stream = BytesMut::new();
        frame.encode(&mut stream);
        assert_eq!(Frame::decode(&mut stream, LIMIT), Ok(Some(frame)));
        assert!(
            stream.is_empty(),
            "the decoder left bytes of the encoded frame unread"
        );
    }
}

/// Checks that the decoded messages don't depend on where the stream is cut, and that every decoded message can be
/// sent again.
pub(super) fn message(input: &[u8]) {
    let (settings, stream) = choice(input);
    let role = role_of(settings);
    let compresses = settings & 2 != 0;
    let (messages, end) = messages_of(&[stream], role, compresses);
    for at in cuts(stream.len()) {
        let (front, back) = stream.split_at(at);
        let cut = messages_of(&[front, back], role, compresses);
        assert_eq!(cut, (messages.clone(), end.clone()), "cut at {at}");
    }
    for message in messages {
        let frame = frame_of(&message, role);
        assert!(frame.payload.len() <= LIMIT, "a message exceeds the limit");
        let mut assembler = MessageAssembler::new(role, LIMIT, None);
        assert_eq!(assembler.push(frame), Ok(Some(message)));
    }
}

/// Checks that the decoded head of a response does not depend on where it is cut, and that every decoded extension
/// can be encoded again.
pub(super) fn handshake(input: &[u8]) {
    let mut rest = BytesMut::from(input);
    let whole = HandshakeResponse::decode(&mut rest, MAX_HEAD);
    for at in cuts(input.len()) {
        let (front, back) = input.split_at(at);
        let mut buffer = BytesMut::from(front);
        match HandshakeResponse::decode(&mut buffer, MAX_HEAD) {
            Ok(None) => {
                buffer.extend_from_slice(back);
                let read = HandshakeResponse::decode(&mut buffer, MAX_HEAD);
                assert_eq!((&read, &buffer), (&whole, &rest), "cut at {at}");
            }
            Ok(read) => assert_eq!(Ok(read), whole, "cut at {at}"),
            // If a head is too long and also not HTTP, the error can name either problem. So the errors are not
            // compared.
            Err(_) => assert!(
                whole.is_err(),
                "a response is refused if its head is cut at {at}, but accepted in one piece"
            ),
        }
    }
    let request = HandshakeRequest::new("localhost", "/", "dGhlIHNhbXBsZSBub25jZQ==");
    if let Ok(Some(response)) = whole {
        let verified = response.verify(&request).is_ok();
        assert!(
            !verified || response.status == 101,
            "a response without the status 101 opens a WebSocket"
        );
        for (_, value) in &response.headers {
            extensions(value);
        }
    }
}

/// Checks that decompression stops at the limit, and that compressing and decompressing returns the input.
pub(super) fn deflate(input: &[u8]) {
    let (settings, payload) = choice(input);
    let role = role_of(settings);
    let offer = DeflateOffer {
        server_no_context_takeover: settings & 2 != 0,
        client_no_context_takeover: settings & 4 != 0,
        server_max_window_bits: Some(8 + (settings >> 3) % 8),
        client_max_window_bits: Some(Some(15 - (settings >> 3) % 8)),
    };
    if let Ok(inflated) = Deflate::new(role, &offer).decompress(payload, LIMIT) {
        assert!(inflated.len() <= LIMIT, "a message exceeds the limit");
    }
    let mut sender = Deflate::new(role, &offer);
    let mut receiver = Deflate::new(other(role), &offer);
    // Compress and inflate the payload twice, because the second message can refer to bytes of the first one.
    for _ in 0..2 {
        let compressed = sender.compress(payload);
        assert!(compressed.len() <= Deflate::compressed_bound(payload.len()));
        let inflated = receiver.decompress(&compressed, payload.len());
        assert_eq!(inflated.as_deref(), Ok(payload));
    }
}

fn extensions(header: &str) {
    let listed = Extension::parse_list(header);
    assert_ne!(
        listed,
        Some(Vec::new()),
        "a parsed list of extensions is empty"
    );
    if let Some(offer) = DeflateOffer::parse(header) {
        assert_eq!(DeflateOffer::parse(&offer.to_header()), Some(offer.clone()));
        assert!(
            offer.permits(&offer.answer()),
            "the answer to an offer of compression does not fit the offer"
        );
    }
}

fn frames_of(pieces: &[&[u8]]) -> (Vec<Frame>, End<FrameError>) {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match Frame::decode(&mut buffer, LIMIT) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
        }
    }
    (frames, Ok(()))
}

fn messages_of(
    pieces: &[&[u8]],
    role: Role,
    compresses: bool,
) -> (Vec<Message>, End<PeerMisbehaved>) {
    let deflate = compresses.then(|| Deflate::new(role, &DeflateOffer::default()));
    let mut assembler = MessageAssembler::new(role, LIMIT, deflate);
    let limit = assembler.max_frame();
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let frame = match Frame::decode(&mut buffer, limit) {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(error) => return (messages, Err(error.into())),
            };
            match assembler.push(frame) {
                Ok(message) => messages.extend(message),
                Err(error) => return (messages, Err(error)),
            }
        }
    }
    (messages, Ok(()))
}

fn frame_of(message: &Message, receiver: Role) -> Frame {
    let (opcode, payload) = match message {
        Message::Binary(bytes) => (OpCode::Binary, bytes.clone()),
        Message::Close(reason) => (OpCode::Close, reason.encode()),
        Message::Ping(bytes) => (OpCode::Ping, bytes.clone()),
        Message::Pong(bytes) => (OpCode::Pong, bytes.clone()),
        Message::Text(text) => (OpCode::Text, text.clone().into_bytes()),
    };
    Frame {
        fin: true,
        rsv: 0,
        opcode,
        mask: match receiver {
            Role::Client => None,
            Role::Server => Some([1, 2, 3, 4]),
        },
        payload,
    }
}

fn role_of(settings: u8) -> Role {
    if settings & 1 == 0 {
        Role::Client
    } else {
        Role::Server
    }
}

fn other(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}
