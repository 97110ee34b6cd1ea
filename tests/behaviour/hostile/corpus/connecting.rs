//! Servers that answer a CONNECT packet wrongly, over every transport.

use super::{
    check,
    kind::{Kind, kind},
    stage::{Act, Stage},
};

/// A server that sends these packets in place of its answer to a CONNECT.
fn sends(name: &'static str, packets: &[&str]) -> Kind {
    let packets = packets.iter().map(|packet| (*packet).to_owned()).collect();
    kind(name, Stage::Packet("40"), vec![Act::Packets(packets)])
}

fn kinds() -> Vec<Kind> {
    let nested = format!(
        "40{{\"sid\":\"abcdefgh\",\"x\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let large = format!("40{{\"sid\":\"{}\"}}", "i".repeat(500_000));
    vec![
        sends("answers a CONNECT with a noop", &["6"]),
        sends("answers a CONNECT twice", &["{}", "{}"]),
        sends(
            "answers a CONNECT for another namespace",
            &["40/other,{\"sid\":\"abcdefgh\"}"],
        ),
        sends("answers a CONNECT without data", &["40"]),
        sends("answers a CONNECT without a socket id", &["40{}"]),
        sends(
            "answers a CONNECT with a number for a socket id",
            &["40{\"sid\":7}"],
        ),
        sends("answers a CONNECT with a list", &["40[\"abcdefgh\"]"]),
        sends(
            "answers a CONNECT with half a packet",
            &["40{\"sid\":\"abc"],
        ),
        sends(
            "answers a CONNECT with a packet nested 100,000 deep",
            &[&nested],
        ),
        sends("answers a CONNECT with a socket id of 500 KB", &[&large]),
        sends(
            "gives every client the same socket id",
            &["40{\"sid\":\"abcdefgh\"}"],
        ),
        sends(
            "gives a socket id with escape sequences",
            &["40{\"sid\":\"\\u001b[2J\\r\\n<b>&\\u0000\\ufffe\"}"],
        ),
        sends("refuses a CONNECT", &["44{\"message\":\"unauthorized\"}"]),
        sends(
            "refuses a CONNECT after accepting it",
            &["{}", "44{\"message\":\"no\"}"],
        ),
        sends("disconnects a client that connects", &["{}", "41"]),
        sends("disconnects a client in place of an answer", &["41"]),
        sends("closes the session of a client that connects", &["{}", "1"]),
        sends("sends an event before its answer", &["42[\"early\"]", "{}"]),
        sends(
            "sends an acknowledgement before its answer",
            &["430[]", "{}"],
        ),
        sends("sends an unknown packet type", &["47[]"]),
        sends("sends a message that is no packet", &["4hello"]),
        sends(
            "sends a message with bytes that never come",
            &["{}", "451-[\"x\",{\"_placeholder\":true,\"num\":0}]"],
        ),
        sends(
            "announces a billion attachments",
            &["{}", "451000000000-[\"x\"]"],
        ),
        sends(
            "announces attachments beyond 64 bits",
            &["{}", "4599999999999999999999-[\"x\"]"],
        ),
        sends("sends bytes that nothing announced", &["{}", "bAAEC"]),
        sends("sends broken base64", &["{}", "b!!!"]),
        sends("sends an event without a name", &["{}", "42[]"]),
        sends(
            "sends an event with a reserved name",
            &["{}", "42[\"connect_error\",1]"],
        ),
        sends(
            "asks a question that nobody expects",
            &["{}", "427[\"question\"]"],
        ),
        sends(
            "sends an event for an unknown namespace",
            &["{}", "42/nowhere,[\"x\"]"],
        ),
        sends("sends a pong that nothing asked for", &["{}", "3probe"]),
        sends(
            "sends text that steers terminals and reports",
            &[
                "{}",
                "42[\"\\u001b[2J]]><&\\u0000\\u0008\\ud83d\",\"\\u202e\"]",
            ],
        ),
        kind(
            "sends nothing after an open packet",
            Stage::Packet("40"),
            vec![Act::Hold],
        ),
        kind(
            "closes in place of an answer to a CONNECT",
            Stage::Packet("40"),
            vec![Act::End],
        ),
        kind(
            "resets in place of an answer to a CONNECT",
            Stage::Packet("40"),
            vec![Act::Reset],
        ),
        kind(
            "resets after an answer to a CONNECT",
            Stage::Packet("40"),
            vec![Act::Original, Act::Reset],
        ),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    kinds()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_answers_to_a_connect() {
    check(kinds()).await;
}
