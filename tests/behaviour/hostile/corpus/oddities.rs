//! Servers with small mistakes that applications, proxies and frameworks make, and servers with unusual habits that are
//! legal.

use std::time::Duration;

use super::{
    check,
    frames::frame,
    kind::{Kind, kind},
    requests::Request,
    stage::{Act, Stage, text_frame},
};

const OK: &str = "HTTP/1.1 200 OK\r\n";

/// A server whose response to such a request is changed.
fn edits(name: &'static str, request: Request, from: &'static str, to: &str) -> Kind {
    kind(
        name,
        Stage::Response(request),
        vec![Act::Edit(from, to.to_owned())],
    )
}

/// A server that sends these packets in place of each packet with this beginning.
fn replaces(name: &'static str, beginning: &'static str, packets: &[&str]) -> Kind {
    let packets = packets.iter().map(|packet| (*packet).to_owned()).collect();
    kind(name, Stage::Packet(beginning), vec![Act::Packets(packets)])
}

fn answers(name: &'static str, request: Request, bytes: &str) -> Kind {
    kind(
        name,
        Stage::Response(request),
        vec![Act::Bytes(bytes.into())],
    )
}

fn switching() -> Vec<Kind> {
    let handshake = Request::WebSocketHandshake;
    vec![
        edits(
            "switches to another protocol",
            handshake,
            "upgrade: websocket",
            "upgrade: h2c",
        ),
        edits(
            "switches without the header Connection",
            handshake,
            "connection: Upgrade",
            "x-connection: upgrade",
        ),
        edits(
            "switches in HTTP/1.0",
            handshake,
            "HTTP/1.1 101",
            "HTTP/1.0 101",
        ),
        edits(
            "switches with several tokens in the header Connection, which is legal",
            handshake,
            "connection: Upgrade",
            "connection: keep-alive, UPGRADE",
        ),
        edits(
            "switches with spaces around the key, which is legal",
            handshake,
            "sec-websocket-accept: ",
            "sec-websocket-accept: \t  ",
        ),
        answers(
            "sends the client of a WebSocket to another port",
            handshake,
            "HTTP/1.1 308 Elsewhere\r\nLocation: ws://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        ),
        answers(
            "asks the client of a WebSocket for a password",
            handshake,
            "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        ),
    ]
}

fn http() -> Vec<Kind> {
    let (poll, post, open) = (Request::Poll, Request::Post, Request::PollingHandshake);
    vec![
        answers(
            "answers POSTs with 204",
            post,
            "HTTP/1.1 204 No Content\r\n\r\n",
        ),
        answers(
            "answers POSTs with capitals",
            post,
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
        ),
        answers(
            "answers POSTs with a redirect",
            post,
            "HTTP/1.1 307 Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        ),
        kind(
            "answers POSTs with one letter and closes",
            Stage::Response(post),
            vec![
                Act::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no".to_vec()),
                Act::End,
            ],
        ),
        kind(
            "answers each request twice",
            Stage::Response(poll),
            vec![Act::Original, Act::Original],
        ),
        kind(
            "continues before its answer, which is legal",
            Stage::Response(poll),
            vec![
                Act::Bytes(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
                Act::Original,
            ],
        ),
        kind(
            "closes after each answer, which is legal",
            Stage::Response(poll),
            vec![Act::Original, Act::End],
        ),
        edits(
            "has two lengths in one header",
            open,
            "content-length: ",
            "content-length: 7, ",
        ),
        edits("has no reason phrase", open, OK, "HTTP/1.1 200\r\n"),
        edits(
            "continues a header on the next line",
            open,
            OK,
            "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n",
        ),
        answers(
            "ends polls with an empty 200",
            poll,
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ),
        answers(
            "ends polls with 204",
            poll,
            "HTTP/1.1 204 No Content\r\n\r\n",
        ),
        answers(
            "ends polls with 502",
            poll,
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
        ),
        answers(
            "ends polls with 503 and a time to come back",
            poll,
            "HTTP/1.1 503 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        ),
        kind(
            "answers each poll at once with a ping",
            Stage::Request(poll),
            vec![Act::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2".to_vec(),
            )],
        ),
        kind(
            "answers each poll at once with an event",
            Stage::Request(poll),
            vec![Act::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n42[\"tick\"]".to_vec(),
            )],
        )
        .floods(),
        kind(
            "sends the body of its open packet slowly",
            Stage::Response(open),
            vec![
                Act::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n".to_vec()),
                Act::Drip(vec![b' '; 900]),
            ],
        ),
        kind(
            "pauses before each answer to a POST, which is legal",
            Stage::Response(post),
            vec![Act::Pause(Duration::from_millis(150)), Act::Original],
        ),
    ]
}

fn packets() -> Vec<Kind> {
    vec![
        replaces("sends each event twice", "42", &["{}", "{}"]),
        replaces(
            "sends each event before its acknowledgement twice",
            "43",
            &["42[\"tick\"]", "{}"],
        ),
        replaces(
            "acknowledges in another namespace",
            "43",
            &["43/other,0[1]"],
        ),
        replaces("acknowledges with an object", "43", &["430{\"a\":1}"]),
        replaces("acknowledges with a text", "43", &["430\"done\""]),
        replaces(
            "sends an event whose name is a number",
            "43",
            &["42[1,2]", "{}"],
        ),
        replaces(
            "sends an event whose name is null",
            "43",
            &["42[null]", "{}"],
        ),
        replaces("sends an upgrade packet", "43", &["5", "{}"]),
        replaces(
            "sends a second open packet in a session",
            "43",
            &[
                "0{\"sid\":\"again\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1}",
                "{}",
            ],
        ),
        replaces(
            "sends a pong to a client that sent no ping",
            "43",
            &["3", "{}"],
        ),
        replaces("sends a ping with a payload", "43", &["2hello", "{}"]),
        replaces("sends a noop with a payload", "43", &["6hello", "{}"]),
        replaces("sends spaces behind its packets", "43", &["{} "]),
        replaces("sends packets of version 3", "40", &["6:40"]),
        replaces("refuses a CONNECT with a text", "40", &["44\"no\""]),
        replaces("refuses a CONNECT without data", "40", &["44"]),
        replaces(
            "gives a private id that is the socket id",
            "40",
            &["40{\"sid\":\"aaaaaaaaaaaaaaaaaaaa\",\"pid\":\"aaaaaaaaaaaaaaaaaaaa\"}"],
        ),
        kind(
            "closes in the middle of a message",
            Stage::Text("43"),
            vec![
                Act::Bytes(frame(0x01, b"43")),
                Act::Bytes(vec![0x88, 0x02, 0x03, 0xe8]),
                Act::Hold,
            ],
        ),
        kind(
            "sends a message in a thousand fragments, which is legal",
            Stage::Text("43"),
            vec![
                Act::Bytes(frame(0x01, b"")),
                Act::Repeat(frame(0x00, b""), 1_000),
                Act::Bytes(frame(0x80, b"6")),
                Act::Original,
            ],
        ),
        kind(
            "sends a thousand pings before its answer, which is legal",
            Stage::Text("43"),
            vec![Act::Repeat(vec![0x89, 0x00], 1_000), Act::Original],
        ),
        kind(
            "sends a hundred events before its answer, which is legal",
            Stage::Text("43"),
            vec![
                Act::Repeat(text_frame("42[\"tick\",1]"), 100),
                Act::Original,
            ],
        ),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    [switching(), http(), packets()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_switch_oddly() {
    check(switching()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_odd_http() {
    check(http()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_odd_packets() {
    check(packets()).await;
}
