//! What one message or body may have (Engine.IO v4, "Handshake", `maxPayload`).

use super::{deflate, table::defects};
use crate::reference::FaultSet;

/// A limit that no test reaches, and memory bears.
const BOUNDLESS: u64 = 1 << 28;

defects!(Limits at 11 {
    Ignored = "max-payload-ignored": "Messages and bodies over maxPayload are accepted.";
    OffByOne = "max-payload-off-by-one": "A message or body of exactly maxPayload bytes is refused.";
    PerFrameOnly = "max-payload-per-frame-only": "maxPayload holds for frames, not for the message put together from them.";
});

/// Bytes that one body may have.
pub(in crate::reference) fn body(faults: &FaultSet, announced: u64) -> u64 {
    if faults.has(Limits::Ignored) {
        BOUNDLESS
    } else if faults.has(Limits::OffByOne) {
        announced.saturating_sub(1)
    } else {
        announced
    }
}

/// Bytes that one frame may have.
pub(in crate::reference) fn frame(faults: &FaultSet, announced: u64) -> usize {
    usize::try_from(body(faults, announced)).unwrap_or(usize::MAX)
}

/// Bytes that one message may have.
pub(in crate::reference) fn message(faults: &FaultSet, announced: u64) -> usize {
    if faults.has(Limits::PerFrameOnly) || deflate::limits_compressed_size(faults) {
        return usize::try_from(BOUNDLESS).unwrap_or(usize::MAX);
    }
    frame(faults, announced)
}
