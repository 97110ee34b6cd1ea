//! HTTP long-polling (Engine.IO v4, "HTTP long-polling").

use std::sync::Arc;

use bytes::Bytes;

use super::{
    Ending, Outbound, Query, Revision, Session, TokenSources, TransportKind,
    session::{Phase, last_packet},
};
use crate::{
    reference::{faults, server::Shared, socket},
    wire::engine_io::{
        Packet, PacketData, PacketType, PayloadError, decode_payload, encode_payload, v3,
    },
};

/// A payload and how it is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::reference) struct Payload {
    pub(in crate::reference) body: Bytes,
    pub(in crate::reference) kind: PayloadKind,
}

/// How a payload is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum PayloadKind {
    /// The binary form of revision 3.
    Binary,
    /// Text.
    Text,
}

/// A second GET or POST came while one was under way: the session is ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) struct Overlap;

/// Opens a session; the payload holds its open packet.
pub(in crate::reference) fn open(
    server: &Arc<Shared>,
    revision: Revision,
    query: &Query,
    tokens: TokenSources,
) -> Payload {
    let session = Session::open(
        server,
        TransportKind::Polling,
        revision,
        query.base64,
        tokens,
    );
    session.spawn_supervisor();
    let packet = open_packet(&session);
    if faults::revision3::joins_unasked(&session) {
        socket::connect_by_default(&session);
    }
    encode(&session, &[packet])
}

/// The open packet of a session.
pub(super) fn open_packet(session: &Session) -> Packet {
    let data = faults::handshake::open_packet(session, session.handshake());
    Packet::text(PacketType::Open, data)
}

/// Waits until there is something for the client.
///
/// # Errors
///
/// Another GET is under way: only one may be, and the session ends.
pub(in crate::reference) async fn poll(session: &Arc<Session>) -> Result<Payload, Overlap> {
    let pending = PendingPoll::begin(session)?;
    loop {
        if let Some(waiting) = session.take_for_poll() {
            pending.answered();
            let packets: Vec<Packet> = waiting
                .iter()
                .flat_map(|outbound| outbound.packets().iter().cloned())
                .collect();
            return Ok(encode(session, &packets));
        }
        session.poll_wake.notified().await;
    }
}

/// One POST, from its head to the end of its body.
#[derive(Debug)]
pub(in crate::reference) struct PendingPost {
    session: Arc<Session>,
    whole: bool,
}

/// Starts to take in a POST.
///
/// # Errors
///
/// Another POST is under way: only one may be, and the session ends.
pub(in crate::reference) fn post(session: &Arc<Session>) -> Result<PendingPost, Overlap> {
    let overlaps = std::mem::replace(&mut session.lock().post_pending, true);
    if overlaps && !faults::polling::accepts_concurrent_posts(session.faults()) {
        session.close(Ending::TransportError);
        return Err(Overlap);
    }
    Ok(PendingPost {
        session: Arc::clone(session),
        whole: false,
    })
}

impl PendingPost {
    /// Resolves once the session has ended.
    pub(in crate::reference) async fn session_ended(&self) {
        self.session.ended().await;
    }

    /// The body was refused; the session goes on.
    pub(in crate::reference) fn refused(mut self) {
        self.whole = true;
    }

    /// Handles the packets of the body, in order, until one of them ends the session.
    pub(in crate::reference) fn receive(mut self, body: &Bytes, kind: PayloadKind) {
        self.whole = true;
        let session = Arc::clone(&self.session);
        match decode(&session, body, kind) {
            Ok(packets) => {
                faults::robustness::payload(&session, packets.len());
                for packet in faults::polling::received(session.faults(), packets) {
                    session.receive(packet);
                }
            }
            Err(_) if faults::polling::ignores_invalid_payload(session.faults()) => {}
            Err(_) => session.close(Ending::ParseError),
        }
    }
}

impl Drop for PendingPost {
    fn drop(&mut self) {
        self.session.lock().post_pending = false;
        if !self.whole {
            faults::polling::aborted_post(&self.session);
        }
    }
}

/// A GET that waits.
struct PendingPoll {
    session: Arc<Session>,
    answered: bool,
}

impl PendingPoll {
    fn begin(session: &Arc<Session>) -> Result<Self, Overlap> {
        let overlaps = std::mem::replace(&mut session.lock().poll_pending, true);
        if overlaps && !faults::polling::accepts_concurrent_gets(session.faults()) {
            session.close(Ending::TransportError);
            return Err(Overlap);
        }
        Ok(Self {
            session: Arc::clone(session),
            answered: false,
        })
    }

    fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for PendingPoll {
    fn drop(&mut self) {
        self.session.lock().poll_pending = false;
        if !self.answered {
            faults::polling::aborted_poll(&self.session);
        }
    }
}

impl Session {
    /// Loses the next packet, as to a poll that is gone: a defect.
    pub(in crate::reference) fn lose_next_packet(&self) {
        self.lock().loses_next = true;
    }

    /// What a waiting GET is answered with; `None` where it has to wait on.
    fn take_for_poll(&self) -> Option<Vec<Arc<Outbound>>> {
        let mut forget = false;
        let taken = {
            let mut state = self.lock();
            let state = &mut *state;
            let mut waiting: Vec<_> = match state.transport {
                TransportKind::Polling => state.queue.take().into(),
                TransportKind::WebSocket => Vec::new(),
            };
            match state.phase {
                Phase::Closed(last) => waiting.push(last_packet(last)),
                // The close comes in a payload of its own: a client that finds it behind the last
                // messages ends the transport before it has handled them.
                Phase::Draining if waiting.is_empty() => {
                    let last = Ending::Application.last_packet();
                    waiting.push(last_packet(last));
                    state.phase = Phase::Closed(last);
                    forget = true;
                }
                Phase::Open if waiting.is_empty() && std::mem::take(&mut state.release_poll) => {
                    waiting.push(Outbound::control(PacketType::Noop));
                }
                Phase::Draining | Phase::Open => {}
            }
            waiting
        };
        if forget {
            self.forget(Ending::Application);
        }
        (!taken.is_empty()).then_some(taken)
    }
}

fn decode(session: &Session, body: &Bytes, kind: PayloadKind) -> Result<Vec<Packet>, PayloadError> {
    // A packet is a byte at least, so the limit on the body bounds the packets as well.
    let max_packets = body.len() + 1;
    match session.revision {
        Revision::V3 => v3::decode_payload(body, kind == PayloadKind::Binary, max_packets),
        Revision::V4 => decode_payload(body, max_packets),
    }
}

fn encode(session: &Session, packets: &[Packet]) -> Payload {
    let has_bytes = packets
        .iter()
        .any(|packet| matches!(packet.data, PacketData::Binary(_)));
    let (body, kind) = match faults::revision3::payload(session) {
        Revision::V3 if has_bytes && !session.base64 => {
            (v3::encode_binary_payload(packets), PayloadKind::Binary)
        }
        Revision::V3 => (v3::encode_payload(packets), PayloadKind::Text),
        Revision::V4 => {
            let packets = faults::polling::sent(session.faults(), packets);
            let body = encode_payload(&packets);
            (
                faults::polling::payload(session.faults(), body),
                PayloadKind::Text,
            )
        }
    };
    Payload { body, kind }
}
