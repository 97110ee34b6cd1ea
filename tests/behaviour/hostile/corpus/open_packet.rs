//! Servers whose open packet is wrong, over every transport.

use super::{
    check,
    kind::{Kind, kind},
    stage::{Act, Stage},
};

/// A server that sends these packets in place of its open packet.
fn sends(name: &'static str, packets: &[&str]) -> Kind {
    let packets = packets.iter().map(|packet| (*packet).to_owned()).collect();
    kind(name, Stage::Packet("0{"), vec![Act::Packets(packets)])
}

/// A server that sends an open packet in which a piece of text is replaced.
fn edits(name: &'static str, from: &'static str, to: impl Into<String>) -> Kind {
    kind(name, Stage::Packet("0{"), vec![Act::Edit(from, to.into())])
}

fn shapes() -> Vec<Kind> {
    let nested = format!("0{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested_field = format!(
        "0{{\"x\":{}1{},",
        "{\"a\":".repeat(5_000),
        "}".repeat(5_000)
    );
    vec![
        sends("has a list for an open packet", &["0[]"]),
        sends("has half an open packet", &["0{\"sid\":\"abc"]),
        sends("has bytes after the open packet", &["{}}"]),
        sends("has two open packets", &["{}", "{}"]),
        sends("has a message before the open packet", &["40", "{}"]),
        sends("has a close packet for an open packet", &["1"]),
        sends("has an unknown packet for an open packet", &["9"]),
        sends("has an open packet with a byte order mark", &["\u{feff}{}"]),
        sends("has an open packet nested 100,000 deep", &[&nested]),
        kind(
            "has a field nested 5,000 deep in its open packet",
            Stage::Packet("0{"),
            vec![Act::Edit("0{", nested_field)],
        ),
        edits(
            "has an open packet with 60,000 more bytes, which is legal",
            "0{",
            format!("0{{\"x\":\"{}\",", "y".repeat(60_000)),
        ),
        edits(
            "has an open packet of 100 KB",
            "0{",
            format!("0{{\"x\":\"{}\",", "y".repeat(100_000)),
        ),
        edits(
            "has every field twice in its open packet",
            "0{",
            "0{\"sid\":\"other\",\"upgrades\":1,\"pingInterval\":\"x\",",
        ),
    ]
}

fn ids() -> Vec<Kind> {
    let key = "\"sid\":\"";
    vec![
        edits("has no session id", key, "\"no\":\""),
        edits("has a number for a session id", key, "\"sid\":17,\"x\":\""),
        edits("has an empty session id", key, "\"sid\":\"\",\"x\":\""),
        edits(
            "has a list for a session id",
            key,
            "\"sid\":[\"a\"],\"x\":\"",
        ),
        edits(
            "has a session id that splits requests",
            key,
            "\"sid\":\"a\\r\\nX-Injected: 1\\r\\n\\r\\nGET / HTTP/1.1\",\"x\":\"",
        ),
        edits(
            "has a session id that looks like a query",
            key,
            "\"sid\":\"a&transport=x#?%00/../\",\"x\":\"",
        ),
        edits(
            "has a session id beyond ASCII",
            key,
            "\"sid\":\"ä😀\\u0000\\u001b[2J\",\"x\":\"",
        ),
        edits(
            "has a lone surrogate in its session id",
            key,
            "\"sid\":\"\\ud800\",\"x\":\"",
        ),
        edits(
            "has a session id of 50 KB",
            key,
            format!("\"sid\":\"{}\",\"x\":\"", "i".repeat(50_000)),
        ),
    ]
}

fn numbers() -> Vec<Kind> {
    let interval = |name, value: &str| {
        edits(
            name,
            "\"pingInterval\":25000",
            format!("\"pingInterval\":{value}"),
        )
    };
    let timeout = |name, value: &str| {
        edits(
            name,
            "\"pingTimeout\":20000",
            format!("\"pingTimeout\":{value}"),
        )
    };
    let payload = |name, value: &str| {
        edits(
            name,
            "\"maxPayload\":1000000",
            format!("\"maxPayload\":{value}"),
        )
    };
    vec![
        interval("has a negative ping interval", "-1"),
        interval("has a ping interval of 0", "0"),
        interval("has a text for a ping interval", "\"25000\""),
        interval("has a fraction for a ping interval", "25000.5"),
        interval("has a ping interval of 64 bits", "18446744073709551615"),
        interval("has an infinite ping interval", "1e400"),
        edits("has no ping interval", "\"pingInterval\":25000,", ""),
        timeout("has a ping timeout of 64 bits", "18446744073709551615"),
        edits("has no ping timeout", "\"pingTimeout\":20000,", ""),
        payload("has a maximum payload of 0", "0"),
        payload("has a negative maximum payload", "-1"),
        payload("has a maximum payload of 64 bits", "18446744073709551615"),
        edits("has no maximum payload", ",\"maxPayload\":1000000", ""),
    ]
}

fn upgrades() -> Vec<Kind> {
    let list = |name, value: &str| {
        edits(
            name,
            "\"upgrades\":[\"websocket\"]",
            format!("\"upgrades\":{value}"),
        )
    };
    vec![
        list("offers a text for its upgrades", "\"websocket\""),
        list("offers numbers for its upgrades", "[1,2]"),
        list(
            "offers unknown upgrades",
            "[\"carrier-pigeon\",\"__proto__\"]",
        ),
        list("offers WebSocket in capitals", "[\"WEBSOCKET\"]"),
        list(
            "offers WebSocket ten times",
            &format!("[{}\"websocket\"]", "\"websocket\",".repeat(9)),
        ),
        edits(
            "has no list of upgrades",
            "\"upgrades\":[\"websocket\"],",
            "",
        ),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    [shapes(), ids(), numbers(), upgrades()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_open_packets() {
    check([shapes(), ids()].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_numbers_and_upgrades() {
    check([numbers(), upgrades()].concat()).await;
}
