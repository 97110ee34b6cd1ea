//! A plain WebSocket endpoint: no Engine.IO, every message comes back as it is.

use std::io;

use tokio::select;

use super::{
    stream::{FrameStream, Incoming, Turn},
    websocket::{Finish, fail, finish, push_frame},
};
use crate::{
    reference::{FaultSet, faults, server::Shared},
    wire::websocket::{Frame, Message},
};

/// Serves a connection from the 101 to its close frame.
pub(super) async fn run(stream: &mut FrameStream, server: &Shared) {
    let how = converse(stream, server).await.unwrap_or_else(|error| {
        faults::robustness::lost(server, &error);
        Finish::Gone
    });
    finish(stream, how, server.faults()).await;
}

async fn converse(stream: &mut FrameStream, server: &Shared) -> io::Result<Finish> {
    loop {
        loop {
            match stream.next() {
                Incoming::Message(message) => {
                    faults::deflate::message(server, &message);
                    if let Some(finish) = receive(stream, server.faults(), message) {
                        return Ok(finish);
                    }
                }
                Incoming::Misbehaved(misbehaved) => return Ok(fail(&misbehaved)),
                Incoming::Nothing => break,
            }
        }
        faults::endurance::frames(server, stream.tamper());
        stream.flush()?;
        select! {
            turn = stream.turn() => {
                if turn? == Turn::Ended {
                    return Ok(Finish::Gone);
                }
            }
            () = server.closing() => return Ok(Finish::Close),
        }
    }
}

/// Answers one message; returns how the connection ends if it does.
fn receive(stream: &mut FrameStream, faults: &FaultSet, message: Message) -> Option<Finish> {
    match message {
        Message::Text(text) => {
            let text = faults::payload::echoed(faults, text);
            stream.push_message(Frame::text(text), faults);
        }
        Message::Binary(bytes) => stream.push_message(Frame::binary(bytes), faults),
        Message::Ping(payload) => {
            if let Some(pong) = faults::websocket::pong(faults, payload) {
                push_frame(stream, faults, pong);
            }
        }
        Message::Pong(_) => {}
        Message::Close(reason) => return Some(Finish::Reply(reason)),
    }
    None
}
