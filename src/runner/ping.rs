//! A WebSocket ping and its pong: the round trip that every WebSocket peer owes (RFC 6455 section 5.5.2).

use bytes::Bytes;
use tokio::time::Instant;

use super::wait::{Waited, wait_in};
use crate::{
    client::{Connection, What},
    random,
    wire::websocket::{Frame, OpCode},
};

/// Pings with `marker` and waits for the pong that carries it.
pub(super) async fn ping(connection: &Connection, marker: String, deadline: Instant) -> Waited<()> {
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
