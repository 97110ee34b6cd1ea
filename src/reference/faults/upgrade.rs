//! Faults in the upgrade from polling to WebSocket (Engine.IO v4, "Upgrade").

use std::{sync::Arc, time::Duration};

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    reference::{
        FaultSet,
        engine::{Ending, Outbound, Session, TransportKind},
    },
    wire::{
        engine_io::{Packet, PacketData, PacketType},
        websocket::Frame,
    },
};

faults!(UpgradeFault {
    AbandonedBreaksPolling = "upgrade-abandoned-breaks-polling": "When the WebSocket of an upgrade drops before the upgrade is complete, the server closes the session, where the session has to go on with polling.";
    BadProbeAccepted = "upgrade-bad-probe-accepted": "When a client does not start an upgrade with the probe, the server tolerates this and handles messages on the WebSocket before the upgrade.";
    BadProbeClosesSession = "upgrade-bad-probe-closes-session": "When a client starts an upgrade with a wrong probe, the server closes the session, where it has to close only the WebSocket.";
    Duplicates = "upgrade-duplicates-packets": "When a session switches from polling to WebSocket, the server sends each packet that waits at that time twice.";
    KeepsPollingOpen = "upgrade-keeps-polling-open": "The server still answers polls after the upgrade to WebSocket.";
    DuplicatesLast = "upgrade-duplicates-last": "When a session switches from polling to WebSocket and several packets wait, the server sends the last of them twice.";
    Loses = "upgrade-loses-packets": "When a session switches from polling to WebSocket, the server drops the packets that wait at that time.";
    LosesBytes = "upgrade-loses-bytes": "When a session switches from polling to WebSocket, the server drops the binary packets that wait at that time.";
    LosesFirst = "upgrade-loses-first": "When a session switches from polling to WebSocket and more than five packets wait, the server drops the first of them.";
    NoProbeReply = "upgrade-no-probe-reply": "When a client starts an upgrade with the probe (`2probe`), the server does not answer.";
    OldTransportReported = "upgrade-old-transport-told": "After an upgrade to WebSocket, the server still reports polling as the transport to the application.", seen "`handshake.query.transport`";
    OnlyOnce = "upgrade-only-once": "When one upgrade of a session has failed, the server refuses the next upgrade of this session.", seen "a flag that only a finished upgrade resets";
    OpenPacketAgain = "upgrade-open-packet-again": "When a client opens a WebSocket for an upgrade, the server sends an open packet on it.";
    PollHangs = "upgrade-poll-hangs": "During an upgrade to WebSocket, the server does not answer the client's pending poll.";
    ProbeReplyWrong = "upgrade-probe-reply-wrong": "When a client starts an upgrade with the probe (`2probe`), the server answers with `3`, where it has to answer with `3probe`.";
    ReleasesOnePoll = "upgrade-releases-one-poll": "During an upgrade to WebSocket, the server answers only one poll, and leaves the client's later polls pending.";
    SecondSocketTakesOver = "upgrade-second-socket-takes-over": "The server lets a second WebSocket begin the upgrade of a session that already has a WebSocket.";
    StateLost = "upgrade-state-lost": "When a session switches from polling to WebSocket, the server forgets which namespaces the client has joined.";
    TimeoutGoesOn = "upgrade-timeout-goes-on": "When the upgrade timeout expires, the server closes the session although the upgrade is complete.";
    TimeoutIgnored = "upgrade-timeout-ignored": "When a client opens a WebSocket for an upgrade but never sends the probe, the server never closes the WebSocket.";
    UnofferedAccepted = "unoffered-upgrade-accepted": "The server accepts an upgrade to WebSocket that its open packet did not offer.", seen "engine.io 6.6.12";
});

/// The key under which the fault `upgrade-old-transport-told` remembers that the session with this
/// id has switched to WebSocket.
#[derive(Eq, Hash, PartialEq)]
struct Upgraded(Box<str>);

impl ScratchKey for Upgraded {
    type Note = ();
}

/// The key under which the fault `upgrade-only-once` counts the upgrades that began on the session
/// with this id, whether they succeeded or not.
#[derive(Eq, Hash, PartialEq)]
struct Begun(Box<str>);

impl ScratchKey for Begun {
    type Note = ();
}

impl FaultSet {
    /// Returns true if the fault `upgrade-only-once` is active and an upgrade of this session has
    /// begun before.
    pub(in crate::reference) fn refuses_second_upgrade(&self, session: &Session) -> bool {
        if !self.has(UpgradeFault::OnlyOnce) {
            return false;
        }
        let key = Begun(session.sid.clone());
        session.server.scratch.add(key, ()) > 1
    }

    /// Returns true if the fault `upgrade-second-socket-takes-over` is active.
    pub(in crate::reference) fn second_socket_takes_over(&self) -> bool {
        self.has(UpgradeFault::SecondSocketTakesOver)
    }

    /// Returns the open packet that the fault `upgrade-open-packet-again` sends on the WebSocket.
    pub(in crate::reference) fn greeting(&self, session: &Session) -> Option<Frame> {
        session
            .faults()
            .has(UpgradeFault::OpenPacketAgain)
            .then(|| {
                let data = self.encode_open_packet(session, session.handshake());
                Frame::text(Packet::text(PacketType::Open, data).encode_text())
            })
    }

    /// Returns how long the server waits for an upgrade to complete. Without faults this is the
    /// upgrade timeout.
    pub(in crate::reference) fn probe_timeout(&self, session: &Session) -> Duration {
        if self.has(UpgradeFault::TimeoutIgnored) {
            Duration::from_secs(3600)
        } else {
            session.server.config.upgrade_timeout
        }
    }

    /// Returns the answer to the probe. Without faults this is `3probe`.
    pub(in crate::reference) fn choose_probe_reply(&self) -> Option<Packet> {
        if self.has(UpgradeFault::NoProbeReply) {
            None
        } else if self.has(UpgradeFault::ProbeReplyWrong) {
            Some(Packet::text(PacketType::Pong, ""))
        } else {
            Some(Packet::text(PacketType::Pong, "probe"))
        }
    }

    /// Returns true if the fault `upgrade-poll-hangs` is active.
    pub(in crate::reference) fn hangs_polls(&self) -> bool {
        self.has(UpgradeFault::PollHangs)
    }

    /// Returns true if the fault `upgrade-releases-one-poll` is active.
    pub(in crate::reference) fn releases_one_poll(&self) -> bool {
        self.has(UpgradeFault::ReleasesOnePoll)
    }

    /// Returns true if the fault `unoffered-upgrade-accepted` is active.
    pub(in crate::reference) fn accepts_unoffered(&self) -> bool {
        self.has(UpgradeFault::UnofferedAccepted)
    }

    /// Returns true if the fault `upgrade-bad-probe-accepted` makes the server accept this packet
    /// in place of the probe. If the packet is a message, the server handles it.
    pub(in crate::reference) fn tolerates_packet(
        &self,
        session: &Arc<Session>,
        packet: &Packet,
    ) -> bool {
        let tolerates = self.has(UpgradeFault::BadProbeAccepted);
        if tolerates && packet.kind == PacketType::Message {
            session.receive(packet.clone());
        }
        tolerates
    }

    /// Closes the session after a wrong probe if the fault `upgrade-bad-probe-closes-session` is
    /// active.
    pub(in crate::reference) fn close_after_bad_probe(&self, session: &Session) {
        if self.has(UpgradeFault::BadProbeClosesSession) {
            session.close(Ending::ParseError);
        }
    }

    /// Closes the session after its WebSocket dropped during the probe, if the fault
    /// `upgrade-abandoned-breaks-polling` is active.
    pub(in crate::reference) fn close_after_abandoned(&self, session: &Session) {
        if self.has(UpgradeFault::AbandonedBreaksPolling) {
            session.close(Ending::TransportError);
        }
    }

    /// Returns the waiting packets that move from polling to the WebSocket during an upgrade.
    /// Without faults these are `waiting`: all of them.
    pub(in crate::reference) fn move_waiting(
        &self,
        mut waiting: Vec<Arc<Outbound>>,
    ) -> Vec<Arc<Outbound>> {
        if self.has(UpgradeFault::LosesBytes) {
            let texts = |outbound: &Arc<Outbound>| {
                let is_text = |packet: &&Packet| matches!(packet.data, PacketData::Text(_));
                Outbound::new(outbound.packets().iter().filter(is_text).cloned().collect())
            };
            waiting = waiting.iter().map(texts).collect();
        }
        if self.has(UpgradeFault::LosesFirst) && waiting.len() > 5 {
            waiting.remove(0);
        }
        if self.has(UpgradeFault::DuplicatesLast) && waiting.len() > 1 {
            waiting.extend(waiting.last().cloned());
        }
        if self.has(UpgradeFault::Loses) {
            Vec::new()
        } else if self.has(UpgradeFault::Duplicates) {
            waiting
                .into_iter()
                .flat_map(|outbound| [Arc::clone(&outbound), outbound])
                .collect()
        } else {
            waiting
        }
    }

    /// Runs the faults that act after the session has switched to the WebSocket.
    pub(in crate::reference) fn after_switch(&self, session: &Arc<Session>) {
        self.note_upgraded(session);
        if self.has(UpgradeFault::OldTransportReported) {
            session
                .server
                .scratch
                .add(Upgraded(session.sid.clone()), ());
        }
        if self.has(UpgradeFault::TimeoutGoesOn) {
            let switched = Arc::clone(session);
            session.server.tasks.spawn(async move {
                tokio::time::sleep(switched.server.config.upgrade_timeout).await;
                switched.close(Ending::TransportClosed);
            });
        }
        if self.has(UpgradeFault::StateLost)
            && let Some(handler) = &session.handler
        {
            handler.session_ended("transport close");
        }
    }

    /// Returns the transport that the application sees. Without faults this is the transport in
    /// use.
    pub(in crate::reference) fn report_transport(&self, session: &Session) -> TransportKind {
        let was_polling = self.has(UpgradeFault::OldTransportReported)
            && session.server.scratch.count(&Upgraded(session.sid.clone())) > 0;
        if was_polling {
            TransportKind::Polling
        } else {
            session.transport()
        }
    }
}

/// Returns true if the session is on WebSocket and the fault `upgrade-keeps-polling-open` is
/// active.
pub(super) fn keeps_polling_open(session: &Session) -> bool {
    session.faults().has(UpgradeFault::KeepsPollingOpen)
        && session.transport() == TransportKind::WebSocket
}
