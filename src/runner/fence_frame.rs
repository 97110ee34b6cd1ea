//! The WebSocket pings of fences. A fence is a round trip that proves that everything sent before has arrived.

use crate::wire::websocket::{Frame, OpCode};

/// The start of a ping's payload by which the runner recognises its own pings.
pub(super) const MARKER: &str = "sockspec-fence-";

/// Returns true if a frame is a ping that the runner itself sent for a fence, or the pong of such a ping.
pub(super) fn is_fence(frame: &Frame) -> bool {
    matches!(frame.opcode, OpCode::Ping | OpCode::Pong)
        && frame.payload.starts_with(MARKER.as_bytes())
}
