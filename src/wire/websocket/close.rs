//! Encodes and decodes the payload of close frames (RFC 6455 sections 5.5.1 and 7.4).

use bytes::Bytes;

use super::PeerMisbehaved;

/// A close code, which can be illegal (RFC 6455 section 7.4).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Returns true if a close frame may carry this code: 1000–1003, 1007–1014 or 3000–4999.
    pub fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// The payload of a close frame.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CloseReason {
    /// The code; `None` for an empty payload.
    pub code: Option<CloseCode>,
    /// The text after the code, possibly empty.
    pub reason: String,
}

impl CloseReason {
    /// Reads the payload of a close frame.
    ///
    /// # Errors
    ///
    /// Fails for a payload of one byte, for an illegal code, and for a reason that is not UTF-8.
    pub fn decode(payload: &[u8]) -> Result<Self, PeerMisbehaved> {
        let Some((code, reason)) = payload.split_first_chunk::<2>() else {
            return if payload.is_empty() {
                Ok(Self::default())
            } else {
                Err(PeerMisbehaved::ClosePayloadOfOneByte)
            };
        };
        let code = CloseCode(u16::from_be_bytes(*code));
        if !code.is_sendable() {
            return Err(PeerMisbehaved::CloseCodeNotAllowed(code.0));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| PeerMisbehaved::NotUtf8)?;
        Ok(Self {
            code: Some(code),
            reason: reason.to_owned(),
        })
    }

    /// Encodes the code and the reason as the payload of a close frame.
    pub fn encode(&self) -> Bytes {
        let Some(code) = self.code else {
            return Bytes::new();
        };
        let mut payload = code.0.to_be_bytes().to_vec();
        payload.extend_from_slice(self.reason.as_bytes());
        Bytes::from(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let reason = CloseReason {
            code: Some(CloseCode(1000)),
            reason: "bye".to_owned(),
        };
        assert_eq!(CloseReason::decode(&reason.encode()), Ok(reason));
        assert_eq!(CloseReason::decode(b""), Ok(CloseReason::default()));
        assert_eq!(
            CloseReason::decode(b"\x03"),
            Err(PeerMisbehaved::ClosePayloadOfOneByte)
        );
        for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
            assert_eq!(
                CloseReason::decode(&code.to_be_bytes()),
                Err(PeerMisbehaved::CloseCodeNotAllowed(code))
            );
        }
        assert_eq!(
            CloseReason::decode(b"\x03\xe8\xff"),
            Err(PeerMisbehaved::NotUtf8)
        );
    }
}
