//! Servers whose compressed messages are wrong.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use sockspec::wire::websocket::OpCode;

use super::{
    check,
    frames::frame,
    kind::{Base, Kind, kind},
    requests::Request,
    stage::{Act, Stage},
};

/// Returns the bytes as a gzip body.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Returns a text frame whose payload is this text, compressed without its last four bytes (RFC 7692 section 7.2.1).
fn deflated(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.flush().unwrap();
    let mut bytes = encoder.get_ref().clone();
    assert!(bytes.ends_with(&[0, 0, 0xff, 0xff]));
    bytes.truncate(bytes.len() - 4);
    frame(0xc1, &bytes)
}

/// A server that accepts compression with these parameters.
fn accepts(name: &'static str, parameters: &str) -> Kind {
    kind(
        name,
        Stage::Response(Request::WebSocketHandshake),
        vec![Act::Edit(
            "permessage-deflate",
            format!("permessage-deflate{parameters}"),
        )],
    )
    .on(Base::Deflate)
}

/// A server that sends these bytes in place of each text frame.
fn sends(name: &'static str, bytes: Vec<u8>) -> Kind {
    kind(name, Stage::Frame(OpCode::Text), vec![Act::Bytes(bytes)]).on(Base::Deflate)
}

fn kinds() -> Vec<Kind> {
    let bomb = [b"42[\"".to_vec(), vec![b'x'; 100 << 20], b"\"]".to_vec()].concat();
    vec![
        accepts("accepts compression with an unknown parameter", "; shuffle"),
        accepts(
            "accepts compression with a window of 16 bits",
            "; server_max_window_bits=16",
        ),
        accepts(
            "accepts compression with a parameter twice",
            "; server_no_context_takeover; server_no_context_takeover",
        ),
        sends(
            "sends compressed bytes that are none",
            frame(0xc1, b"\xff\xff\xff\xff"),
        ),
        sends("sends an empty compressed message", frame(0xc1, b"")),
        sends("sends a compressed bomb", deflated(&bomb)),
        sends(
            "sends compressed text that is not UTF-8",
            deflated(b"42[\"\xff\"]"),
        ),
        sends("sends a compressed ping", frame(0xc9, b"\x02\0")),
        sends(
            "sets the compression bit on a later fragment",
            [frame(0x01, b"6"), frame(0xc0, b"\x02\0")].concat(),
        ),
        sends(
            "sends compressed bytes that end early",
            frame(0xc1, &deflated(b"42[\"hello, hello, hello\"]")[2..8]),
        ),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    kinds()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_compression() {
    check(kinds()).await;
}
