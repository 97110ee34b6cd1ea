//! permessage-deflate (RFC 7692).

use bytes::Bytes;

use super::PeerMisbehaved;

/// The parameters of one permessage-deflate offer or answer (RFC 7692 section 7.1).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeflateOffer {
    /// `server_no_context_takeover`.
    pub server_no_context_takeover: bool,
    /// `client_no_context_takeover`.
    pub client_no_context_takeover: bool,
    /// `server_max_window_bits`.
    pub server_max_window_bits: Option<u8>,
    /// `client_max_window_bits`; `Some(None)` where it stands without a value.
    pub client_max_window_bits: Option<Option<u8>>,
}

/// Both directions' compression state of one connection.
#[derive(Debug)]
pub struct Deflate {}

impl Deflate {
    /// State for the side `role` under the negotiated parameters.
    pub fn new(role: super::Role, negotiated: &DeflateOffer) -> Self {
        let _ = (role, negotiated);
        todo!()
    }

    /// Compresses one message's payload, without the trailing `00 00 ff ff`.
    pub fn compress(&mut self, payload: &[u8]) -> Bytes {
        let _ = payload;
        todo!()
    }

    /// Inflates one message's payload to at most `max_message` bytes.
    ///
    /// # Errors
    ///
    /// Data that is not deflate, or that inflates beyond the limit.
    pub fn decompress(
        &mut self,
        payload: &[u8],
        max_message: usize,
    ) -> Result<Bytes, PeerMisbehaved> {
        let _ = (payload, max_message);
        todo!()
    }
}

impl DeflateOffer {
    /// Reads the first permessage-deflate element of a `Sec-WebSocket-Extensions` value; `None` where there is none that is valid.
    pub fn parse(header: &str) -> Option<Self> {
        let _ = header;
        todo!()
    }

    /// The header's value.
    pub fn to_header(&self) -> String {
        todo!()
    }
}
