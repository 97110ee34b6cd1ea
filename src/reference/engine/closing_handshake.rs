//! The closing handshake of a WebSocket (RFC 6455 section 7).

use std::{io, time::Duration};

use bytes::Bytes;

use super::frame_stream::{FrameStream, Incoming, Turn};
use crate::{
    clock,
    reference::FaultSet,
    wire::websocket::{CloseCode, CloseReason, Frame, FrameError, Message, OpCode, PeerMisbehaved},
};

/// The time in which the client has to answer the server's close frame (RFC 6455 section 7.1.1).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How a WebSocket ends.
#[derive(Debug)]
pub(super) enum Finish {
    /// The server starts the closing handshake.
    Close,
    /// The client broke a rule of RFC 6455; the server closes with this code.
    Fail(CloseCode),
    /// The connection was lost, so no closing handshake is possible.
    Gone,
    /// The client sent a close frame, and the server answers it.
    Reply(CloseReason),
}

/// Returns how a connection ends after its client broke a rule: with the close code for that rule
/// (RFC 6455 section 7.4.1).
pub(super) fn fail(misbehaved: &PeerMisbehaved) -> Finish {
    Finish::Fail(CloseCode(match misbehaved {
        PeerMisbehaved::NotUtf8 | PeerMisbehaved::DeflateData => 1007,
        PeerMisbehaved::MessageTooLarge { .. }
        | PeerMisbehaved::TooManyFragments { .. }
        | PeerMisbehaved::Frame(FrameError::TooLarge { .. }) => 1009,
        _ => 1002,
    }))
}

/// Writes the queued frames and the close frame, then waits for the client's close frame (RFC 6455
/// section 7.1.1).
pub(super) async fn finish(stream: &mut FrameStream, how: Finish, faults: &FaultSet) {
    let payload = match &how {
        Finish::Gone => return,
        Finish::Close => Some(faults.close_payload()),
        Finish::Fail(code) => {
            let code = faults.alter_failure_code(*code);
            Some(Bytes::copy_from_slice(&code.0.to_be_bytes()))
        }
        Finish::Reply(reason) => faults.answer_close(stream.tamper(), reason.encode()),
    };
    if let Some(close) = payload {
        let close = Frame {
            opcode: OpCode::Close,
            ..Frame::binary(close)
        };
        stream.push_frame(close, faults);
        if let Some(frame) = faults.frame_after_close() {
            stream.push_frame(frame, faults);
        }
    }
    let farewell = async {
        stream.flush_all().await?;
        if matches!(how, Finish::Close) {
            await_close(stream).await?;
        }
        io::Result::Ok(())
    };
    // The result of the handshake does not matter: the connection ends whether the client has
    // answered, was lost, or did not answer in time.
    let _ = clock::within(CLOSE_TIMEOUT, farewell).await;
}

async fn await_close(stream: &mut FrameStream) -> io::Result<()> {
    loop {
        match stream.next() {
            Incoming::Message(Message::Close(_)) | Incoming::Misbehaved(_) => return Ok(()),
            Incoming::Message(_) => {}
            Incoming::Nothing => {
                if stream.turn().await? == Turn::Ended {
                    return Ok(());
                }
            }
        }
    }
}
