//! The opening handshake (RFC 6455 sections 4.1 and 4.2).

use bytes::{Bytes, BytesMut};

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
    let _ = key;
    todo!()
}

impl HandshakeRequest {
    /// A right request for `host` with a fresh key, to which more headers can be added.
    pub fn new(host: &str, target: &str, key: &str) -> Self {
        let _ = (host, target, key);
        todo!()
    }

    /// The value of the header `name`, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let _ = name;
        todo!()
    }

    /// The bytes of the request.
    pub fn encode(&self) -> Bytes {
        todo!()
    }
}

impl HandshakeResponse {
    /// Takes a response's head off the front of `buffer`; `None` where more bytes are needed.
    ///
    /// # Errors
    ///
    /// Not HTTP, or more than `max_head` bytes of it.
    pub fn decode(buffer: &mut BytesMut, max_head: usize) -> Result<Option<Self>, HandshakeError> {
        let _ = (buffer, max_head);
        todo!()
    }

    /// The value of the header `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let _ = name;
        todo!()
    }

    /// Holds a 101 against what `request` asked for.
    ///
    /// # Errors
    ///
    /// The first rule of RFC 6455 section 4.1 that the answer breaks.
    pub fn verify(&self, request: &HandshakeRequest) -> Result<(), HandshakeError> {
        let _ = request;
        todo!()
    }
}
