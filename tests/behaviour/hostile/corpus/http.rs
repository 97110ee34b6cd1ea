//! Servers whose HTTP responses are wrong.

use super::{
    check,
    kind::{Kind, kind},
    requests::Request,
    stage::{Act, Stage},
};

const OPEN: &str = r#"0{"sid":"abcdefgh","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// A server that answers the polling handshake with these bytes, and keeps the connection open.
fn answers(name: &'static str, bytes: impl Into<Vec<u8>>) -> Kind {
    kind(
        name,
        Stage::Response(Request::PollingHandshake),
        vec![Act::Bytes(bytes.into()), Act::Hold],
    )
}

/// A server that answers the polling handshake with these bytes, and closes the connection.
fn answers_and_closes(name: &'static str, bytes: impl Into<Vec<u8>>) -> Kind {
    kind(
        name,
        Stage::Response(Request::PollingHandshake),
        vec![Act::Bytes(bytes.into()), Act::End],
    )
}

/// A server that adds header lines to a right answer.
fn heads(name: &'static str, lines: impl Into<String>) -> Kind {
    let lines = format!("HTTP/1.1 200 OK\r\n{}", lines.into());
    kind(
        name,
        Stage::Response(Request::PollingHandshake),
        vec![Act::Edit("HTTP/1.1 200 OK\r\n", lines)],
    )
}

/// A response with an open packet, and with these lines in its head.
fn with_lines(lines: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\n{lines}\r\n\r\n{body}")
}

fn status(name: &'static str, line: &str) -> Kind {
    answers(
        name,
        format!("HTTP/1.1 {line}\r\nContent-Length: 2\r\n\r\nno"),
    )
}

fn statuses() -> Vec<Kind> {
    vec![
        answers_and_closes("answers nothing", ""),
        answers_and_closes("answers with a status line only", "HTTP/1.1 200 OK\r\n"),
        answers_and_closes("answers as in HTTP/0.9", OPEN),
        answers(
            "has an unknown HTTP version",
            format!(
                "HTTP/9.9 200 OK\r\nContent-Length: {}\r\n\r\n{OPEN}",
                OPEN.len()
            ),
        ),
        status("has a status of four digits", "2000 OK"),
        status("has a status in letters", "OK OK"),
        status("has the status 999", "999 OK"),
        status(
            "redirects to itself",
            "302 Found\r\nLocation: /socket.io/?EIO=4&transport=polling",
        ),
        status(
            "asks for a password",
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"",
        ),
        status("fails", "500 Internal Server Error"),
        answers("has no content", "HTTP/1.1 204 No Content\r\n\r\n"),
        answers("has nothing new", "HTTP/1.1 304 Not Modified\r\n\r\n"),
        answers(
            "switches protocols unasked",
            "HTTP/1.1 101 Up\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        ),
        kind(
            "sends early hints first, which is legal",
            Stage::Response(Request::PollingHandshake),
            vec![
                Act::Bytes(
                    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                        .to_vec(),
                ),
                Act::Original,
            ],
        ),
        kind(
            "answers in pieces of one byte, which is legal",
            Stage::Response(Request::PollingHandshake),
            vec![Act::ByBytes],
        ),
    ]
}

fn lengths() -> Vec<Kind> {
    let length = OPEN.len();
    let with = |name, lines: &str| answers(name, with_lines(lines, OPEN));
    vec![
        with(
            "announces ten bytes too many",
            &format!("Content-Length: {}", length + 10),
        ),
        answers_and_closes(
            "ends ten bytes too early",
            with_lines(&format!("Content-Length: {}", length + 10), OPEN),
        ),
        with(
            "announces ten bytes too few",
            &format!("Content-Length: {}", length - 10),
        ),
        with("has a negative length", "Content-Length: -1"),
        with(
            "has a length with a sign",
            &format!("Content-Length: +{length}"),
        ),
        with(
            "has a length beyond 64 bits",
            "Content-Length: 18446744073709551616",
        ),
        with(
            "has a length of 63 bits",
            "Content-Length: 9223372036854775807",
        ),
        with(
            "has two lengths",
            &format!("Content-Length: {length}\r\nContent-Length: 3"),
        ),
        with(
            "has a length and chunks",
            &format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        ),
        with(
            "announces chunks but sends none",
            "Transfer-Encoding: chunked",
        ),
        with(
            "has an unknown transfer encoding",
            "Transfer-Encoding: shuffled",
        ),
        with("names chunked twice", "Transfer-Encoding: chunked, chunked"),
    ]
}

fn chunks() -> Vec<Kind> {
    let chunked = |name, body: &str| answers(name, with_lines("Transfer-Encoding: chunked", body));
    let length = OPEN.len();
    vec![
        chunked(
            "has a chunk size beyond 64 bits",
            &format!("fffffffffffffffff\r\n{OPEN}\r\n0\r\n\r\n"),
        ),
        chunked(
            "has a chunk size of 64 bits",
            &format!("ffffffffffffffff\r\n{OPEN}\r\n0\r\n\r\n"),
        ),
        chunked(
            "has a chunk longer than its size",
            &format!("3\r\n{OPEN}\r\n0\r\n\r\n"),
        ),
        chunked("has no last chunk", &format!("{length:x}\r\n{OPEN}\r\n")),
        chunked(
            "has a long chunk extension",
            &format!("{length:x};{}\r\n{OPEN}\r\n0\r\n\r\n", "x".repeat(100_000)),
        ),
        chunked(
            "has a hundred thousand zeros before a size",
            &format!("{}{length:x}\r\n{OPEN}\r\n0\r\n\r\n", "0".repeat(100_000)),
        ),
        kind(
            "has chunks of one byte without end",
            Stage::Response(Request::PollingHandshake),
            vec![
                Act::Bytes(with_lines("Transfer-Encoding: chunked", "").into_bytes()),
                Act::Forever(b"1\r\nx\r\n".to_vec()),
            ],
        )
        .floods(),
    ]
}

fn headers() -> Vec<Kind> {
    let many: String = (0..20_000)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    vec![
        heads("has 20,000 header lines", many),
        heads("has a header without a colon", "what is this\r\n"),
        heads("has a space before a colon", "X-Y : z\r\n"),
        heads("has a header with a zero byte", "X: a\0b\r\n"),
        heads(
            "has a header in Latin-1 and emoji, which is legal",
            "X: café 😀\r\n",
        ),
        heads("has line feeds only", "X: a\nY: b\n"),
        heads("has a carriage return alone", "X: a\rY: b\r\n"),
        heads(
            "sets a cookie that splits requests",
            "Set-Cookie: a=b\tc; Path=/\r\nSet-Cookie: =\r\nSet-Cookie: ;;;\r\n",
        ),
    ]
}

fn bodies() -> Vec<Kind> {
    let encoded = |name, coding: &str, body: &[u8]| {
        let head = with_lines(
            &format!(
                "Content-Encoding: {coding}\r\nContent-Length: {}",
                body.len()
            ),
            "",
        );
        answers(name, [head.as_bytes(), body].concat())
    };
    let bomb = super::compression::gzip(&vec![b'x'; 200 << 20]);
    let whole = super::compression::gzip(OPEN.as_bytes());
    vec![
        encoded("claims gzip for plain text", "gzip", OPEN.as_bytes()),
        encoded("has half a gzip body", "gzip", &whole[..whole.len() / 2]),
        encoded("has twenty codings", &"gzip, ".repeat(20), &whole),
        encoded("has a gzip bomb", "gzip", &bomb),
        kind(
            "has a body of 30 MB",
            Stage::Response(Request::PollingHandshake),
            vec![
                Act::Bytes(with_lines(&format!("Content-Length: {}", 30 << 20), "").into_bytes()),
                Act::Repeat(b"0123456789abcdef".to_vec(), (30 << 20) / 16),
            ],
        ),
    ]
}

/// Returns all kinds of this module.
pub(super) fn all() -> Vec<Kind> {
    [statuses(), lengths(), chunks(), headers(), bodies()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_statuses() {
    check(statuses()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_lengths_and_chunks() {
    check([lengths(), chunks()].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_with_wrong_headers_and_bodies() {
    check([headers(), bodies()].concat()).await;
}
