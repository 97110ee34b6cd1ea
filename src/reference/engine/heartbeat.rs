//! The heartbeat (Engine.IO v4, "Heartbeat"; in v3 it is the client that pings).

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Ending, Outbound, Revision, Session};
use crate::{reference::faults, wire::engine_io::PacketType};

/// What the reader of a session tells its heartbeat.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    awaited: AtomicBool,
    beat: Notify,
}

impl Pulse {
    /// A pong (v4) or a ping (v3) came. One that nobody waits for is ignored, or else a pong sent
    /// ahead would stand for the next one. Returns whether it was waited for.
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

/// Runs the session's clocks; returns why it must end.
pub(super) async fn supervise(session: &Session) -> Ending {
    let connect = async {
        sleep(session.server.config.connect_timeout).await;
        if faults::connect::closes_after_timeout(session) {
            return Ending::ConnectTimeout;
        }
        std::future::pending().await
    };
    let heartbeat = async {
        match session.revision {
            Revision::V3 if faults::revision3::server_pings(session.faults()) => {
                send_pings(session).await
            }
            Revision::V3 => await_pings(session).await,
            Revision::V4 => send_pings(session).await,
        }
    };
    tokio::select! {
        ending = heartbeat => ending,
        ending = connect => ending,
    }
}

async fn send_pings(session: &Session) -> Ending {
    let mut pings = 0;
    loop {
        sleep(faults::heartbeat::choose_interval(session)).await;
        session.pulse.expect();
        let ping = Outbound::control(PacketType::Ping);
        if let Some(ping) = faults::heartbeat::alter_ping(session, ping) {
            session.send_packet(ping);
        }
        pings += 1;
        let patience = faults::heartbeat::pong_timeout_for(session, pings);
        while timeout(patience, session.pulse.beaten()).await.is_err() {
            if faults::heartbeat::extends_timeout(session) {
                continue;
            }
            faults::heartbeat::close_others(session);
            return Ending::PingTimeout;
        }
    }
}

/// Engine.IO v3, "Timeouts": the client pings, and is given up after both times together.
async fn await_pings(session: &Session) -> Ending {
    let config = &session.server.config;
    loop {
        session.pulse.expect();
        let patience = config.ping_interval + config.ping_timeout;
        let patience = faults::heartbeat::alter_timeout(session.faults(), patience);
        if timeout(patience, session.pulse.beaten()).await.is_err() {
            return Ending::PingTimeout;
        }
    }
}
