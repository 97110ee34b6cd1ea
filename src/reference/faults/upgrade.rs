//! From polling to WebSocket (Engine.IO v4, "Upgrade").

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
    AbandonedBreaksPolling = "upgrade-abandoned-breaks-polling": "A WebSocket that drops while it probes takes the session with it.";
    BadProbeAccepted = "upgrade-bad-probe-accepted": "Anything stands for the probe, and messages before the upgrade are handled.";
    BadProbeClosesSession = "upgrade-bad-probe-closes-session": "A wrong probe ends the session.";
    Duplicates = "upgrade-duplicates-packets": "What waits at the switch is sent twice.";
    KeepsPollingOpen = "upgrade-keeps-polling-open": "After the upgrade the session can still be polled.";
    DuplicatesLast = "upgrade-duplicates-last": "Of several packets that wait at the switch, the last is sent twice.";
    Loses = "upgrade-loses-packets": "What waits at the switch is lost.";
    LosesBytes = "upgrade-loses-bytes": "Of what waits at the switch, bytes are lost.";
    LosesFirst = "upgrade-loses-first": "Of more than five packets that wait at the switch, the first is lost.";
    NoProbeReply = "upgrade-no-probe-reply": "The probe is not answered.";
    OldTransportTold = "upgrade-old-transport-told": "After the upgrade the application takes the client for one on polling.", seen "`handshake.query.transport`";
    OpenPacketAgain = "upgrade-open-packet-again": "The WebSocket of an upgrade begins with an open packet.";
    PollHangs = "upgrade-poll-hangs": "A pending poll is not released for the upgrade.";
    ProbeReplyWrong = "upgrade-probe-reply-wrong": "The probe is answered with a plain pong.";
    ReleasesOnePoll = "upgrade-releases-one-poll": "Only one poll is released for the upgrade.";
    SecondSocketTakesOver = "upgrade-second-socket-takes-over": "A second WebSocket can probe a session that has one.";
    StateLost = "upgrade-state-lost": "The upgrade forgets which namespaces were joined.";
    TimeoutGoesOn = "upgrade-timeout-goes-on": "The upgrade timeout ends a session that went over in time.";
    TimeoutIgnored = "upgrade-timeout-ignored": "A WebSocket that never probes is kept for ever.";
    UnofferedAccepted = "unoffered-upgrade-accepted": "An upgrade is accepted where none is offered.", seen "engine.io 6.6.12";
});

/// Notes that the session with this id was upgraded to WebSocket.
#[derive(Eq, Hash, PartialEq)]
struct Upgraded(Box<str>);

impl ScratchKey for Upgraded {
    type Note = ();
}

/// A session has one WebSocket at most, the one that probes included.
pub(in crate::reference) fn second_socket_takes_over(faults: &FaultSet) -> bool {
    faults.has(UpgradeFault::SecondSocketTakesOver)
}

/// The session is open already: its second transport opens without a packet.
pub(in crate::reference) fn greeting(session: &Session) -> Option<Frame> {
    session
        .faults()
        .has(UpgradeFault::OpenPacketAgain)
        .then(|| {
            let data = super::handshake::open_packet(session, session.handshake());
            Frame::text(Packet::text(PacketType::Open, data).encode_text())
        })
}

/// A probe has the time configured.
pub(in crate::reference) fn patience(session: &Session) -> Duration {
    if session.faults().has(UpgradeFault::TimeoutIgnored) {
        Duration::from_secs(3600)
    } else {
        session.server.config.upgrade_timeout
    }
}

/// `2probe` is answered `3probe`.
pub(in crate::reference) fn probe_reply(faults: &FaultSet) -> Option<Packet> {
    if faults.has(UpgradeFault::NoProbeReply) {
        None
    } else if faults.has(UpgradeFault::ProbeReplyWrong) {
        Some(Packet::text(PacketType::Pong, ""))
    } else {
        Some(Packet::text(PacketType::Pong, "probe"))
    }
}

/// Polls end during the upgrade.
pub(in crate::reference) fn hangs_polls(faults: &FaultSet) -> bool {
    faults.has(UpgradeFault::PollHangs)
}

/// Every poll that begins during the upgrade ends.
pub(in crate::reference) fn releases_one_poll(faults: &FaultSet) -> bool {
    faults.has(UpgradeFault::ReleasesOnePoll)
}

/// What is not offered is refused.
pub(in crate::reference) fn accepts_unoffered(faults: &FaultSet) -> bool {
    faults.has(UpgradeFault::UnofferedAccepted)
}

/// Anything but the probe and the upgrade packet ends the attempt.
pub(in crate::reference) fn tolerates(session: &Arc<Session>, packet: &Packet) -> bool {
    let tolerates = session.faults().has(UpgradeFault::BadProbeAccepted);
    if tolerates && packet.kind == PacketType::Message {
        session.receive(packet.clone());
    }
    tolerates
}

/// An attempt that fails leaves the session to polling.
pub(in crate::reference) fn failed(session: &Session) {
    if session.faults().has(UpgradeFault::BadProbeClosesSession) {
        session.close(Ending::ParseError);
    }
}

/// An attempt that is given up leaves the session to polling.
pub(in crate::reference) fn abandoned(session: &Session) {
    if session.faults().has(UpgradeFault::AbandonedBreaksPolling) {
        session.close(Ending::TransportError);
    }
}

/// What waits goes over to the WebSocket, each packet once.
pub(in crate::reference) fn moved(
    faults: &FaultSet,
    mut waiting: Vec<Arc<Outbound>>,
) -> Vec<Arc<Outbound>> {
    if faults.has(UpgradeFault::LosesBytes) {
        let texts = |outbound: &Arc<Outbound>| {
            let is_text = |packet: &&Packet| matches!(packet.data, PacketData::Text(_));
            Outbound::new(outbound.packets().iter().filter(is_text).cloned().collect())
        };
        waiting = waiting.iter().map(texts).collect();
    }
    if faults.has(UpgradeFault::LosesFirst) && waiting.len() > 5 {
        waiting.remove(0);
    }
    if faults.has(UpgradeFault::DuplicatesLast) && waiting.len() > 1 {
        waiting.extend(waiting.last().cloned());
    }
    if faults.has(UpgradeFault::Loses) {
        Vec::new()
    } else if faults.has(UpgradeFault::Duplicates) {
        waiting
            .into_iter()
            .flat_map(|outbound| [Arc::clone(&outbound), outbound])
            .collect()
    } else {
        waiting
    }
}

/// The session stays what it was, whatever carries it.
pub(in crate::reference) fn switched(session: &Arc<Session>) {
    if session.faults().has(UpgradeFault::OldTransportTold) {
        session
            .server
            .scratch
            .add(Upgraded(session.sid.clone()), ());
    }
    if session.faults().has(UpgradeFault::TimeoutGoesOn) {
        let switched = Arc::clone(session);
        session.server.tasks.spawn(async move {
            tokio::time::sleep(switched.server.config.upgrade_timeout).await;
            switched.close(Ending::TransportClosed);
        });
    }
    if session.faults().has(UpgradeFault::StateLost)
        && let Some(peer) = &session.peer
    {
        peer.session_ended("transport close");
    }
}

/// The application is told of the transport in use.
pub(in crate::reference) fn transport(session: &Session) -> TransportKind {
    let faults = session.faults();
    let was_polling = faults.has(UpgradeFault::OldTransportTold)
        && session.server.scratch.count(&Upgraded(session.sid.clone())) > 0;
    if was_polling {
        TransportKind::Polling
    } else {
        session.transport()
    }
}

/// After the upgrade, polling is over.
pub(super) fn keeps_polling_open(session: &Session) -> bool {
    session.faults().has(UpgradeFault::KeepsPollingOpen)
        && session.transport() == TransportKind::WebSocket
}
