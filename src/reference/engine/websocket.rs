//! The WebSocket transport (Engine.IO v4, "WebSocket").

use std::{
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::{net::TcpStream, select, time::timeout};

use super::{
    Ending, Outbound, PollForm, Probing, Revision, Session, TokenSources, TransportKind, echo,
    polling::open_packet,
    session::Phase,
    stream::{FrameStream, Incoming, Turn},
    upgrade,
};
use crate::{
    reference::{FaultSet, connection, faults, server::Shared, socket},
    wire::{
        engine_io::{Packet, v3},
        websocket::{
            CloseCode, CloseReason, DeflateOffer, Frame, FrameError, Message, OpCode,
            PeerMisbehaved,
        },
    },
};

/// How long the client may take to answer our close frame (RFC 6455 section 7.1.1).
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);

/// What a connection becomes after the 101.
#[derive(Debug)]
pub(in crate::reference) enum Upgraded {
    /// No session: messages come back as they are.
    Echo,
    /// What is written in place of frames: a defect's doing.
    Foreign(Bytes),
    /// The transport of a session that exists, if it stands the probe.
    Probe(Probing),
    /// Nothing: the session has a WebSocket already, and may have one only.
    Refused,
    /// A session of its own.
    Session {
        /// Its revision.
        revision: Revision,
        /// What its handshake carried.
        tokens: TokenSources,
    },
}

/// How a WebSocket ends.
#[derive(Debug)]
pub(super) enum Finish {
    /// The server closes.
    Close,
    /// The client breaks a rule; the code says which.
    Fail(CloseCode),
    /// There is nobody to talk to any more.
    Gone,
    /// The client closed, and is answered.
    Reply(CloseReason),
}

/// Serves a connection from the 101 to its end; `early` is what was read behind the request.
pub(in crate::reference) async fn run_websocket(
    stream: TcpStream,
    early: Bytes,
    upgraded: Upgraded,
    deflate: Option<&DeflateOffer>,
    server: &Arc<Shared>,
) {
    faults::robustness::early(server, &early);
    let mut stream = FrameStream::new(stream, early, &server.config, deflate);
    match upgraded {
        Upgraded::Echo => Box::pin(echo::run(&mut stream, server)).await,
        Upgraded::Foreign(bytes) => {
            stream.push(bytes);
            // Nobody depends on what a defect writes.
            let _ = stream.flush_all().await;
        }
        // Boxed, or else every connection would have room for what few need.
        Upgraded::Probe(probing) => Box::pin(upgrade::run(&mut stream, probing)).await,
        Upgraded::Refused => finish(&mut stream, Finish::Close, server.faults()).await,
        Upgraded::Session { revision, tokens } => {
            let session = Session::open(
                server,
                TransportKind::WebSocket,
                revision,
                PollForm::default(),
                tokens,
            );
            session.send_packet(Outbound::new(vec![open_packet(&session)]));
            if faults::revision3::joins_unasked(&session) {
                socket::connect_by_default(&session);
            }
            let clocks = pin!(Arc::clone(&session).supervise());
            carry(&mut stream, &session, clocks).await;
        }
    }
    faults::websocket::keeps_open(server.faults()).await;
    connection::linger(stream.into_inner()).await;
}

/// Carries the session's packets until it or the connection ends; `clocks` runs beside it.
pub(super) async fn carry(
    stream: &mut FrameStream,
    session: &Arc<Session>,
    mut clocks: Pin<&mut impl Future<Output = ()>>,
) {
    // A task that is dropped, because the server is, still ends its session.
    let _guard = CloseOnDrop(session);
    let how = {
        let mut conversation = pin!(converse(stream, session));
        select! {
            how = &mut conversation => how,
            // The clocks stop because the session has ended, which the conversation notices.
            () = &mut clocks => conversation.await,
        }
    };
    let how = how.unwrap_or_else(|error| {
        faults::robustness::lost(&session.server, &error);
        Finish::Gone
    });
    if matches!(how, Finish::Gone) {
        faults::endurance::lost(&session.server);
    }
    if faults::frames::answers_behind_close(session.faults()) {
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
    loop {
        loop {
            match stream.next() {
                Incoming::Message(message) => {
                    if let Some(finish) = receive(stream, session, message) {
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
        faults::endurance::frames(&session.server, stream.tamper());
        let (waiting, ended) = session.take_for_socket();
        for outbound in faults::websocket::sent(faults, waiting) {
            stream.push_packets(&outbound, session.revision, faults);
        }
        if ended {
            return Ok(Finish::Close);
        }
        faults::endurance::may_write(session).await;
        let all = stream.flush()?;
        faults::endurance::written(session, all);
        session.lock().congested = !all;
        select! {
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
    /// What waits for the WebSocket, and whether a close is to follow it.
    fn take_for_socket(&self) -> (impl Iterator<Item = Arc<Outbound>> + use<>, bool) {
        let mut state = self.lock();
        (state.queue.take().into_iter(), state.phase != Phase::Open)
    }
}

/// Takes in one message; returns how the connection ends if it does.
fn receive(stream: &mut FrameStream, session: &Arc<Session>, message: Message) -> Option<Finish> {
    faults::deflate::message(&session.server, &message);
    match message {
        Message::Text(text) => match Packet::decode_text(text) {
            Ok(packet) => {
                for packet in faults::websocket::packets(session.faults(), packet) {
                    session.receive(packet);
                }
            }
            Err(_) => invalid(session),
        },
        Message::Binary(bytes) => match session.revision {
            Revision::V3 => match v3::decode_binary(bytes) {
                Ok(packet) => session.receive(packet),
                Err(_) => invalid(session),
            },
            Revision::V4 => session.receive(Packet::binary(bytes)),
        },
        Message::Ping(payload) => {
            if let Some(pong) = faults::websocket::pong(session.faults(), payload) {
                push_frame(stream, session.faults(), pong);
            }
        }
        // The heartbeat is Engine.IO's own (Engine.IO v4, "Heartbeat"), whatever WebSocket does.
        Message::Pong(_) => {
            if faults::heartbeat::frame_counts_as_pong(session.faults()) {
                session.pulse.beat();
            }
        }
        Message::Close(reason) => return Some(Finish::Reply(reason)),
    }
    None
}

fn invalid(session: &Arc<Session>) {
    if !faults::websocket::ignores_invalid_packet(session.faults()) {
        session.close(Ending::ParseError);
    }
}

/// Fails the connection with the code of the rule broken (RFC 6455 section 7.4.1).
pub(super) fn fail(misbehaved: &PeerMisbehaved) -> Finish {
    Finish::Fail(CloseCode(match misbehaved {
        PeerMisbehaved::NotUtf8 | PeerMisbehaved::DeflateData => 1007,
        PeerMisbehaved::MessageTooLarge { .. }
        | PeerMisbehaved::Frame(FrameError::TooLarge { .. }) => 1009,
        _ => 1002,
    }))
}

/// Writes what is left and the close frame, then waits for the client's (RFC 6455 section 7.1.1).
pub(super) async fn finish(stream: &mut FrameStream, how: Finish, faults: &FaultSet) {
    let payload = match &how {
        Finish::Gone => return,
        Finish::Close => Some(faults::websocket::close(faults)),
        Finish::Fail(code) => {
            let code = faults::websocket::failure_code(faults, *code);
            Some(Bytes::copy_from_slice(&code.0.to_be_bytes()))
        }
        Finish::Reply(reason) => {
            faults::websocket::close_reply(faults, stream.tamper(), reason.encode())
        }
    };
    if let Some(close) = payload {
        let close = Frame {
            opcode: OpCode::Close,
            ..Frame::binary(close)
        };
        push_frame(stream, faults, close);
        if let Some(frame) = faults::websocket::after_close(faults) {
            push_frame(stream, faults, frame);
        }
    }
    let farewell = async {
        stream.flush_all().await?;
        if matches!(how, Finish::Close) {
            await_close(stream).await?;
        }
        io::Result::Ok(())
    };
    // Whether the client answered, broke off or let the time pass: the connection ends.
    let _ = timeout(CLOSE_PATIENCE, farewell).await;
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

/// Queues one frame that is nobody else's.
pub(super) fn push_frame(stream: &mut FrameStream, faults: &FaultSet, frame: Frame) {
    let mut out = BytesMut::with_capacity(frame.payload.len() + 10);
    faults::websocket::encode(faults, frame, &mut out);
    stream.push(out.freeze());
}
