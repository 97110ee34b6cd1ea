//! The heartbeat (Engine.IO v4, "Heartbeat").

use std::{sync::Arc, time::Duration};

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    reference::{
        FaultSet,
        engine::{Ending, Outbound, Session},
    },
    wire::engine_io::{Handshake, Packet, PacketData, PacketType},
};

faults!(HeartbeatFault {
    AnyTrafficCounts = "heartbeat-any-traffic-counts": "A message stands for the pong that is due.";
    AnyTrafficPostpones = "heartbeat-any-traffic-postpones": "Every message gives the pong that is due the whole time again.";
    ClientPingAnswered = "heartbeat-client-ping-answered": "A client's ping is answered, as in revision 3.";
    ClosesEarly = "heartbeat-closes-early": "The pong is given a quarter of the time announced.";
    Early = "heartbeat-early": "Pings come after a tenth of the interval announced.";
    FirstOnly = "heartbeat-first-only": "Only the answer to the first ping is waited for.";
    IntervalIsTimeout = "heartbeat-interval-is-timeout": "Pings come at the time announced for the pong.";
    NotSent = "heartbeat-not-sent": "No pings are sent.";
    PingWithPayload = "heartbeat-ping-with-payload": "Pings carry data.";
    PingsUnkept = "heartbeat-ping-needs-poll": "A ping that is due while no poll waits is not sent.";
    PongPayloadCloses = "pong-with-payload-closes": "A pong that carries something ends the session.";
    PongIgnored = "pong-ignored-closes": "A pong in time does not keep the session.";
    SharedTimer = "heartbeat-shared-timer": "A session that times out takes all others with it.";
    Slow = "heartbeat-slow": "Pings come after three times the interval announced.";
    TimeoutIgnored = "heartbeat-timeout-ignored": "A client that does not answer pings is kept for ever.";
    TimeoutMisannounced = "heartbeat-timeout-misannounced": "The open packet announces the interval in place of the timeout.";
    TimeoutIsLong = "heartbeat-timeout-plus-interval": "The pong is given the interval in addition to the time announced.";
    UnsolicitedPongCloses = "unsolicited-pong-closes": "A pong that nobody waits for closes the session.";
    UnsolicitedPongPings = "unsolicited-pong-starts-heartbeat": "Every pong that nobody waits for starts one more series of pings.", seen "CVE-2026-48802";
    WebSocketPongCounts = "heartbeat-websocket-pong-counts": "A pong frame of WebSocket stands for the pong packet.";
});

/// Notes that the session with this id received a message since its last ping.
#[derive(Eq, Hash, PartialEq)]
struct MessageReceived(Box<str>);

impl ScratchKey for MessageReceived {
    type Note = ();
}

/// Pings come at the interval announced.
pub(in crate::reference) fn interval(session: &Session) -> Duration {
    let (config, faults) = (&session.server.config, session.faults());
    let interval = config.ping_interval;
    if faults.has(HeartbeatFault::NotSent) {
        Duration::MAX
    } else if faults.has(HeartbeatFault::IntervalIsTimeout) {
        config.ping_timeout
    } else if faults.has(HeartbeatFault::Early) {
        interval / 10
    } else if faults.has(HeartbeatFault::Slow) {
        interval * 3
    } else {
        interval
    }
}

/// A ping carries nothing, and waits for the client if it has to.
pub(in crate::reference) fn ping(session: &Session, right: Arc<Outbound>) -> Option<Arc<Outbound>> {
    if session.faults().has(HeartbeatFault::PingWithPayload) {
        return Some(Outbound::new(vec![Packet::text(PacketType::Ping, "probe")]));
    }
    let unkept = session.faults().has(HeartbeatFault::PingsUnkept) && !session.is_polled();
    (!unkept).then_some(right)
}

/// Every ping has to be answered.
pub(in crate::reference) fn patience_for(session: &Session, pings: usize) -> Duration {
    if session.faults().has(HeartbeatFault::FirstOnly) && pings > 1 {
        return Duration::MAX;
    }
    let config = &session.server.config;
    if session.faults().has(HeartbeatFault::TimeoutIsLong) {
        return config.ping_timeout + config.ping_interval;
    }
    patience(session.faults(), config.ping_timeout)
}

/// The pong has the time announced.
pub(in crate::reference) fn patience(faults: &FaultSet, timeout: Duration) -> Duration {
    if faults.has(HeartbeatFault::TimeoutIgnored) {
        Duration::MAX
    } else if faults.has(HeartbeatFault::ClosesEarly) {
        timeout / 4
    } else {
        timeout
    }
}

/// A session that times out concerns nobody else.
pub(in crate::reference) fn timed_out(session: &Session) {
    if session.faults().has(HeartbeatFault::SharedTimer) {
        session.server.sessions.close_all(Ending::PingTimeout);
    }
}

/// Only the pong packet is a pong.
pub(in crate::reference) fn counts_as_pong(session: &Session, kind: PacketType) -> bool {
    let is_message = kind == PacketType::Message;
    if is_message && session.faults().has(HeartbeatFault::AnyTrafficPostpones) {
        session
            .server
            .scratch
            .add(MessageReceived(session.sid.clone()), ());
    }
    is_message && session.faults().has(HeartbeatFault::AnyTrafficCounts)
}

/// Nothing gives the pong more time than was announced.
pub(in crate::reference) fn postpones(session: &Session) -> bool {
    session.faults().has(HeartbeatFault::AnyTrafficPostpones)
        && !session
            .server
            .scratch
            .take(&MessageReceived(session.sid.clone()))
            .is_empty()
}

/// The times announced are those that hold.
pub(super) fn announce(faults: &FaultSet, handshake: &mut Handshake) {
    if faults.has(HeartbeatFault::TimeoutMisannounced) {
        handshake.ping_timeout = handshake.ping_interval;
    }
}

/// Only the pong packet is a pong, not the frame of that name.
pub(in crate::reference) fn frame_counts_as_pong(faults: &FaultSet) -> bool {
    faults.has(HeartbeatFault::WebSocketPongCounts)
}

/// A pong is one whatever it carries.
pub(in crate::reference) fn pong(session: &Session, data: &PacketData) {
    let is_empty = matches!(data, PacketData::Text(text) if text.as_str().is_empty());
    if session.faults().has(HeartbeatFault::PongPayloadCloses) && !is_empty {
        session.close(Ending::ParseError);
    }
}

/// A pong packet is a pong.
pub(in crate::reference) fn ignores_pong(faults: &FaultSet) -> bool {
    faults.has(HeartbeatFault::PongIgnored)
}

/// A pong that nobody waits for means nothing.
pub(in crate::reference) fn unsolicited(session: &Arc<Session>) {
    if session.faults().has(HeartbeatFault::UnsolicitedPongCloses) {
        session.close(Ending::ParseError);
    }
    if session.faults().has(HeartbeatFault::UnsolicitedPongPings) {
        let pinged = Arc::clone(session);
        session.server.tasks.spawn(async move {
            while pinged.is_open() {
                tokio::time::sleep(pinged.server.config.ping_interval).await;
                pinged.send_control(PacketType::Ping);
            }
        });
    }
}

/// A ping from a client of revision 4 is an error, and so is a pong from one of revision 3.
pub(in crate::reference) fn wrong_direction(session: &Arc<Session>) {
    if session.faults().has(HeartbeatFault::ClientPingAnswered) {
        session.send_control(PacketType::Pong);
    } else if !super::revision3::accepts_pong(session) {
        session.close(Ending::ParseError);
    }
}
