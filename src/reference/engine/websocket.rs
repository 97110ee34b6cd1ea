//! A session on WebSocket (Engine.IO v4, "WebSocket").

use std::{
    io,
    pin::{Pin, pin},
    sync::Arc,
};

use tokio::select;

use super::{
    Ending, Outbound, Revision, Session,
    closing_handshake::{Finish, fail, finish},
    enveloped::{self, Asked},
    frame_stream::{FrameStream, Incoming, Turn},
    session::Phase,
};
use crate::wire::{
    Utf8Bytes,
    engine_io::{Packet, v3},
    websocket::Message,
};

/// Sends and receives the packets of a session on a WebSocket until the session or the connection
/// ends. Polls `timers` (the heartbeat and the connect timeout) at the same time.
pub(super) async fn run_session(
    stream: &mut FrameStream,
    session: &Arc<Session>,
    mut timers: Pin<&mut impl Future<Output = ()>>,
) {
    // If the server is dropped, it aborts this task. The task then drops this guard, and the guard
    // closes the session.
    let _guard = CloseOnDrop(session);
    let how = {
        let mut conversation = pin!(converse(stream, session));
        select! {
            biased;
            how = &mut conversation => how,
            // The timers end only when the session has ended. The exchange with the client ends
            // then too, so wait for that end.
            () = &mut timers => conversation.await,
        }
    };
    let how = how.unwrap_or_else(|error| {
        session
            .server
            .faults()
            .crash_on_reset(&session.server, &error);
        Finish::Gone
    });
    if matches!(how, Finish::Gone) {
        session.server.faults().note_lost(&session.server);
    }
    if session.faults().answers_behind_close() {
        for outbound in session.take_for_socket().0 {
            stream.push_packets(&outbound, session.revision, session.faults());
        }
    }
    session.close(match how {
        Finish::Fail(_) => Ending::TransportError,
        Finish::Close | Finish::Gone | Finish::Reply(_) => Ending::TransportClosed,
    });
    finish(stream, how, session.faults()).await;
}

struct CloseOnDrop<'a>(&'a Session);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close(Ending::TransportClosed);
    }
}

async fn converse(stream: &mut FrameStream, session: &Arc<Session>) -> io::Result<Finish> {
    let faults = session.faults();
    let mut asked = Asked::default();
    loop {
        loop {
            match stream.next() {
                Incoming::Message(message) => {
                    if let Some(finish) = receive(stream, session, &mut asked, message) {
                        return Ok(finish);
                    }
                }
                Incoming::Misbehaved(misbehaved) => return Ok(fail(&misbehaved)),
                Incoming::Nothing => break,
            }
            if !session.is_open() {
                break;
            }
        }
        session
            .server
            .faults()
            .crash_on_many_frames(&session.server, stream.tamper());
        let (waiting, ended) = session.take_for_socket();
        for outbound in faults.batch_packets(waiting) {
            match &session.server.config.envelope {
                Some(envelope) => enveloped::push(stream, session, envelope, &mut asked, &outbound),
                None => stream.push_packets(&outbound, session.revision, faults),
            }
        }
        if ended {
            return Ok(match faults.closes_without_frame() {
                true => Finish::Gone,
                false => Finish::Close,
            });
        }
        session.faults().wait_to_write(session).await;
        let is_drained = stream.flush()?;
        if is_drained {
            session.faults().note_drained(session);
        } else {
            session.faults().note_congested(session);
        }
        session.lock().congested = !is_drained;
        select! {
            biased;
            turn = stream.turn() => {
                if turn? == Turn::Ended {
                    return Ok(Finish::Gone);
                }
            }
            () = session.socket_wake.notified() => {}
        }
    }
}

impl Session {
    /// Takes the packets that wait for the WebSocket. The returned flag is true if the session has
    /// ended, so that the server has to send a close frame after these packets.
    fn take_for_socket(&self) -> (impl Iterator<Item = Arc<Outbound>> + use<>, bool) {
        let mut state = self.lock();
        (state.queue.take().into_iter(), state.phase != Phase::Open)
    }
}

/// Handles one message of the client. Returns how the connection ends if the message ends it, and
/// `None` if the connection goes on.
fn receive(
    stream: &mut FrameStream,
    session: &Arc<Session>,
    asked: &mut Asked,
    message: Message,
) -> Option<Finish> {
    if session.faults().crashes_on_empty(&message) {
        session.server.die();
    }
    match message {
        Message::Text(text) => match &session.server.config.envelope {
            Some(envelope) => enveloped::receive(session, envelope, asked, &text),
            None => receive_text(session, text),
        },
        Message::Binary(bytes) => match session.revision {
            Revision::V3 => match v3::decode_binary(bytes) {
                Ok(packet) => session.receive(packet),
                Err(_) => handle_invalid(session),
            },
            Revision::V4 => session.receive(Packet::binary(bytes)),
        },
        Message::Ping(payload) => {
            if let Some(pong) = session.faults().answer_ping(payload) {
                stream.push_frame(pong, session.faults());
            }
        }
        // A WebSocket pong has no effect: the heartbeat uses Engine.IO packets (Engine.IO v4,
        // "Heartbeat").
        Message::Pong(_) => {
            if session.faults().frame_counts_as_pong() {
                session.pulse.beat();
            }
        }
        Message::Close(reason) => return Some(Finish::Reply(reason)),
    }
    None
}

fn receive_text(session: &Arc<Session>, text: Utf8Bytes) {
    match Packet::decode_text(text) {
        Ok(packet) => {
            for packet in session.faults().split_packet(packet) {
                session.receive(packet);
            }
        }
        Err(_) => handle_invalid(session),
    }
}

fn handle_invalid(session: &Arc<Session>) {
    if !session.faults().ignores_invalid_packet() {
        session.close(Ending::ParseError);
    }
}
