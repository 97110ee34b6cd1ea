//! The heartbeat (Engine.IO v4, "Heartbeat"; in v3 it is the client that pings).

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Ending, Outbound, Revision, Session};
use crate::wire::engine_io::PacketType;

/// Tells the heartbeat of a session that its client has answered.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    awaited: AtomicBool,
    beat: Notify,
}

impl Pulse {
    /// Records a pong (v4) or a ping (v3), and returns true if the heartbeat was waiting for it. An
    /// unsolicited one is ignored: a pong sent in advance must not count as the next one.
    pub(super) fn beat(&self) -> bool {
        let awaited = self.awaited.swap(false, Ordering::AcqRel);
        if awaited {
            self.beat.notify_one();
        }
        awaited
    }

    fn expect(&self) {
        self.awaited.store(true, Ordering::Release);
    }

    async fn beaten(&self) {
        self.beat.notified().await;
    }
}

/// Runs the timers of the session; returns the reason for which it has to close.
pub(super) async fn supervise(session: &Session) -> Ending {
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
    loop {
        sleep(session.faults().choose_interval(session)).await;
        session.pulse.expect();
        let ping = Outbound::control(PacketType::Ping);
        if let Some(ping) = session.faults().alter_ping(session, ping) {
            session.send_packet(ping);
        }
        pings += 1;
        let pong_timeout = session.faults().pong_timeout_for(session, pings);
        while timeout(pong_timeout, session.pulse.beaten()).await.is_err() {
            if session.faults().extends_timeout(session) {
                continue;
            }
            session.faults().close_others(session);
            return Ending::PingTimeout;
        }
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
        if timeout(pong_timeout, session.pulse.beaten()).await.is_err() {
            return Ending::PingTimeout;
        }
    }
}
