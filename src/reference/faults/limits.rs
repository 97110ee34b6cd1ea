//! Faults in the size limit on messages and bodies (Engine.IO v4, "Handshake", `maxPayload`).

use super::{deflate, topic::faults};
use crate::{reference::FaultSet, wire::websocket::DeflateOffer};

/// A limit, in bytes, that no scenario reaches and that still fits into memory.
const UNLIMITED: u64 = 1 << 28;

faults!(LimitFault {
    Ignored = "max-payload-ignored": "The server accepts messages and POST bodies that are larger than maxPayload.";
    InCharacters = "post-limit-in-characters": "The server compares maxPayload with the number of characters in a POST body, not with the number of bytes.";
    OffByOne = "max-payload-off-by-one": "The server refuses messages and POST bodies of exactly maxPayload bytes, although this size is allowed.";
    OneMore = "max-payload-one-more": "The server accepts messages and POST bodies that have one byte more than maxPayload.";
    PerFrameOnly = "max-payload-per-frame-only": "When a message has several WebSocket frames, the server applies maxPayload to each frame, not to the whole message.";
    UnannouncedUnbounded = "chunked-body-unbounded": "The server accepts POST bodies of any size if they have no Content-Length.", seen "handlers that look at Content-Length only";
});

impl FaultSet {
    /// Returns the largest size of a body. Without faults this is `announced`, the maxPayload of
    /// the open packet.
    pub(in crate::reference) fn body_limit(&self, announced: u64) -> u64 {
        if self.has(LimitFault::Ignored) {
            UNLIMITED
        } else if self.has(LimitFault::OffByOne) {
            announced.saturating_sub(1)
        } else if self.has(LimitFault::OneMore) {
            announced.saturating_add(1)
        } else {
            announced
        }
    }

    /// Returns the largest number of bytes that the server reads of a body. Without faults this is
    /// `right`, the limit on bodies.
    pub(in crate::reference) fn read_limit(&self, right: usize, announced: Option<u64>) -> usize {
        if self.has(LimitFault::UnannouncedUnbounded) && announced.is_none() {
            return usize::try_from(UNLIMITED).unwrap_or(usize::MAX);
        }
        if self.has(LimitFault::InCharacters) {
            return right.saturating_mul(4);
        }
        right
    }

    /// Returns true if the fault `post-limit-in-characters` is active and the body has more
    /// characters than `limit`.
    pub(in crate::reference) fn has_too_many_characters(&self, body: &[u8], limit: usize) -> bool {
        self.has(LimitFault::InCharacters) && String::from_utf8_lossy(body).chars().count() > limit
    }

    /// Returns the largest size of a frame. Without faults this is `announced`, the maxPayload of
    /// the open packet.
    pub(in crate::reference) fn frame_limit(&self, announced: u64) -> usize {
        usize::try_from(self.body_limit(announced)).unwrap_or(usize::MAX)
    }

    /// Returns the largest size of a message. Without faults this is `announced`, the maxPayload of
    /// the open packet.
    pub(in crate::reference) fn message_limit(
        &self,
        announced: u64,
        deflate: Option<&DeflateOffer>,
    ) -> usize {
        if self.has(LimitFault::PerFrameOnly) || deflate::limits_compressed_size(self) {
            return usize::try_from(UNLIMITED).unwrap_or(usize::MAX);
        }
        let right = self.frame_limit(announced);
        match deflate {
            Some(_) => deflate::alter_limit(self, right),
            None => right,
        }
    }
}
