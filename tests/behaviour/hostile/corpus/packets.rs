//! Servers whose acknowledgements are wrong, over every transport, and servers whose polls and POSTs go wrong.

use super::{
    check,
    kind::{Base, Kind, kind},
    requests::Request,
    stage::{Act, Stage},
};

/// A server that sends these packets in place of each acknowledgement.
fn sends(name: &'static str, packets: &[&str]) -> Kind {
    let packets = packets.iter().map(|packet| (*packet).to_owned()).collect();
    kind(name, Stage::Packet("43"), vec![Act::Packets(packets)])
}

fn acknowledgements() -> Vec<Kind> {
    let nested = format!("430{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("430[\"{}\"]", "a".repeat(5_000_000));
    let many = format!("430[{}0]", "0,".repeat(500_000));
    vec![
        sends("acknowledges nothing", &["6"]),
        sends("acknowledges twice", &["{}", "{}"]),
        sends("acknowledges a request that nobody made", &["43777[1]"]),
        sends(
            "acknowledges with an id beyond 64 bits",
            &["4399999999999999999999[1]"],
        ),
        sends("acknowledges without an id", &["43[1]"]),
        sends("acknowledges with a negative id", &["43-1[1]"]),
        sends("acknowledges with half a list", &["430[1,"]),
        sends("acknowledges with text after the list", &["430[1]]"]),
        sends(
            "acknowledges with bytes that never come",
            &["461-0[{\"_placeholder\":true,\"num\":0}]"],
        ),
        sends(
            "acknowledges with a wrong placeholder",
            &["461-0[{\"_placeholder\":true,\"num\":5}]", "bAAEC"],
        ),
        sends(
            "acknowledges with text for bytes",
            &["461-0[{\"_placeholder\":true,\"num\":0}]", "4text"],
        ),
        sends(
            "acknowledges with too many bytes",
            &["461-0[{\"_placeholder\":true,\"num\":0}]", "bAAEC", "bAAEC"],
        ),
        sends("acknowledges with a list nested 100,000 deep", &[&nested]),
        sends("acknowledges with 5 MB", &[&large]),
        sends("acknowledges with half a million values", &[&many]).floods(),
        sends(
            "acknowledges with a control character",
            &["430[\"a\u{1}b\"]"],
        ),
        sends(
            "acknowledges with a number of a thousand digits",
            &[&format!("430[{}]", "9".repeat(1000))],
        ),
        sends(
            "acknowledges with repeated keys",
            &["430[{\"a\":1,\"a\":2,\"__proto__\":{\"x\":1}}]"],
        ),
        sends(
            "sends an event in place of an acknowledgement",
            &["42[\"ack\",1]"],
        ),
        sends(
            "refuses the connection in place of an acknowledgement",
            &["44{\"message\":\"no\"}"],
        ),
        sends("disconnects in place of an acknowledgement", &["41"]),
        kind(
            "closes in place of an acknowledgement",
            Stage::Packet("43"),
            vec![Act::End],
        ),
        kind(
            "resets in place of an acknowledgement",
            Stage::Packet("43"),
            vec![Act::Reset],
        ),
        kind(
            "says nothing in place of an acknowledgement",
            Stage::Packet("43"),
            vec![Act::Hold],
        ),
    ]
}

fn response(name: &'static str, request: Request, head: &str, body: &str) -> Kind {
    let bytes = format!(
        "HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    kind(
        name,
        Stage::Response(request),
        vec![Act::Bytes(bytes.into_bytes())],
    )
}

fn polls() -> Vec<Kind> {
    let poll = |name, head: &str, body: &str| response(name, Request::Poll, head, body);
    let noops = vec!["6"; 5_000].join("\x1e");
    let noop = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n6".to_vec();
    vec![
        poll(
            "answers polls with 400",
            "400 Bad Request",
            "{\"code\":1,\"message\":\"Session ID unknown\"}",
        ),
        poll("answers polls with a page", "200 OK", "<html></html>"),
        poll("answers polls with nothing", "200 OK", ""),
        poll("answers polls with five thousand noops", "200 OK", &noops),
        poll(
            "answers polls with a second open packet",
            "200 OK",
            "0{\"sid\":\"another\"}",
        ),
        kind(
            "answers polls with text that is not UTF-8",
            Stage::Response(Request::Poll),
            vec![Act::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n4\xff\xfe".to_vec(),
            )],
        ),
        kind(
            "answers polls with another protocol",
            Stage::Response(Request::Poll),
            vec![Act::Bytes(b"SSH-2.0-x\r\n".to_vec())],
        ),
        kind(
            "never answers polls",
            Stage::Request(Request::Poll),
            vec![Act::Hold],
        ),
        kind(
            "closes at polls",
            Stage::Request(Request::Poll),
            vec![Act::End],
        ),
        kind(
            "resets at polls",
            Stage::Request(Request::Poll),
            vec![Act::Reset],
        ),
        kind(
            "answers each poll at once with a noop",
            Stage::Request(Request::Poll),
            vec![Act::Bytes(noop)],
        )
        .floods(),
    ]
}

fn posts() -> Vec<Kind> {
    let post = |name, head: &str, body: &str| response(name, Request::Post, head, body);
    vec![
        post(
            "answers POSTs with 500",
            "500 Oops",
            "at Object.<anonymous> (/srv/app/index.js:3:9)",
        ),
        post("answers POSTs with a page", "200 OK", "<html></html>"),
        kind(
            "never answers POSTs",
            Stage::Request(Request::Post),
            vec![Act::Hold],
        ),
        kind(
            "closes at POSTs",
            Stage::Request(Request::Post),
            vec![Act::End],
        ),
        kind(
            "resets at POSTs",
            Stage::Request(Request::Post),
            vec![Act::Reset],
        ),
        kind(
            "answers POSTs with a broken chunk",
            Stage::Response(Request::Post),
            vec![Act::Bytes(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n"
                    .to_vec(),
            )],
        ),
        kind(
            "answers POSTs with a body that never ends",
            Stage::Response(Request::Post),
            vec![
                Act::Bytes(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
                Act::Forever(b"ok".to_vec()),
            ],
        )
        .floods(),
    ]
}

/// Servers that send wrong msgpack in place of each binary message.
fn msgpack() -> Vec<Kind> {
    let sends = |name, bytes: &[u8]| {
        let frame = super::frames::frame(0x82, bytes);
        kind(
            name,
            Stage::Frame(sockspec::wire::websocket::OpCode::Binary),
            vec![Act::Bytes(frame)],
        )
        .on(Base::Msgpack)
    };
    let nested = [[0x91; 100_000].as_slice(), &[0x90]].concat();
    vec![
        sends("sends no msgpack", b""),
        sends("sends a number as msgpack", b"\x07"),
        sends("sends the unused byte of msgpack", b"\xc1"),
        sends("sends half a map as msgpack", b"\x83\xa4type\x00"),
        sends("sends a map of 4 billion entries", b"\xdf\xff\xff\xff\xff"),
        sends("sends bytes of 4 GB", b"\xc6\xff\xff\xff\xff"),
        sends(
            "sends a msgpack type that does not exist",
            b"\x82\xa4type\x09\xa3nsp\xa1/",
        ),
        sends("sends a msgpack key that is a map", b"\x81\x80\x80"),
        sends(
            "sends msgpack text that is not UTF-8",
            b"\x82\xa4type\x00\xa3nsp\xa1\xff",
        ),
        sends(
            "sends bytes after a msgpack packet",
            b"\x83\xa4type\x00\xa3nsp\xa1/\xa4data\x81\xa3sid\xa1a\x00",
        ),
        sends("sends msgpack nested 100,000 deep", &nested),
        kind(
            "sends text for msgpack",
            Stage::Frame(sockspec::wire::websocket::OpCode::Binary),
            vec![Act::Bytes(super::stage::text_frame("40{\"sid\":\"abc\"}"))],
        )
        .on(Base::Msgpack),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    [acknowledgements(), polls(), posts(), msgpack()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_acknowledgements() {
    check(acknowledgements()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_answers_to_polls_and_posts() {
    check([polls(), posts()].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_msgpack() {
    check(msgpack()).await;
}
