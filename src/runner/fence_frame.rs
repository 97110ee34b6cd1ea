//! The WebSocket pings by which the runner makes fences.

use crate::wire::websocket::{Frame, OpCode};

/// The start of the payload of a fence's ping.
pub(super) const MARKER: &str = "sockspec-fence-";

/// Returns true if a frame is the ping of a fence, or its pong.
pub(super) fn is_fence(frame: &Frame) -> bool {
    matches!(frame.opcode, OpCode::Ping | OpCode::Pong)
        && frame.payload.starts_with(MARKER.as_bytes())
}
