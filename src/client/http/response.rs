//! Reads a response from a link (RFC 9112 sections 2 to 7).

use bytes::{Bytes, BytesMut};
use memchr::memmem;

use super::{
    HttpResponse,
    coding::{CodingError, remove_codings},
};
use crate::client::{
    Bounds, ConnectFailure,
    link::{Link, Progress},
    wait::Wait,
};

/// The limit on interim responses (1xx) that the client skips before the final response.
const INTERIM: usize = 8;

/// The longest line with a chunk size, including extensions, in bytes.
const CHUNK_LINE: usize = 4 << 10;

/// Whether the response may have a body, which depends on the request's method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::client) enum Body {
    /// The response may have a body: every method except HEAD.
    Expected,
    /// The response has no body, because the method is HEAD.
    None,
}

/// Whether the connection can carry another request after this response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::client) enum Reuse {
    /// The connection is closed, or the server announced that it will close.
    No,
    /// The response ended where its headers or chunks say, so the connection can carry another request. The inbox holds
    /// what the server has sent after the response.
    Yes,
}

/// How the end of a body is determined (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Framing {
    Chunked,
    Empty,
    Length(usize),
    UntilEof,
}

/// Reads one response. A 101 response has an empty body; the bytes after it stay in the inbox.
///
/// Returns an error response even if its body is cut short or does not match its framing, because the status is what
/// the caller needs.
pub(in crate::client) async fn read_response(
    link: &mut Link,
    wait: Wait,
    bounds: Bounds,
    body: Body,
) -> Result<(HttpResponse, Reuse), ConnectFailure> {
    let mut interim = 0;
    let (mut response, version) = loop {
        let head = read_head(link, wait, bounds.head).await?;
        match head.0.status {
            // A server ignores the header Upgrade of an HTTP/1.0 request, so no answer in HTTP/1.0 switches protocols
            // (RFC 9110 section 7.8).
            101 if head.1 == 0 => return Err(wait.not_http(b"HTTP/1.0 101")),
            101 => return Ok((head.0, Reuse::No)),
            100..=199 if interim < INTERIM => interim += 1,
            100..=199 => return Err(too_many_interim(wait, interim + 1, head.0.status)),
            _ => break head,
        }
    };
    let framing = framing(&response, body, wait)?;
    let mut reader = BodyReader {
        link,
        wait: wait.then("rest of the HTTP response"),
        limit: bounds.message,
        body: BytesMut::new(),
    };
    match reader.read(framing).await {
        Ok(()) => {}
        Err(_) if response.status >= 400 => {
            response.body = reader.body.freeze();
            return Ok((response, Reuse::No));
        }
        Err(failure) => return Err(failure),
    }
    let coded = reader.body.freeze();
    // The link no longer holds the body, so its memory counts as 0 bytes again. Counting less memory never fails.
    let _ = link.hold(0);
    response.body = match remove_codings(&response, coded.clone(), bounds.message) {
        Ok(body) => body,
        Err(CodingError::TooLarge) => {
            return Err(ConnectFailure::TooLarge {
                what: "HTTP response body",
                limit: bounds.message,
            });
        }
        Err(CodingError::Broken) => {
            let wait = wait.then("HTTP body in the coding that Content-Encoding names");
            return Err(wait.not_http(&coded));
        }
    };
    let closes = response
        .list("connection")
        .any(|option| option.eq_ignore_ascii_case("close"));
    let reuse = if version == 1 && !closes && framing != Framing::UntilEof {
        Reuse::Yes
    } else {
        Reuse::No
    };
    Ok((response, reuse))
}

/// Returns the failure of a response before which the server sent too many interim responses. `last` is the status of
/// the last of these `count` responses.
fn too_many_interim(wait: Wait, count: usize, last: u16) -> ConnectFailure {
    ConnectFailure::NotHttp {
        awaited: wait.awaited(),
        came: format!(
            "{count} interim responses (1xx) without a final response, the last with status {last}"
        ),
    }
}

/// Reads the head of a response: the status line and the headers. Also returns the minor version of HTTP: 1 for
/// HTTP/1.1.
async fn read_head(
    link: &mut Link,
    wait: Wait,
    limit: usize,
) -> Result<(HttpResponse, u8), ConnectFailure> {
    let mut searched = 0;
    loop {
        if !could_be_http(&link.inbox) {
            return Err(wait.not_http(&link.inbox));
        }
        if let Some(end) = head_end(&link.inbox, searched)
            && end <= limit
        {
            let head = link.inbox.split_to(end);
            return parse_head(&head).ok_or_else(|| wait.not_http(&head));
        }
        if link.inbox.len() > limit {
            return Err(ConnectFailure::TooLarge {
                what: "HTTP response head",
                limit,
            });
        }
        // The empty line that ends the head may be split over two reads, so search the last three bytes again.
        searched = link.inbox.len().saturating_sub(3);
        wait.more(link).await?;
    }
}

/// Returns true if `bytes` are the start of an HTTP response, or too few bytes to exclude one.
fn could_be_http(bytes: &[u8]) -> bool {
    b"HTTP/1."
        .iter()
        .zip(bytes)
        .all(|(expected, found)| expected == found)
}

/// Returns the position after the empty line that ends the head. The search begins at `searched`. A lone LF also ends
/// a line (RFC 9112 section 2.2).
fn head_end(bytes: &[u8], searched: usize) -> Option<usize> {
    let tail = bytes.get(searched..)?;
    let strict = memmem::find(tail, b"\n\r\n").map(|at| searched + at + 3);
    let bare = memmem::find(tail, b"\n\n").map(|at| searched + at + 2);
    match (strict, bare) {
        (Some(strict), Some(bare)) => Some(strict.min(bare)),
        (strict, bare) => strict.or(bare),
    }
}

fn parse_head(head: &[u8]) -> Option<(HttpResponse, u8)> {
    // Each header takes a line, so the number of lines bounds the number of headers.
    let lines = memchr::memchr_iter(b'\n', head).count();
    let mut headers = vec![httparse::EMPTY_HEADER; lines];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) | Err(_) => return None,
    }
    // A status below 100 does not exist (RFC 9110 section 15); httparse takes any three digits.
    let status = parsed.code.filter(|status| *status >= 100)?;
    let response = HttpResponse {
        status,
        headers: parsed
            .headers
            .iter()
            .map(|header| {
                (
                    header.name.to_ascii_lowercase(),
                    String::from_utf8_lossy(header.value).into_owned(),
                )
            })
            .collect(),
        body: Bytes::new(),
    };
    Some((response, parsed.version?))
}

fn framing(response: &HttpResponse, body: Body, wait: Wait) -> Result<Framing, ConnectFailure> {
    if body == Body::None || matches!(response.status, 204 | 304) {
        return Ok(Framing::Empty);
    }
    let mut codings = response.list("transfer-encoding");
    if let Some(coding) = codings.next() {
        let is_chunked = coding.eq_ignore_ascii_case("chunked");
        if !is_chunked || codings.next().is_some() {
            let wait = wait.then("Transfer-Encoding that is `chunked`");
            return Err(wait.not_http(coding.as_bytes()));
        }
        return Ok(Framing::Chunked);
    }
    // The header may repeat the same length (RFC 9110 section 8.6).
    let Some(first) = response.header("content-length") else {
        return Ok(Framing::UntilEof);
    };
    let mut lengths = response.list("content-length");
    let length = lengths.next().unwrap_or_default();
    if lengths.any(|other| other != length) {
        let wait = wait.then("one Content-Length");
        let all: Vec<_> = response.list("content-length").collect();
        return Err(wait.not_http(all.join(", ").as_bytes()));
    }
    content_length(length).map(Framing::Length).ok_or_else(|| {
        wait.then("Content-Length that is a number")
            .not_http(first.as_bytes())
    })
}

/// Parses the value of a Content-Length, which consists of digits only (RFC 9110 section 8.6).
fn content_length(value: &str) -> Option<usize> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| value.parse().ok())?
}

struct BodyReader<'a> {
    link: &'a mut Link,
    wait: Wait,
    limit: usize,
    body: BytesMut,
}

impl BodyReader<'_> {
    async fn read(&mut self, framing: Framing) -> Result<(), ConnectFailure> {
        match framing {
            Framing::Chunked => self.chunks().await,
            Framing::Empty => Ok(()),
            Framing::Length(length) => self.exactly(length).await,
            Framing::UntilEof => self.until_eof().await,
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<(), ConnectFailure> {
        if length > self.limit.saturating_sub(self.body.len()) {
            return Err(self.too_large());
        }
        let mut missing = length;
        loop {
            let here = missing.min(self.link.inbox.len());
            let piece = self.link.inbox.split_to(here);
            self.append(piece)?;
            missing -= here;
            if missing == 0 {
                return Ok(());
            }
            self.more().await?;
        }
    }

    async fn until_eof(&mut self) -> Result<(), ConnectFailure> {
        loop {
            let piece = self.link.inbox.split();
            if piece.len() > self.limit.saturating_sub(self.body.len()) {
                return Err(self.too_large());
            }
            self.append(piece)?;
            if self.wait.progress(self.link).await? == Progress::Eof {
                return Ok(());
            }
        }
    }

    async fn chunks(&mut self) -> Result<(), ConnectFailure> {
        loop {
            let line = self.line().await?;
            let Some(size) = chunk_size(&line) else {
                return Err(self.wait.then("size of a chunk").not_http(&line));
            };
            if size == 0 {
                break;
            }
            self.exactly(size).await?;
            let end = self.line().await?;
            if !end.is_empty() {
                return Err(self.wait.then("end of a chunk").not_http(&end));
            }
        }
        // Reads and drops the trailers (RFC 9112 section 7.1.2).
        for _ in 0..CHUNK_LINE {
            if self.line().await?.is_empty() {
                return Ok(());
            }
        }
        Err(ConnectFailure::TooLarge {
            what: "trailer section",
            limit: CHUNK_LINE,
        })
    }

    /// Reads the next line and removes its line end.
    async fn line(&mut self) -> Result<BytesMut, ConnectFailure> {
        let mut searched = 0;
        loop {
            let tail = self.link.inbox.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', tail) {
                let mut line = self.link.inbox.split_to(searched + at + 1);
                line.truncate(line.len() - 1);
                if line.last() == Some(&b'\r') {
                    line.truncate(line.len() - 1);
                }
                return Ok(line);
            }
            searched = self.link.inbox.len();
            if searched > CHUNK_LINE {
                return Err(ConnectFailure::TooLarge {
                    what: "line of a chunked body",
                    limit: CHUNK_LINE,
                });
            }
            self.more().await?;
        }
    }

    fn append(&mut self, piece: BytesMut) -> Result<(), ConnectFailure> {
        if self.body.is_empty() {
            self.body = piece;
        } else {
            self.body.extend_from_slice(&piece);
        }
        self.link
            .hold(self.body.len())
            .map_err(|over| ConnectFailure::TooMuch { limit: over.into() })
    }

    async fn more(&mut self) -> Result<(), ConnectFailure> {
        match self.wait.progress(self.link).await? {
            Progress::Eof => Err(self.wait.ended(&self.body)),
            Progress::Received | Progress::Sent => Ok(()),
        }
    }

    fn too_large(&self) -> ConnectFailure {
        ConnectFailure::TooLarge {
            what: "HTTP response body",
            limit: self.limit,
        }
    }
}

/// Parses the size at the start of a chunk's first line (RFC 9112 section 7.1).
fn chunk_size(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?;
    let digits = line.split(';').next()?.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    usize::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_end_at_the_first_empty_line() {
        assert_eq!(head_end(b"a\r\n\r\nb\n\n", 0), Some(5));
        assert_eq!(head_end(b"a\n\nb\r\n\r\n", 0), Some(3));
        assert_eq!(head_end(b"a\r\n\r", 0), None);
        assert_eq!(head_end(b"a\r\n\r\n", 2), Some(5));
    }

    #[test]
    fn a_status_is_at_least_100() {
        assert!(parse_head(b"HTTP/1.1 099 Odd\r\n\r\n").is_none());
        let (response, _) = parse_head(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        assert_eq!(response.status, 100);
    }

    #[test]
    fn chunk_sizes_are_hex_and_nothing_else() {
        assert_eq!(chunk_size(b"1f;x=y"), Some(31));
        assert_eq!(chunk_size(b"+1"), None);
        assert_eq!(chunk_size(b""), None);
        assert_eq!(chunk_size(b"ffffffffffffffffff"), None);
    }

    #[test]
    fn lengths_are_digits_and_nothing_else() {
        assert_eq!(content_length("095"), Some(95));
        for value in ["", "+95", "-1", "0x10", "9 5", "18446744073709551616"] {
            assert_eq!(content_length(value), None, "{value}");
        }
    }

    #[test]
    fn only_beginnings_of_http_1_may_become_http() {
        assert!(could_be_http(b""));
        assert!(could_be_http(b"HTT"));
        assert!(could_be_http(b"HTTP/1.0 200"));
        assert!(!could_be_http(b"HTTP/2"));
        assert!(!could_be_http(b"\x15\x03\x01"));
    }

    #[test]
    fn a_head_may_have_hundreds_of_headers() {
        let head = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Y: z\r\n".repeat(500));
        let (response, version) = parse_head(head.as_bytes()).unwrap();
        assert_eq!((response.status, version), (200, 1));
        assert_eq!(response.headers.len(), 500);
        assert_eq!(response.header("x-y"), Some("z"));
    }
}
