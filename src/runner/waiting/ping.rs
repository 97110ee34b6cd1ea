//! A WebSocket ping and its pong: the round trip that every WebSocket peer owes (RFC 6455 section 5.5.2). The runner
//! uses it for fences, which prove that everything sent before has arrived.

use bytes::Bytes;
use tokio::time::Instant;

use super::{Waited, wait_in};
use crate::{
    client::{Connection, What},
    random,
    wire::websocket::{Frame, OpCode},
};

/// The start of a ping's payload by which the runner recognises its own pings.
pub(in crate::runner) const MARKER: &str = "sockspec-fence-";

/// Pings with `marker` and waits for the pong that carries it.
pub(in crate::runner) async fn ping(
    connection: &Connection,
    marker: String,
    deadline: Instant,
) -> Waited<()> {
    let marker = Bytes::from(marker);
    let journal = connection.journal();
    let from = journal.entries().len();
    let frame = Frame {
        fin: true,
        rsv: 0,
        opcode: OpCode::Ping,
        mask: Some(random::random()),
        payload: marker.clone(),
    };
    connection.send_frame(frame.into(), None);
    wait_in(journal, from, deadline, |_, entry| match &entry.what {
        What::Frame(frame) if frame.opcode == OpCode::Pong && frame.payload == marker => Some(()),
        _ => None,
    })
    .await
}

/// Returns true if a frame is a ping that the runner itself sent for a fence, or the pong of such a ping.
pub(in crate::runner) fn is_fence(frame: &Frame) -> bool {
    matches!(frame.opcode, OpCode::Ping | OpCode::Pong)
        && frame.payload.starts_with(MARKER.as_bytes())
}
