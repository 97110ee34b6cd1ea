//! Servers whose WebSocket frames are wrong.

use sockspec::wire::websocket::OpCode;

use super::{
    check,
    kind::{Kind, kind},
    stage::{Act, Stage, text_frame},
};

/// A frame with this first byte.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let head = match u8::try_from(length) {
        Ok(short @ ..126) => vec![first, short],
        Ok(_) | Err(_) if length < 1 << 16 => [
            &[first, 126],
            &u16::try_from(length).unwrap().to_be_bytes()[..],
        ]
        .concat(),
        Ok(_) | Err(_) => [
            &[first, 127],
            &u64::try_from(length).unwrap().to_be_bytes()[..],
        ]
        .concat(),
    };
    [head, payload.to_vec()].concat()
}

/// A server that sends these bytes after its answer to a CONNECT.
fn sends(name: &'static str, bytes: impl Into<Vec<u8>>) -> Kind {
    kind(
        name,
        Stage::Text("40"),
        vec![Act::Original, Act::Bytes(bytes.into())],
    )
}

/// A server that sends these bytes in place of a pong.
fn pongs(name: &'static str, bytes: impl Into<Vec<u8>>) -> Kind {
    kind(
        name,
        Stage::Frame(OpCode::Pong),
        vec![Act::Bytes(bytes.into())],
    )
}

/// A server that sends this payload in its close frame.
fn closes(name: &'static str, payload: &[u8]) -> Kind {
    kind(
        name,
        Stage::Frame(OpCode::Close),
        vec![Act::Bytes(frame(0x88, payload)), Act::End],
    )
}

fn heads() -> Vec<Kind> {
    let long = |head: &[u8]| [head, b"6"].concat();
    vec![
        sends("masks its frames", b"\x81\x81\0\0\0\x006".to_vec()),
        sends("sets the first reserved bit", b"\xc1\x016".to_vec()),
        sends("uses the opcode 3", frame(0x83, b"6")),
        sends("has a length of 16 bits for a byte", long(b"\x81\x7e\x00\x01")),
        sends("has a length of 64 bits with the top bit", long(b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff")),
        sends("has a frame of 4 exabytes", long(b"\x81\x7f\x3f\xff\xff\xff\xff\xff\xff\xff")),
        sends("has a control frame of 126 bytes", [b"\x89\x7e\x00\x7e".to_vec(), vec![b'x'; 126]].concat()),
        sends("fragments a control frame", b"\x09\x00".to_vec()),
        sends("continues a message that never began", frame(0x80, b"6")),
        sends("begins a message within a message", [frame(0x01, b"4"), frame(0x81, b"6")].concat()),
        sends("never finishes a message", frame(0x01, b"42[\"x\"")),
        sends("sends text that is not UTF-8", frame(0x81, b"4\xff\xfe")),
        sends("cuts a character at the end of a text", frame(0x81, b"42[\"\xf0\x9f\x98")),
        sends("sends an empty text", frame(0x81, b"")),
        sends("sends bytes that nothing announced as a frame", frame(0x82, b"\x00\x01")),
        sends("sends pings in fragments of messages, which is legal", [frame(0x01, b""), frame(0x89, b"p"), frame(0x80, b"6")].concat()),
        sends("sends HTTP among its frames", b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
        sends("sends zeros among its frames", vec![0; 1000]),
        kind("ends inside a frame", Stage::Text("40"), vec![Act::Original, Act::Bytes(b"\x81\x05ab".to_vec()), Act::End]),
        kind("stops inside a frame", Stage::Text("40"), vec![Act::Original, Act::Bytes(b"\x81\x05ab".to_vec()), Act::Hold]),
        kind("sends text frames in pieces of one byte, which is legal", Stage::Frame(OpCode::Text), vec![Act::ByBytes]),
        kind("sends its open packet as bytes", Stage::Text("0{"), vec![Act::Bytes(frame(0x82, b"0{\"sid\":\"abcdefgh\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}"))]),
        kind("sends acknowledgements as bytes", Stage::Text("43"), vec![Act::Bytes(frame(0x82, b"430[1]"))]),
        kind("sends bytes as text", Stage::Frame(OpCode::Binary), vec![Act::Bytes(text_frame("bAAEC"))]),
        kind("drops bytes", Stage::Frame(OpCode::Binary), vec![]),
        kind("sends bytes twice", Stage::Frame(OpCode::Binary), vec![Act::Original, Act::Original]),
        kind("sends other bytes", Stage::Frame(OpCode::Binary), vec![Act::Bytes(frame(0x82, b"\xff"))]),
    ]
}

fn control() -> Vec<Kind> {
    vec![
        pongs("sends no pong", b"".to_vec()),
        pongs("sends a pong with another payload", frame(0x8a, b"other")),
        pongs("sends a ping for a pong", frame(0x89, b"")),
        pongs(
            "sends a pong of 126 bytes",
            [b"\x8a\x7e\x00\x7e".to_vec(), vec![b'x'; 126]].concat(),
        ),
        pongs("closes at a ping", frame(0x88, b"\x03\xe8")),
        sends(
            "sends a pong that no ping asked for, which is legal",
            frame(0x8a, b"hello"),
        ),
        sends("sends a close frame of one byte", frame(0x88, b"\x03")),
        sends("closes with the code 1005", frame(0x88, b"\x03\xed")),
        sends("closes with the code 2999", frame(0x88, b"\x0b\xb7")),
        sends(
            "closes with a reason that is not UTF-8",
            frame(0x88, b"\x03\xe8\xff\xfe"),
        ),
        sends(
            "closes with a reason of 124 bytes",
            [b"\x88\x7e\x00\x7e\x03\xe8".to_vec(), vec![b'x'; 124]].concat(),
        ),
        sends(
            "closes with a reason that steers terminals",
            frame(0x88, b"\x03\xe8\x1b[2J\r\n\x07"),
        ),
        sends(
            "sends two close frames",
            [frame(0x88, b"\x03\xe8"), frame(0x88, b"\x03\xe8")].concat(),
        ),
        sends(
            "sends events after its close frame",
            [frame(0x88, b"\x03\xe8"), text_frame("42[\"late\"]")].concat(),
        ),
        closes("answers a close frame with the code 1006", b"\x03\xee"),
        closes("answers a close frame with one byte", b"\x03"),
        kind(
            "never answers a close frame",
            Stage::Frame(OpCode::Close),
            vec![Act::Hold],
        ),
        kind(
            "answers a close frame with a text",
            Stage::Frame(OpCode::Close),
            vec![Act::Bytes(text_frame("6")), Act::Hold],
        ),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    [heads(), control()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_frames() {
    check(heads()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_control_frames() {
    check(control()).await;
}
