//! Recognizes requests and responses in the bytes of a connection.

use bytes::{Bytes, BytesMut};

/// What a client asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Request {
    /// A request whose response has no body because of its method.
    Head,
    /// Any other request.
    Other,
    /// A poll of a session.
    Poll,
    /// A polling request without a session, which opens a session.
    PollingHandshake,
    /// A POST to a session.
    Post,
    /// A WebSocket handshake with the id of a polling session.
    Upgrade,
    /// A WebSocket handshake without a session.
    WebSocketHandshake,
}

/// Finds the requests in what a client sends.
#[derive(Debug, Default)]
pub(super) struct Requests {
    received: Vec<u8>,
    /// Whether no further request can be recognized, because the connection switched to WebSocket or because a request
    /// has an unusual form.
    is_opaque: bool,
}

/// A response: its status and all its bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: Bytes,
    pub(super) body: Bytes,
}

impl Requests {
    /// Takes the next bytes of the client. Returns the requests that are complete.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Request> {
        if self.is_opaque {
            return Vec::new();
        }
        self.received.extend_from_slice(bytes);
        let mut found = Vec::new();
        while let Some(end) = head_end(&self.received) {
            let head = String::from_utf8_lossy(&self.received[..end]).to_lowercase();
            let Some(length) = body_length(&head) else {
                self.is_opaque = true;
                break;
            };
            if self.received.len() < end + length {
                break;
            }
            self.received.drain(..end + length);
            let request = Request::from_head(&head);
            found.push(request);
            self.is_opaque = matches!(request, Request::Upgrade | Request::WebSocketHandshake);
            if self.is_opaque {
                break;
            }
        }
        found
    }
}

impl Request {
    /// Recognizes a request by its head in lower case.
    fn from_head(head: &str) -> Self {
        let line = head.lines().next().unwrap_or_default();
        let has_session = line.contains("sid=");
        let switches = head.contains("\r\nupgrade: websocket");
        match line.split(' ').next() {
            Some("head") => Self::Head,
            Some("post") if has_session => Self::Post,
            Some("get") if switches && has_session => Self::Upgrade,
            Some("get") if switches => Self::WebSocketHandshake,
            Some("get") if line.contains("transport=polling") && has_session => Self::Poll,
            Some("get") if line.contains("transport=polling") => Self::PollingHandshake,
            _ => Self::Other,
        }
    }
}

impl Response {
    /// Takes a complete response from the front of `received`.
    pub(super) fn take(received: &mut BytesMut, request: Option<&Request>) -> Option<Self> {
        let end = head_end(received)?;
        let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let has_body = status >= 200 && request != Some(&Request::Head);
        let length = if has_body { body_length(&head)? } else { 0 };
        if received.len() < end + length {
            return None;
        }
        Some(Self {
            status,
            head: received.split_to(end).freeze(),
            body: received.split_to(length).freeze(),
        })
    }

    /// Returns the same response with another body.
    pub(super) fn with_body(&self, body: &[u8]) -> Vec<u8> {
        let head = String::from_utf8_lossy(&self.head);
        let lines = head
            .trim_end()
            .lines()
            .map(|line| match line.split_once(':') {
                Some((name, _)) if name.eq_ignore_ascii_case("content-length") => {
                    format!("{name}: {}\r\n", body.len())
                }
                _ => format!("{line}\r\n"),
            });
        let head: String = lines.collect();
        [head.as_bytes(), b"\r\n", body].concat()
    }
}

/// Returns the length of a head with its empty line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let found = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    found.map(|at| at + 4)
}

/// Returns the announced length of the body, or `None` if the body is chunked.
fn body_length(head: &str) -> Option<usize> {
    if head.contains("\r\ntransfer-encoding:") {
        return None;
    }
    let value = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    Some(value.map_or(0, |length| length.trim().parse().unwrap_or(0)))
}
