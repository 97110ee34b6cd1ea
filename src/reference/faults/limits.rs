//! What one message or body may have (Engine.IO v4, "Handshake", `maxPayload`).

use super::{deflate, topic::faults};
use crate::{reference::FaultSet, wire::websocket::DeflateOffer};

/// A limit that no test reaches, and memory bears.
const BOUNDLESS: u64 = 1 << 28;

faults!(LimitFault {
    Ignored = "max-payload-ignored": "Messages and bodies over maxPayload are accepted.";
    InCharacters = "post-limit-in-characters": "The limit of a body counts its characters, not its bytes.";
    OffByOne = "max-payload-off-by-one": "A message or body of exactly maxPayload bytes is refused.";
    OneMore = "max-payload-one-more": "A message or body of one byte more than maxPayload is accepted.";
    PerFrameOnly = "max-payload-per-frame-only": "maxPayload holds for frames, not for the message put together from them.";
    UnannouncedUnbounded = "chunked-body-unbounded": "A body whose length is not announced may have any.", seen "handlers that look at Content-Length only";
});

/// Bytes that one body may have.
pub(in crate::reference) fn body(faults: &FaultSet, announced: u64) -> u64 {
    if faults.has(LimitFault::Ignored) {
        BOUNDLESS
    } else if faults.has(LimitFault::OffByOne) {
        announced.saturating_sub(1)
    } else if faults.has(LimitFault::OneMore) {
        announced.saturating_add(1)
    } else {
        announced
    }
}

/// Bytes that are read of a body, whether or not it says how many they are.
pub(in crate::reference) fn read(faults: &FaultSet, right: usize, announced: Option<u64>) -> usize {
    if faults.has(LimitFault::UnannouncedUnbounded) && announced.is_none() {
        return usize::try_from(BOUNDLESS).unwrap_or(usize::MAX);
    }
    if faults.has(LimitFault::InCharacters) {
        return right.saturating_mul(4);
    }
    right
}

/// The limit counts bytes; returns whether a body that was read has too many characters.
pub(in crate::reference) fn has_too_many_characters(
    faults: &FaultSet,
    body: &[u8],
    limit: usize,
) -> bool {
    faults.has(LimitFault::InCharacters) && String::from_utf8_lossy(body).chars().count() > limit
}

/// Bytes that one frame may have.
pub(in crate::reference) fn frame(faults: &FaultSet, announced: u64) -> usize {
    usize::try_from(body(faults, announced)).unwrap_or(usize::MAX)
}

/// Bytes that one message may have.
pub(in crate::reference) fn message(
    faults: &FaultSet,
    announced: u64,
    deflate: Option<&DeflateOffer>,
) -> usize {
    if faults.has(LimitFault::PerFrameOnly) || deflate::limits_compressed_size(faults) {
        return usize::try_from(BOUNDLESS).unwrap_or(usize::MAX);
    }
    let right = frame(faults, announced);
    match deflate {
        Some(_) => deflate::limit(faults, right),
        None => right,
    }
}
