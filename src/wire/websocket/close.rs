//! Close frames' payloads (RFC 6455 sections 5.5.1 and 7.4).

use bytes::Bytes;

use super::PeerMisbehaved;

/// A close code as the peer sent it (RFC 6455 section 7.4).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Whether this code may stand in a close frame: 1000–1003, 1007–1014, 3000–4999.
    pub fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// What a close frame says; both parts may be missing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CloseReason {
    /// The code; an empty payload has none.
    pub code: Option<CloseCode>,
    /// The text after the code.
    pub reason: String,
}

impl CloseReason {
    /// Reads the payload of a close frame.
    ///
    /// # Errors
    ///
    /// One byte only, a code that must not be sent, or a reason that is not UTF-8.
    pub fn decode(payload: &[u8]) -> Result<Self, PeerMisbehaved> {
        let _ = payload;
        todo!()
    }

    /// The payload of a close frame.
    pub fn encode(&self) -> Bytes {
        todo!()
    }
}
