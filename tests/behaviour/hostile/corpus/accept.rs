//! Servers that misbehave before they have read a request.

use std::time::Duration;

use super::{
    check,
    kind::{Kind, kind},
    stage::{Act, Stage},
};

fn at_accept(name: &'static str, acts: Vec<Act>) -> Kind {
    kind(name, Stage::Accept, acts)
}

/// A server that sends these bytes at once, and then nothing more.
fn greeting(name: &'static str, bytes: &[u8]) -> Kind {
    at_accept(name, vec![Act::Bytes(bytes.to_vec()), Act::Hold])
}

fn kinds() -> Vec<Kind> {
    vec![
        at_accept("closes after accepting", vec![Act::End]),
        at_accept("resets after accepting", vec![Act::Reset]),
        at_accept("says nothing", vec![Act::Hold]),
        at_accept(
            "takes three seconds to read a request",
            vec![Act::Pause(Duration::from_secs(3))],
        ),
        greeting("is an SSH server", b"SSH-2.0-x\r\n"),
        greeting("speaks HTTP/2", b"\0\0\x12\x04\0\0\0\0\0\0\0"),
        greeting("answers with a TLS alert", b"\x15\x03\x01\0\x02\x02\x46"),
        greeting("sends a line that never ends", &[b'x'; 1000]),
        greeting(
            "sends escape sequences of terminals",
            b"\x1b]0;owned\x07\x1b[2J\x1b[31mHTTP\r\n\r\n",
        ),
        at_accept(
            "refuses before it reads",
            vec![
                Act::Bytes(
                    b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
                ),
                Act::End,
            ],
        ),
        at_accept(
            "answers twice, the first time before it reads",
            vec![Act::Bytes(
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(),
            )],
        ),
        at_accept(
            "sends a slow head",
            vec![Act::Drip(
                b"HTTP/1.1 200 OK\r\n"
                    .iter()
                    .copied()
                    .chain([b'x'; 2000])
                    .collect(),
            )],
        ),
        at_accept("sends zeros without end", vec![Act::Forever(vec![0; 1000])]),
        at_accept(
            "sends empty lines without end",
            vec![Act::Forever(b"\r\n".to_vec())],
        ),
        at_accept(
            "sends heads without end",
            vec![Act::Forever(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())],
        ),
        at_accept(
            "sends header lines without end",
            vec![
                Act::Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Act::Forever(b"X-More: and more\r\n".to_vec()),
            ],
        ),
        at_accept(
            "sends a body without end",
            vec![
                Act::Bytes(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
                Act::Forever(b"and more ".to_vec()),
            ],
        )
        .floods(),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    kinds()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_misbehave_before_a_request() {
    check(kinds()).await;
}
