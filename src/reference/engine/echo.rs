//! A plain WebSocket endpoint without Engine.IO, which echoes every message.

use std::io;

use tokio::select;

use super::{
    closing_handshake::{Finish, fail, finish},
    frame_stream::{FrameStream, Incoming, Turn},
};
use crate::{
    reference::{FaultSet, shared::Shared},
    wire::websocket::{Frame, Message},
};

/// Serves a connection from the 101 response to its close frame.
pub(super) async fn run_echo(stream: &mut FrameStream, server: &Shared) {
    let how = converse(stream, server).await.unwrap_or_else(|error| {
        server.faults().crash_on_reset(server, &error);
        Finish::Gone
    });
    finish(stream, how, server.faults()).await;
}

async fn converse(stream: &mut FrameStream, server: &Shared) -> io::Result<Finish> {
    loop {
        loop {
            match stream.next() {
                Incoming::Message(message) => {
                    if server.faults().crashes_on_empty(&message) {
                        server.die();
                    }
                    if let Some(finish) = receive(stream, server.faults(), message) {
                        return Ok(finish);
                    }
                }
                Incoming::Misbehaved(misbehaved) => return Ok(fail(&misbehaved)),
                Incoming::Nothing => break,
            }
        }
        server
            .faults()
            .crash_on_many_frames(server, stream.tamper());
        stream.flush()?;
        select! {
            biased;
            turn = stream.turn() => {
                if turn? == Turn::Ended {
                    return Ok(Finish::Gone);
                }
            }
            () = server.closing() => return Ok(Finish::Close),
        }
    }
}

/// Answers one message of the client. Returns how the connection ends if the message ends it, and
/// `None` if the connection goes on.
fn receive(stream: &mut FrameStream, faults: &FaultSet, message: Message) -> Option<Finish> {
    match message {
        Message::Text(text) => {
            let text = faults.alter_echo(text);
            stream.push_message(Frame::text(text), faults);
        }
        Message::Binary(bytes) => stream.push_message(Frame::binary(bytes), faults),
        Message::Ping(payload) => {
            if let Some(pong) = faults.answer_ping(payload) {
                stream.push_frame(pong, faults);
            }
        }
        Message::Pong(_) => {}
        Message::Close(reason) => return Some(Finish::Reply(reason)),
    }
    None
}
