//! Faults in the heartbeat (Engine.IO v4, "Heartbeat").

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
    AnyTrafficCounts = "heartbeat-any-traffic-counts": "While the server waits for a pong packet, it takes any message of the client for the pong.";
    AnyTrafficPostpones = "heartbeat-any-traffic-postpones": "While the server waits for a pong packet, every message of the client restarts the pong timeout.";
    ClientPingAnswered = "heartbeat-client-ping-answered": "When a client of Engine.IO revision 4 sends a ping packet, the server answers with a pong, where it has to close the session.";
    ClosesEarly = "heartbeat-closes-early": "The server closes the session if the pong is missing after a quarter of the announced pingTimeout.";
    Early = "heartbeat-early": "The server sends each ping packet after a tenth of the announced pingInterval.";
    FirstOnly = "heartbeat-first-only": "The server closes the session only if the pong to its first ping is missing, and tolerates that later pongs are missing.";
    IntervalHalved = "heartbeat-interval-misannounced": "In the open packet, the server announces half of its pingInterval.";
    IntervalIsTimeout = "heartbeat-interval-is-timeout": "The server waits for pingTimeout between two pings, not for pingInterval.";
    NotSent = "heartbeat-not-sent": "The server sends no Engine.IO ping packets.";
    PingWithPayload = "heartbeat-ping-with-payload": "The server sends Engine.IO ping packets that carry data.";
    PingsUnkept = "heartbeat-ping-needs-poll": "On a session with long-polling, the server drops a ping if the client has no pending poll when the ping is due.";
    PongPayloadCloses = "pong-with-payload-closes": "When a client's pong packet carries data, the server closes the session.";
    PongIgnored = "pong-ignored-closes": "The server ignores pong packets, and closes the session although the pong arrived in time.";
    SharedTimer = "heartbeat-shared-timer": "When one session times out because a pong is missing, the server closes all sessions.";
    Slow = "heartbeat-slow": "The server sends each ping packet only after three times the announced pingInterval.";
    TimeoutIgnored = "heartbeat-timeout-ignored": "The server never closes a session that does not answer pings.";
    TimeoutHalved = "heartbeat-timeout-halved": "In the open packet, the server announces half of its pingTimeout.";
    TimeoutMisannounced = "heartbeat-timeout-misannounced": "In the open packet, the server announces the value of pingInterval as pingTimeout.";
    TimeoutIsLong = "heartbeat-timeout-plus-interval": "After a ping, the server waits for the pong for pingTimeout plus pingInterval, not only for pingTimeout.";
    TwiceAsOften = "heartbeat-twice-as-often": "The server sends each ping packet after half of the announced pingInterval.";
    UnsolicitedPongCloses = "unsolicited-pong-closes": "When a client sends a pong packet that answers no ping, the server closes the session.";
    UnsolicitedPongPings = "unsolicited-pong-starts-heartbeat": "Each pong packet that answers no ping makes the server start one more series of pings.", seen "CVE-2026-48802";
    WebSocketPongCounts = "heartbeat-websocket-pong-counts": "The server takes a WebSocket pong frame for the Engine.IO pong packet that it waits for.";
});

/// The key under which the fault `heartbeat-any-traffic-postpones` counts the messages that a
/// client has sent since the last ping. The field is the id of the client's session.
#[derive(Eq, Hash, PartialEq)]
struct MessageReceived(Box<str>);

impl ScratchKey for MessageReceived {
    type Note = ();
}

/// A time that is longer than any test and stands for "never". Unlike `Duration::MAX`, it can be
/// added to the current time.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl FaultSet {
    /// Returns the time before the next ping. Without faults this is pingInterval.
    pub(in crate::reference) fn choose_interval(&self, session: &Session) -> Duration {
        let (config, faults) = (&session.server.config, self);
        let interval = config.ping_interval;
        if faults.has(HeartbeatFault::NotSent) {
            NEVER
        } else if faults.has(HeartbeatFault::IntervalIsTimeout) {
            config.ping_timeout
        } else if faults.has(HeartbeatFault::Early) {
            interval / 10
        } else if faults.has(HeartbeatFault::TwiceAsOften) {
            interval / 2
        } else if faults.has(HeartbeatFault::Slow) {
            interval * 3
        } else {
            interval
        }
    }

    /// Returns the ping to send. Without faults this is `right`, a correct ping.
    pub(in crate::reference) fn alter_ping(
        &self,
        session: &Session,
        right: Arc<Outbound>,
    ) -> Option<Arc<Outbound>> {
        if self.has(HeartbeatFault::PingWithPayload) {
            return Some(Outbound::new(vec![Packet::text(PacketType::Ping, "probe")]));
        }
        let unkept = self.has(HeartbeatFault::PingsUnkept) && !session.is_polled();
        (!unkept).then_some(right)
    }

    /// Returns how long the server waits for the pong to ping number `pings`. Without faults this
    /// is pingTimeout.
    pub(in crate::reference) fn pong_timeout_for(
        &self,
        session: &Session,
        pings: usize,
    ) -> Duration {
        if self.has(HeartbeatFault::FirstOnly) && pings > 1 {
            return NEVER;
        }
        let config = &session.server.config;
        if self.has(HeartbeatFault::TimeoutIsLong) {
            return config.ping_timeout + config.ping_interval;
        }
        self.alter_heartbeat_timeout(config.ping_timeout)
    }

    /// Returns how long the server waits for the client's pong (revision 4) or ping (revision 3).
    /// Without faults this is `timeout`, which follows from the announced times.
    pub(in crate::reference) fn alter_heartbeat_timeout(&self, timeout: Duration) -> Duration {
        if self.has(HeartbeatFault::TimeoutIgnored) {
            NEVER
        } else if self.has(HeartbeatFault::ClosesEarly) {
            timeout / 4
        } else {
            timeout
        }
    }

    /// Closes all other sessions when one session times out if the fault `heartbeat-shared-timer`
    /// is active.
    pub(in crate::reference) fn close_others(&self, session: &Session) {
        if self.has(HeartbeatFault::SharedTimer) {
            session.server.sessions.close_all(Ending::PingTimeout);
        }
    }

    /// Returns true if the packet is a message and the fault `heartbeat-any-traffic-counts` makes
    /// the server take it for a pong.
    pub(in crate::reference) fn counts_as_pong(&self, session: &Session, kind: PacketType) -> bool {
        let is_message = kind == PacketType::Message;
        if is_message && self.has(HeartbeatFault::AnyTrafficPostpones) {
            session
                .server
                .scratch
                .add(MessageReceived(session.sid.clone()), ());
        }
        is_message && self.has(HeartbeatFault::AnyTrafficCounts)
    }

    /// Returns true if the fault `heartbeat-any-traffic-postpones` is active and a message arrived
    /// since the last ping.
    pub(in crate::reference) fn extends_timeout(&self, session: &Session) -> bool {
        self.has(HeartbeatFault::AnyTrafficPostpones)
            && !session
                .server
                .scratch
                .take(&MessageReceived(session.sid.clone()))
                .is_empty()
    }

    /// Returns true if the fault `heartbeat-websocket-pong-counts` is active.
    pub(in crate::reference) fn frame_counts_as_pong(&self) -> bool {
        self.has(HeartbeatFault::WebSocketPongCounts)
    }

    /// Closes the session on a pong with data if the fault `pong-with-payload-closes` is active.
    pub(in crate::reference) fn close_on_pong_data(&self, session: &Session, data: &PacketData) {
        let is_empty = matches!(data, PacketData::Text(text) if text.as_str().is_empty());
        if self.has(HeartbeatFault::PongPayloadCloses) && !is_empty {
            session.close(Ending::ParseError);
        }
    }

    /// Returns true if the fault `pong-ignored-closes` is active.
    pub(in crate::reference) fn ignores_pong(&self) -> bool {
        self.has(HeartbeatFault::PongIgnored)
    }

    /// Handles a pong for which the server was not waiting. Without faults the server ignores it.
    pub(in crate::reference) fn handle_unsolicited_pong(&self, session: &Arc<Session>) {
        if self.has(HeartbeatFault::UnsolicitedPongCloses) {
            session.close(Ending::ParseError);
        }
        if self.has(HeartbeatFault::UnsolicitedPongPings) {
            let pinged = Arc::clone(session);
            session.server.tasks.spawn(async move {
                while pinged.is_open() {
                    tokio::time::sleep(pinged.server.config.ping_interval).await;
                    pinged.send_control(PacketType::Ping);
                }
            });
        }
    }

    /// Handles a client's ping in revision 4, or pong in revision 3. Without faults the server
    /// closes the session.
    pub(in crate::reference) fn handle_wrong_direction(&self, session: &Arc<Session>) {
        if self.has(HeartbeatFault::ClientPingAnswered) {
            session.send_control(PacketType::Pong);
        } else if !super::revision3::accepts_pong(session) {
            session.close(Ending::ParseError);
        }
    }
}

/// Changes the times that the open packet announces.
pub(super) fn alter_announced_times(faults: &FaultSet, handshake: &mut Handshake) {
    if faults.has(HeartbeatFault::TimeoutMisannounced) {
        handshake.ping_timeout = handshake.ping_interval;
    }
    if faults.has(HeartbeatFault::TimeoutHalved) {
        handshake.ping_timeout /= 2;
    }
    if faults.has(HeartbeatFault::IntervalHalved) {
        handshake.ping_interval /= 2;
    }
}
