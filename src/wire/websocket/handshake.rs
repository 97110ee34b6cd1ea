//! The opening handshake (RFC 6455 sections 4.1 and 4.2).

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use bytes::{Buf, Bytes, BytesMut};
use sha1::{Digest, Sha1};

use super::{DeflateOffer, Extension};

/// The text that a server appends to the client's `Sec-WebSocket-Key` before hashing (RFC 6455 section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The largest number of headers in a response.
const MAX_HEADERS: usize = 128;

/// A client's upgrade request. [`HandshakeRequest::encode`] writes exactly the headers in `headers` and adds none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandshakeRequest {
    /// The request target: path and query.
    pub target: String,
    /// All header names and values in order, including `Host`.
    pub headers: Vec<(String, String)>,
}

/// The server's response to an upgrade request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandshakeResponse {
    /// The HTTP status code.
    pub status: u16,
    /// Header names in lower case, with their values, in the order of the response.
    pub headers: Vec<(String, String)>,
    /// The body of a response other than 101. [`HandshakeResponse::decode`] leaves the body in the buffer.
    pub body: Bytes,
}

/// The reason why a server's response does not complete the opening handshake (RFC 6455 section 4.1).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// `Sec-WebSocket-Accept` is not the digest of the key.
    #[error("Sec-WebSocket-Accept is {}, the key demands {expected:?}", value(.found))]
    AcceptKey {
        /// The value of the header; `None` if the header is missing.
        found: Option<String>,
        /// The right value of the header for the `Sec-WebSocket-Key` of the request.
        expected: String,
    },
    /// The response selects an extension that the client did not offer.
    #[error("Sec-WebSocket-Extensions names {found:?}, which was not offered")]
    Extension {
        /// The value of the header in the response.
        found: String,
    },
    /// The response selects an extension with parameters that are wrong or don't fit the client's offer (RFC 7692
    /// section 7).
    #[error("Sec-WebSocket-Extensions is {found:?}, which doesn't fit the offer {offered:?}")]
    ExtensionParameters {
        /// The value of the header in the response.
        found: String,
        /// The extensions that the client offered.
        offered: String,
    },
    /// The head of the response (status line and headers) is larger than the limit, or has too many headers.
    #[error("response headers exceed {limit} bytes")]
    HeadersTooLarge {
        /// The size limit of the response head, in bytes.
        limit: usize,
    },
    /// A required header of the response is missing or wrong.
    #[error("header {name} is {} instead of {expected:?}", value(.found))]
    Header {
        /// The name of the missing or wrong header.
        name: &'static str,
        /// The value of the header; `None` if the header is missing.
        found: Option<String>,
        /// The value that RFC 6455 requires of the header.
        expected: &'static str,
    },
    /// The received bytes are not an HTTP/1.1 response.
    #[error("response is not HTTP/1.1: {detail}")]
    NotHttp {
        /// What is wrong with the response.
        detail: String,
    },
    /// The response has another status than 101.
    #[error("status {status} instead of 101")]
    Status {
        /// The status code that the server sent.
        status: u16,
    },
    /// The response selects a subprotocol that the client did not offer.
    #[error("Sec-WebSocket-Protocol names {found:?}, which was not offered")]
    Subprotocol {
        /// The value of the header `Sec-WebSocket-Protocol` in the response.
        found: String,
    },
}

/// Returns the value of a header for messages.
fn value(found: &Option<String>) -> String {
    found
        .as_ref()
        .map_or_else(|| "missing".to_owned(), |found| format!("{found:?}"))
}

/// Returns the right `Sec-WebSocket-Accept` for a key: `base64(SHA-1(key + GUID))` (RFC 6455 section 4.2.2, item
/// 5.4).
pub fn accept_key(key: &str) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    BASE64.encode(digest)
}

impl HandshakeRequest {
    /// Creates a legal request for `host` with the key `key`.
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

    /// Returns the value of the header `name`; the name is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the encoded request.
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
    /// Removes the head of a response from the start of `buffer`. Returns `None` if more bytes are needed.
    ///
    /// # Errors
    ///
    /// Fails if the response is not HTTP or its head has more than `max_head` bytes.
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
        // A status below 100 does not exist (RFC 9110 section 15); httparse takes any three digits.
        if status < 100 {
            return Err(HandshakeError::NotHttp {
                detail: format!("the status {status:03}"),
            });
        }
        // Only a 101 response has to be HTTP/1.1 (RFC 6455 section 4.2.2, item 5.1).
        if status == 101 && response.version != Some(1) {
            return Err(HandshakeError::NotHttp {
                detail: "HTTP/1.0 can't switch protocols".to_owned(),
            });
        }
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

    /// Returns the value of the header `name`, which has to be in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Checks that the response accepts `request`.
    ///
    /// # Errors
    ///
    /// Returns the first rule of RFC 6455 section 4.1 that the response breaks.
    pub fn verify(&self, request: &HandshakeRequest) -> Result<(), HandshakeError> {
        if self.status != 101 {
            return Err(HandshakeError::Status {
                status: self.status,
            });
        }
        self.verify_upgrade()?;
        self.verify_key(request.header("sec-websocket-key").unwrap_or_default())?;
        self.verify_extensions(&joined(&request.headers, "sec-websocket-extensions"))?;
        self.verify_subprotocol(&joined(&request.headers, "sec-websocket-protocol"))
    }

    fn verify_upgrade(&self) -> Result<(), HandshakeError> {
        let upgrade = joined(&self.headers, "upgrade");
        let connection = joined(&self.headers, "connection");
        let checks = [
            // The header `Upgrade` has to be exactly `websocket`; the header `Connection` is a list that has to contain
            // `upgrade`.
            (
                "upgrade",
                "websocket",
                upgrade.eq_ignore_ascii_case("websocket"),
            ),
            ("connection", "upgrade", has_token(&connection, "upgrade")),
        ];
        for (name, expected, right) in checks {
            if !right {
                return Err(HandshakeError::Header {
                    name,
                    found: self.header(name).map(str::to_owned),
                    expected,
                });
            }
        }
        Ok(())
    }

    fn verify_key(&self, key: &str) -> Result<(), HandshakeError> {
        let expected = accept_key(key);
        let found = joined(&self.headers, "sec-websocket-accept");
        if found == expected {
            return Ok(());
        }
        Err(HandshakeError::AcceptKey {
            found: self.header("sec-websocket-accept").map(|_| found),
            expected,
        })
    }

    fn verify_extensions(&self, offered: &str) -> Result<(), HandshakeError> {
        if self.header("sec-websocket-extensions").is_none() {
            return Ok(());
        }
        let found = joined(&self.headers, "sec-websocket-extensions");
        let offers = Extension::parse_list(offered).unwrap_or_default();
        let wrong_parameters = || HandshakeError::ExtensionParameters {
            found: found.clone(),
            offered: offered.to_owned(),
        };
        let answers = Extension::parse_list(&found).ok_or_else(wrong_parameters)?;
        if let Some(unoffered) = answers
            .iter()
            .find(|answer| offers.iter().all(|offer| offer.name != answer.name))
        {
            return Err(HandshakeError::Extension {
                found: unoffered.name.clone(),
            });
        }
        let mut deflates = answers
            .iter()
            .filter(|answer| answer.name == DeflateOffer::NAME);
        let Some(deflate) = deflates.next() else {
            return Ok(());
        };
        let fits = DeflateOffer::from_extension(deflate).is_some_and(|answer| {
            let mut offers = offers.iter().filter_map(DeflateOffer::from_extension);
            offers.any(|offer| offer.permits(&answer))
        });
        if fits && deflates.next().is_none() {
            Ok(())
        } else {
            Err(wrong_parameters())
        }
    }

    fn verify_subprotocol(&self, offered: &str) -> Result<(), HandshakeError> {
        if self.header("sec-websocket-protocol").is_none() {
            return Ok(());
        }
        // If a server sends the header twice, the joined value `a, b` matches no offered name, so the response is
        // refused (RFC 6455 section 11.3.4).
        let found = joined(&self.headers, "sec-websocket-protocol");
        if !found.is_empty() && offered.split(',').any(|protocol| protocol.trim() == found) {
            return Ok(());
        }
        Err(HandshakeError::Subprotocol { found })
    }
}

/// Joins all values of a header to one list (RFC 7230 section 3.2.2).
fn joined(headers: &[(String, String)], name: &str) -> String {
    let values: Vec<_> = headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect();
    values.join(", ")
}

/// Returns true if a comma-separated header value holds a token; case is ignored.
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
    fn a_response_that_no_http_client_can_read_is_not_http() {
        for head in ["HTTP/1.1 099 Odd\r\n\r\n", "HTTP/1.0 101 Up\r\n\r\n"] {
            let decoded = HandshakeResponse::decode(&mut BytesMut::from(head), 1_000);
            assert!(
                matches!(decoded, Err(HandshakeError::NotHttp { .. })),
                "{head}"
            );
        }
    }

    #[test]
    fn accept_key_of_rfc_6455_section_1_3() {
        assert_eq!(accept_key(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_legal_response_passes_and_each_illegal_one_has_its_own_error() {
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
        let mut offering = request.clone();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        offering.headers.extend([
            header("Sec-WebSocket-Extensions", "x-old"),
            header(
                "Sec-WebSocket-Extensions",
                "permessage-deflate; client_max_window_bits",
            ),
            header("Sec-WebSocket-Protocol", "chat, superchat"),
        ]);
        for right in [
            "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            "Sec-WebSocket-Extensions: x-old, permessage-deflate; client_max_window_bits=9\r\n",
            "Sec-WebSocket-Protocol: superchat\r\n",
            "Connection: close\r\n",
        ] {
            assert_eq!(answer(right).verify(&offering), Ok(()), "{right}");
        }
        for wrong in [
            "Sec-WebSocket-Extensions: \r\n",
            "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
            "Sec-WebSocket-Extensions: permessage-deflate; unknown\r\n",
        ] {
            assert!(
                matches!(
                    answer(wrong).verify(&offering),
                    Err(HandshakeError::ExtensionParameters { .. })
                ),
                "{wrong}"
            );
        }
        assert_eq!(
            answer("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat\r\n")
                .verify(&offering),
            Err(HandshakeError::Subprotocol {
                found: "chat, superchat".to_owned()
            })
        );
        assert!(matches!(
            answer("Upgrade: h2c\r\n").verify(&request),
            Err(HandshakeError::Header {
                name: "upgrade",
                ..
            })
        ));
        let duplicate = answer("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
        assert!(matches!(
            duplicate.verify(&request),
            Err(HandshakeError::AcceptKey { .. })
        ));
    }

    #[test]
    fn other_protocols_are_refused_and_the_head_is_limited() {
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
