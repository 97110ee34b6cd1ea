//! Servers that answer WebSocket handshakes wrongly, with or without the session of an upgrade.

use std::time::Duration;

use super::{
    check,
    kind::{Kind, kind},
    requests::Request,
    stage::{Act, Stage},
};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\n";

/// A server whose right answer to a WebSocket handshake is changed.
fn edits(name: &'static str, from: &'static str, to: &str) -> Kind {
    kind(
        name,
        Stage::Response(Request::WebSocketHandshake),
        vec![Act::Edit(from, to.to_owned())],
    )
}

fn answers(name: &'static str, bytes: &str) -> Kind {
    kind(
        name,
        Stage::Response(Request::WebSocketHandshake),
        vec![Act::Bytes(bytes.into()), Act::Hold],
    )
}

fn at_upgrade(name: &'static str, acts: Vec<Act>) -> Kind {
    kind(name, Stage::Response(Request::Upgrade), acts)
}

fn at_probe(name: &'static str, packets: &[&str]) -> Kind {
    let packets = packets.iter().map(|packet| (*packet).to_owned()).collect();
    kind(name, Stage::Text("3probe"), vec![Act::Packets(packets)])
}

fn first() -> Vec<Kind> {
    vec![
        answers(
            "answers a WebSocket handshake with 200",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ),
        answers(
            "answers a WebSocket handshake with 426",
            "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 99\r\nContent-Length: 0\r\n\r\n",
        ),
        answers(
            "switches without a key",
            "HTTP/1.1 101 Up\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        ),
        edits(
            "switches with an extension that nobody asked for",
            SWITCH,
            "HTTP/1.1 101 Up\r\nSec-WebSocket-Extensions: x-shuffle\r\n",
        ),
        edits(
            "switches with compression that nobody asked for",
            SWITCH,
            "HTTP/1.1 101 Up\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
        ),
        edits(
            "switches with a subprotocol that nobody asked for",
            SWITCH,
            "HTTP/1.1 101 Up\r\nSec-WebSocket-Protocol: chat\r\n",
        ),
        edits(
            "switches with two keys",
            SWITCH,
            "HTTP/1.1 101 Up\r\nSec-WebSocket-Accept: bm8=\r\n",
        ),
        edits(
            "switches with a body",
            SWITCH,
            "HTTP/1.1 101 Up\r\nContent-Length: 5\r\n",
        ),
        edits(
            "switches with a thousand header lines",
            SWITCH,
            &format!("{SWITCH}{}", "X: y\r\n".repeat(1_000)),
        ),
        kind(
            "switches twice",
            Stage::Response(Request::WebSocketHandshake),
            vec![Act::Original, Act::Original],
        ),
        kind(
            "switches after early hints, which is legal",
            Stage::Response(Request::WebSocketHandshake),
            vec![
                Act::Bytes(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec()),
                Act::Original,
            ],
        ),
        kind(
            "switches in pieces of one byte, which is legal",
            Stage::Response(Request::WebSocketHandshake),
            vec![Act::ByBytes],
        ),
        kind(
            "switches after two seconds",
            Stage::Response(Request::WebSocketHandshake),
            vec![Act::Pause(Duration::from_secs(2)), Act::Original],
        ),
        kind(
            "switches and then says nothing",
            Stage::Response(Request::WebSocketHandshake),
            vec![Act::Original, Act::Hold],
        ),
        kind(
            "switches and closes",
            Stage::Response(Request::WebSocketHandshake),
            vec![Act::Original, Act::End],
        ),
        kind(
            "switches and resets",
            Stage::Response(Request::WebSocketHandshake),
            vec![Act::Original, Act::Reset],
        ),
        kind(
            "switches and goes on in HTTP",
            Stage::Response(Request::WebSocketHandshake),
            vec![
                Act::Original,
                Act::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()),
            ],
        ),
        kind(
            "refuses a WebSocket handshake with a body that never ends",
            Stage::Response(Request::WebSocketHandshake),
            vec![
                Act::Bytes(b"HTTP/1.1 403 No\r\n\r\n".to_vec()),
                Act::Forever(b"no ".to_vec()),
            ],
        )
        .floods(),
    ]
}

fn later() -> Vec<Kind> {
    vec![
        at_upgrade(
            "refuses the upgrade that it offers",
            vec![
                Act::Bytes(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n".to_vec()),
                Act::Hold,
            ],
        ),
        at_upgrade("never answers an upgrade", vec![Act::Hold]),
        at_upgrade("closes at an upgrade", vec![Act::End]),
        at_upgrade(
            "sends an open packet at an upgrade",
            vec![
                Act::Original,
                Act::Bytes(super::stage::text_frame("0{\"sid\":\"another\"}")),
            ],
        ),
        at_probe("never answers the probe", &[]),
        at_probe("answers the probe with another text", &["3prob"]),
        at_probe("answers the probe twice", &["{}", "{}"]),
        at_probe("answers the probe with a close packet", &["1"]),
        at_probe("answers the probe with an event", &["42[\"early\"]", "{}"]),
        kind("closes at the probe", Stage::Text("3probe"), vec![Act::End]),
        kind(
            "floods at the probe",
            Stage::Text("3probe"),
            vec![Act::Forever(super::stage::text_frame("6"))],
        )
        .floods(),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    [first(), later()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_websocket_handshakes() {
    check(first()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_upgrades() {
    check(later()).await;
}
