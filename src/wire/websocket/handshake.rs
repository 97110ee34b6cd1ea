//! The opening handshake (RFC 6455 sections 4.1 and 4.2).

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::{Buf, Bytes, BytesMut};
use sha1::{Digest, Sha1};

/// What a server appends to the key before hashing (RFC 6455 section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Header fields of one response.
const MAX_HEADERS: usize = 128;

/// A client's upgrade request, as it is to be written; nothing is added to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandshakeRequest {
    /// The request target: path and query.
    pub target: String,
    /// Header names and values, in order; `Host` and all the rest included.
    pub headers: Vec<(String, String)>,
}

/// The server's answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandshakeResponse {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, and values, in the order received.
    pub headers: Vec<(String, String)>,
    /// What of the body had arrived where the status is not 101.
    pub body: Bytes,
}

/// Why an answer is no right handshake (RFC 6455 section 4.1).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// `Sec-WebSocket-Accept` is not the digest of the key.
    #[error("Sec-WebSocket-Accept is {found:?}, the key demands {expected:?}")]
    AcceptKey {
        /// What the header holds, if it is there.
        found: Option<String>,
        /// What it should hold.
        expected: String,
    },
    /// An extension that the client did not offer.
    #[error("Sec-WebSocket-Extensions names {found:?}, which was not offered")]
    Extension {
        /// The header's value.
        found: String,
    },
    /// The header block is larger than the limit.
    #[error("response headers exceed {limit} bytes")]
    HeadersTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A header that the answer must have is missing or wrong.
    #[error("header {name} is {found:?} instead of {expected:?}")]
    Header {
        /// The header's name.
        name: &'static str,
        /// What the header holds, if it is there.
        found: Option<String>,
        /// What it should hold.
        expected: &'static str,
    },
    /// What came is not HTTP.
    #[error("response is not HTTP/1.1: {detail}")]
    NotHttp {
        /// What is wrong with it.
        detail: String,
    },
    /// The status is not 101.
    #[error("status {status} instead of 101")]
    Status {
        /// The status received.
        status: u16,
    },
    /// A subprotocol that the client did not offer.
    #[error("Sec-WebSocket-Protocol names {found:?}, which was not offered")]
    Subprotocol {
        /// The header's value.
        found: String,
    },
}

/// `base64(SHA-1(key + GUID))` (RFC 6455 section 4.2.2, item 5.4).
pub fn accept_key(key: &str) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    BASE64.encode(digest)
}

impl HandshakeRequest {
    /// A right request for `host` with a fresh key, to which more headers can be added.
    pub fn new(host: &str, target: &str, key: &str) -> Self {
        let headers = [
            ("Host", host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", "13"),
        ];
        Self {
            target: target.to_owned(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// The value of the header `name`, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The bytes of the request.
    pub fn encode(&self) -> Bytes {
        let mut out = format!("GET {} HTTP/1.1\r\n", self.target);
        for (name, value) in &self.headers {
            out.push_str(name);
            out.push_str(": ");
            out.push_str(value);
            out.push_str("\r\n");
        }
        out.push_str("\r\n");
        Bytes::from(out)
    }
}

impl HandshakeResponse {
    /// Takes a response's head off the front of `buffer`; `None` where more bytes are needed.
    ///
    /// # Errors
    ///
    /// Not HTTP, or more than `max_head` bytes of it.
    pub fn decode(buffer: &mut BytesMut, max_head: usize) -> Result<Option<Self>, HandshakeError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let too_large = HandshakeError::HeadersTooLarge { limit: max_head };
        let head = match response.parse(buffer) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) if buffer.len() > max_head => return Err(too_large),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(too_large),
            Err(error) => {
                return Err(HandshakeError::NotHttp {
                    detail: error.to_string(),
                });
            }
        };
        if head > max_head {
            return Err(too_large);
        }
        let status = response.code.unwrap_or_default();
        let headers = response
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).trim().to_owned();
                (header.name.to_ascii_lowercase(), value)
            })
            .collect();
        buffer.advance(head);
        Ok(Some(Self {
            status,
            headers,
            body: Bytes::new(),
        }))
    }

    /// The value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Holds a 101 against what `request` asked for.
    ///
    /// # Errors
    ///
    /// The first rule of RFC 6455 section 4.1 that the answer breaks.
    pub fn verify(&self, request: &HandshakeRequest) -> Result<(), HandshakeError> {
        if self.status != 101 {
            return Err(HandshakeError::Status {
                status: self.status,
            });
        }
        for (name, expected) in [("upgrade", "websocket"), ("connection", "upgrade")] {
            let found = self.header(name);
            if !found.is_some_and(|value| has_token(value, expected)) {
                return Err(HandshakeError::Header {
                    name,
                    found: found.map(str::to_owned),
                    expected,
                });
            }
        }
        let expected = accept_key(request.header("sec-websocket-key").unwrap_or_default());
        let found: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| name == "sec-websocket-accept")
            .map(|(_, value)| value.clone())
            .collect();
        if found != [expected.as_str()] {
            return Err(HandshakeError::AcceptKey {
                found: (!found.is_empty()).then(|| found.join(", ")),
                expected,
            });
        }
        let offered = request
            .header("sec-websocket-extensions")
            .unwrap_or_default();
        if let Some(found) = self.header("sec-websocket-extensions") {
            let name = |element: &str| {
                element
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_ascii_lowercase()
            };
            let offers: Vec<_> = offered.split(',').map(name).collect();
            if found
                .split(',')
                .any(|element| !offers.contains(&name(element)))
            {
                return Err(HandshakeError::Extension {
                    found: found.to_owned(),
                });
            }
        }
        if let Some(found) = self.header("sec-websocket-protocol") {
            let offered = request.header("sec-websocket-protocol").unwrap_or_default();
            if !offered.split(',').any(|protocol| protocol.trim() == found) {
                return Err(HandshakeError::Subprotocol {
                    found: found.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Whether a comma-separated header value holds a token, compared without case.
fn has_token(value: &str, token: &str) -> bool {
    value
        .split(',')
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn answer(extra: &str) -> HandshakeResponse {
        let text = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{extra}\r\nrest"
        );
        let mut buffer = BytesMut::from(text.as_str());
        let response = HandshakeResponse::decode(&mut buffer, 1_000)
            .unwrap()
            .unwrap();
        assert_eq!(&buffer[..], b"rest", "bytes after the head stay");
        response
    }

    #[test]
    fn accept_key_of_rfc_6455_section_1_3() {
        assert_eq!(accept_key(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_right_answer_passes_and_each_wrong_one_is_named() {
        let request = HandshakeRequest::new("localhost", "/", KEY);
        assert_eq!(answer("").verify(&request), Ok(()));
        assert!(matches!(
            answer("Sec-WebSocket-Protocol: chat\r\n").verify(&request),
            Err(HandshakeError::Subprotocol { .. })
        ));
        assert!(matches!(
            answer("Sec-WebSocket-Extensions: permessage-deflate\r\n").verify(&request),
            Err(HandshakeError::Extension { .. })
        ));
        let other = HandshakeRequest::new("localhost", "/", "AAAAAAAAAAAAAAAAAAAAAA==");
        assert!(matches!(
            answer("").verify(&other),
            Err(HandshakeError::AcceptKey { .. })
        ));
        let duplicate = answer("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
        assert!(matches!(
            duplicate.verify(&request),
            Err(HandshakeError::AcceptKey { .. })
        ));
    }

    #[test]
    fn what_is_not_http_is_refused_and_endless_heads_are_bounded() {
        let mut tls = BytesMut::from(&[0x15, 0x03, 0x01, 0x00, 0x02][..]);
        assert!(matches!(
            HandshakeResponse::decode(&mut tls, 1_000),
            Err(HandshakeError::NotHttp { .. })
        ));
        let mut endless =
            BytesMut::from(format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(2_000)).as_str());
        assert_eq!(
            HandshakeResponse::decode(&mut endless, 1_000),
            Err(HandshakeError::HeadersTooLarge { limit: 1_000 })
        );
    }
}
