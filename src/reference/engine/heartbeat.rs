//! The heartbeat (Engine.IO v4, "Heartbeat"). In revision 4 the server sends pings, in revision 3
//! the client does.

use std::sync::Arc;

use tokio::time::{sleep, sleep_until};

use super::{Ending, Outbound, Revision, Session, ending::LastPacket, session::Phase};
use crate::{clock, wire::engine_io::PacketType};

impl Session {
    /// Runs the heartbeat and the connect timeout of the session until the session has ended.
    pub(super) async fn supervise(self: Arc<Self>) {
        tokio::select! {
            biased;
            ending = run_timers(&self) => self.close(ending),
            () = self.ended() => {}
        }
    }

    /// Spawns a task that runs the heartbeat and the connect timeout of a polling session, because
    /// a polling session has no connection of its own whose task could run them.
    ///
    /// If the server closes the session gracefully, the task keeps the session for pingTimeout or
    /// until the server stops, so that the client's next poll gets the last packets.
    pub(super) fn spawn_supervisor(self: &Arc<Self>) {
        let session = Arc::clone(self);
        self.server.tasks.spawn(async move {
            let ping_timeout = session.server.config.ping_timeout;
            Arc::clone(&session).supervise().await;
            if session.lock().phase == Phase::Draining {
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(ping_timeout) => {}
                    () = session.server.closing() => {}
                }
                session.lock().phase = Phase::Closed(LastPacket::Close);
                session.poll_wake.notify_one();
                session.forget(Ending::Application);
            }
        });
    }
}

/// Runs the heartbeat and the connect timeout of a session. Returns when one of them expires, with
/// the reason for closing the session.
async fn run_timers(session: &Session) -> Ending {
    let connect = async {
        sleep(session.server.config.connect_timeout).await;
        if session.faults().closes_after_timeout(session) {
            return Ending::ConnectTimeout;
        }
        std::future::pending().await
    };
    let heartbeat = async {
        match session.revision {
            Revision::V3 if session.faults().server_pings() => send_pings(session).await,
            Revision::V3 => await_pings(session).await,
            Revision::V4 => send_pings(session).await,
        }
    };
    tokio::select! {
        biased;
        ending = heartbeat => ending,
        ending = connect => ending,
    }
}

async fn send_pings(session: &Session) -> Ending {
    let mut pings = 0;
    let mut start = session.opened;
    loop {
        let due = start + session.faults().choose_interval(session);
        if session.faults().is_empty() {
            let deadline = due + session.server.config.ping_timeout;
            session.pulse.set_deadline(deadline);
        }
        sleep_until(due).await;
        session.pulse.expect();
        let ping = Outbound::control(PacketType::Ping);
        if let Some(ping) = session.faults().alter_ping(session, ping) {
            session.send_packet(ping);
        }
        pings += 1;
        let pong_timeout = session.faults().pong_timeout_for(session, pings);
        let mut until = due + pong_timeout;
        while clock::before(until, session.pulse.answered())
            .await
            .is_err()
        {
            if session.faults().extends_timeout(session) {
                until = clock::now() + pong_timeout;
                continue;
            }
            session.faults().close_others(session);
            return Ending::PingTimeout;
        }
        start = clock::now();
    }
}

/// Waits for the client's pings (Engine.IO v3, "Timeouts"): each has to arrive within pingInterval
/// plus pingTimeout.
async fn await_pings(session: &Session) -> Ending {
    let config = &session.server.config;
    loop {
        session.pulse.expect();
        let pong_timeout = config.ping_interval + config.ping_timeout;
        let pong_timeout = session.faults().alter_heartbeat_timeout(pong_timeout);
        if clock::within(pong_timeout, session.pulse.answered())
            .await
            .is_err()
        {
            return Ending::PingTimeout;
        }
    }
}
