//! Servers that send without end.

use super::{
    check,
    frames::frame,
    kind::{Kind, kind},
    requests::Request,
    stage::{Act, Stage, text_frame},
};

/// A server that sends these bytes again and again after its answer to a CONNECT.
fn joined(name: &'static str, bytes: Vec<u8>) -> Kind {
    kind(
        name,
        Stage::Text("40"),
        vec![Act::Original, Act::Forever(bytes)],
    )
    .floods()
}

/// A server that begins a message and then sends empty fragments again and again.
fn fragments(name: &'static str, stage: Stage) -> Kind {
    let start = Act::Bytes(frame(0x01, b""));
    kind(
        name,
        stage,
        vec![Act::Original, start, Act::Forever(frame(0x00, b""))],
    )
    .floods()
}

fn kinds() -> Vec<Kind> {
    let event = |size: usize| text_frame(&format!("42[\"spam\",\"{}\"]", "a".repeat(size)));
    vec![
        joined(
            "sends small events without end",
            text_frame("42[\"spam\",1]"),
        ),
        joined("sends events of 9 KB without end", event(9_000)),
        joined("sends events of 900 KB without end", event(900_000)),
        joined("sends noops without end", text_frame("6")),
        joined("sends pings without end", frame(0x89, b"")),
        joined("sends pongs without end", frame(0x8a, b"")),
        kind(
            "sends a message of fragments without end",
            Stage::Text("40"),
            vec![
                Act::Original,
                Act::Bytes(frame(0x01, b"42")),
                Act::Forever(frame(0x00, &[b'x'; 1000])),
            ],
        )
        .floods(),
        joined("sends bytes without end", frame(0x82, &[7; 10_000])),
        fragments(
            "sends empty fragments without end before the open packet",
            Stage::Response(Request::WebSocketHandshake),
        ),
        fragments(
            "sends empty fragments without end after the open packet",
            Stage::Text("0{"),
        ),
        fragments(
            "sends empty fragments without end after its answer to a CONNECT",
            Stage::Text("40"),
        ),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    kinds()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_send_without_end() {
    check(kinds()).await;
}
