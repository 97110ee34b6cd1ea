//! The upgrade from polling to WebSocket (Engine.IO v4, "Upgrade").

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{io, time::interval};

use super::{
    Session, TransportKind,
    closing_handshake::{Finish, fail, finish},
    frame_stream::{FrameStream, Incoming, Turn},
    session::Phase,
    websocket::run_session,
};
use crate::{
    clock,
    net::Arrived,
    wire::{
        engine_io::{Packet, PacketData, PacketType},
        websocket::{Frame, Message, OpCode},
    },
};

/// How often the server answers pending polls while it waits for the client's upgrade packet, as in
/// the JavaScript server.
const RELEASE_EVERY: Duration = Duration::from_millis(100);

/// A session whose upgrade is in progress. Dropping this value ends the upgrade; the session stays
/// on polling unless it has switched to the WebSocket.
#[derive(Debug)]
pub(in crate::reference) struct Probing {
    session: Arc<Session>,
}

/// The packet that the client has to send next during an upgrade.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// The client has to send the probe, `2probe`.
    Probe,
    /// The client has to send the upgrade packet, `5`.
    Upgrade,
}

impl Probing {
    /// Begins the upgrade of `session`. Returns `None` if the session already has a WebSocket, or
    /// another WebSocket is probing it.
    pub(in crate::reference) fn begin(session: Arc<Session>) -> Option<Self> {
        if session.faults().refuses_second_upgrade(&session) {
            return None;
        }
        let takes_over = session.faults().second_socket_takes_over();
        {
            let mut state = session.lock();
            let free = state.transport == TransportKind::Polling && !state.upgrading;
            if !free && !takes_over {
                return None;
            }
            state.upgrading = true;
        }
        Some(Self { session })
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        let mut state = self.session.lock();
        state.upgrading = false;
        state.behind_upgrade.clear();
        // The upgrade failed, so the session stays on polling: its next poll waits for packets as
        // usual.
        if state.transport == TransportKind::Polling {
            state.release_poll = false;
        }
    }
}

/// Runs the probe. If the probe succeeds, runs the session on the WebSocket.
pub(super) async fn run_upgrade(stream: &mut FrameStream, probing: Probing) {
    let session = Arc::clone(&probing.session);
    let faults = session.faults();
    if let Some(frame) = session.faults().greeting(&session) {
        stream.push_frame(frame, faults);
    }
    let deadline = clock::now() + session.faults().probe_timeout(&session);
    let probed = tokio::select! {
        biased;
        probed = clock::before(deadline, probe(stream, &session)) => probed,
        () = session.ended() => Ok(Ok(Some(Finish::Close))),
    };
    match probed {
        Ok(Ok(None)) => {
            switch(&session);
            drop(probing);
            // The heartbeat and the connect timeout already run in another task, which was spawned
            // for polling. So this task needs no timers.
            let timers = pin!(std::future::pending());
            run_session(stream, &session, timers).await;
        }
        Ok(Ok(Some(how))) => {
            drop(probing);
            session.faults().close_after_bad_probe(&session);
            finish(stream, how, faults).await;
        }
        Ok(Err(_)) => session.faults().close_after_abandoned(&session),
        // The client did not complete the upgrade within the upgrade timeout. Close the WebSocket;
        // the session stays on polling.
        Err(_) => {
            drop(probing);
            finish(stream, Finish::Close, faults).await;
        }
    }
}

/// Waits for the client's probe `2probe`, then for the upgrade packet `5`. Returns `None` when both
/// have arrived, and otherwise how the WebSocket has to end.
async fn probe(stream: &mut FrameStream, session: &Arc<Session>) -> io::Result<Option<Finish>> {
    let faults = session.faults();
    let mut step = Step::Probe;
    let mut release = interval(RELEASE_EVERY);
    loop {
        let message = match stream.next() {
            Incoming::Message(message) => message,
            Incoming::Misbehaved(misbehaved) => return Ok(Some(fail(&misbehaved))),
            Incoming::Nothing => {
                session.release_requests(stream.arrived());
                stream.flush_all().await?;
                // Both branches are cancel-safe: `select!` drops one of the two futures, and no
                // data is lost by that.
                tokio::select! {
                    biased;
                    turn = stream.turn() => {
                        if turn? == Turn::Ended {
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                    }
                    () = session.probe_wake.notified() => {}
                    // A client can poll again before it sends the upgrade packet. It then waits for
                    // the answer to that poll, so that poll has to be released too.
                    _ = release.tick(), if step == Step::Upgrade => session.release_polls_again(),
                }
                continue;
            }
        };
        let packet = match message {
            Message::Ping(payload) => {
                let pong = Frame {
                    opcode: OpCode::Pong,
                    ..Frame::binary(payload)
                };
                stream.push_frame(pong, faults);
                continue;
            }
            Message::Pong(_) => continue,
            Message::Close(reason) => return Ok(Some(Finish::Reply(reason))),
            Message::Binary(_) => return Ok(Some(Finish::Close)),
            Message::Text(text) => match Packet::decode_text(text) {
                Ok(packet) => packet,
                Err(_) => return Ok(Some(Finish::Close)),
            },
        };
        match (step, packet.kind) {
            (Step::Probe, PacketType::Ping) if is_probe(&packet) => {
                if let Some(reply) = session.faults().choose_probe_reply() {
                    stream.push_frame(Frame::text(reply.encode_text()), faults);
                }
                session.release_polls();
                release.reset();
                step = Step::Upgrade;
            }
            (Step::Upgrade, PacketType::Upgrade) => return Ok(None),
            _ if session.faults().tolerates_packet(session, &packet) => {}
            _ => return Ok(Some(Finish::Close)),
        }
    }
}

fn is_probe(packet: &Packet) -> bool {
    matches!(&packet.data, PacketData::Text(text) if text.as_str() == "probe")
}

/// Moves the session and its waiting packets from polling to the WebSocket.
fn switch(session: &Arc<Session>) {
    {
        let mut state = session.lock();
        if state.phase == Phase::Open {
            state.transport = TransportKind::WebSocket;
            state.release_poll = true;
        }
        let waiting = state.queue.take().into();
        let moved = session.faults().move_waiting(waiting);
        state.queue.replace(moved);
    }
    session.faults().after_switch(session);
    session.poll_wake.notify_one();
}

impl Session {
    /// Lets the requests go on that wait for the frames of the upgrade, if no more of these frames have arrived.
    fn release_requests(&self, arrived: Arrived) {
        if arrived == Arrived::Nothing {
            self.lock().behind_upgrade.clear();
        }
    }

    /// Answers the pending poll or, if none is pending, the next poll. So the client has no pending
    /// poll when the session switches to the WebSocket.
    fn release_polls(&self) {
        if self.faults().hangs_polls() {
            return;
        }
        self.lock().release_poll = true;
        self.poll_wake.notify_one();
    }

    fn release_polls_again(&self) {
        if !self.faults().releases_one_poll() {
            self.release_polls();
        }
    }
}
