//! HTTP long-polling (Engine.IO v4, "HTTP long-polling").

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::select;

use super::{
    Ending, Outbound, PollForm, Query, Revision, Session, TokenSources, TransportKind,
    jsonp::payload_of_form,
    session::{Phase, last_packet},
};
use crate::{
    clock,
    reference::{
        arrivals::{Connection, Turn},
        shared::Shared,
        socket,
    },
    wire::engine_io::{
        Packet, PacketData, PacketType, PayloadError, decode_payload, encode_payload, v3,
    },
};

/// How long a POST that ends the session waits for a poll that its client sent together with it.
const POLL_ON_ITS_WAY: Duration = Duration::from_millis(50);

/// Packets that are encoded as the body of one HTTP request or response, and the form of that
/// encoding.
#[derive(Debug)]
pub(in crate::reference) struct Payload {
    pub(in crate::reference) body: Bytes,
    pub(in crate::reference) kind: PayloadKind,
}

/// The form in which a polling payload is encoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum PayloadKind {
    /// The payload is in the binary form of Engine.IO revision 3.
    Binary,
    /// The payload is a JSONP script, which passes the packets to a function of the page.
    Script,
    /// The payload is text.
    Text,
}

/// A session that was opened by a polling request.
#[derive(Debug)]
pub(in crate::reference) struct Opened {
    /// The id of the session that was opened.
    pub(in crate::reference) sid: Box<str>,
    /// The answer to the request that opened the session. It holds the open packet.
    pub(in crate::reference) payload: Payload,
}

/// The error for a request that the server does not serve, which closes the session: a second GET, or a second POST, while
/// the first one is pending, or a GET whose client has closed the connection.
#[derive(Debug)]
pub(in crate::reference) struct Unserved;

/// Opens a polling session. The payload that is returned has the session's open packet.
pub(in crate::reference) fn open(
    server: &Arc<Shared>,
    revision: Revision,
    query: &Query,
    tokens: TokenSources,
) -> Opened {
    let polls = PollForm::of(query, revision, server.faults());
    let session = Session::open(server, TransportKind::Polling, revision, polls, tokens);
    session.spawn_supervisor();
    let packet = open_packet(&session);
    if session.faults().joins_without_connect(&session) {
        socket::connect_by_default(&session);
    }
    Opened {
        sid: session.sid.clone(),
        payload: encode(&session, &[packet]),
    }
}

/// Returns the open packet of a session.
pub(super) fn open_packet(session: &Session) -> Packet {
    let data = session
        .faults()
        .encode_open_packet(session, session.handshake());
    Packet::text(PacketType::Open, data)
}

/// Waits until the server has packets for the client, and returns them as a payload.
///
/// # Errors
///
/// Returns an error and closes the session if another GET is pending, or if the client closes the connection of this GET.
pub(in crate::reference) async fn poll(
    session: &Arc<Session>,
    turn: &Turn<'_>,
) -> Result<Payload, Unserved> {
    let pending = PendingPoll::begin(session, turn.connection())?;
    turn.handled();
    loop {
        if let Some(waiting) = session.take_for_poll() {
            pending.answered();
            let packets: Vec<Packet> = waiting
                .iter()
                .flat_map(|outbound| outbound.packets().iter().cloned())
                .collect();
            return Ok(encode(session, &packets));
        }
        select! {
            biased;
            () = session.poll_wake.notified() => {}
            // Nobody reads the refusal. Dropping `pending` closes the session.
            () = turn.connection().closed_by_client() => return Err(Unserved),
        }
    }
}

/// A POST whose body the server is still receiving.
#[derive(Debug)]
pub(in crate::reference) struct PendingPost {
    session: Arc<Session>,
    whole: bool,
}

/// Starts to receive a POST, and marks it as pending.
///
/// # Errors
///
/// Returns an error and closes the session if another POST is pending.
pub(in crate::reference) fn post(session: &Arc<Session>) -> Result<PendingPost, Unserved> {
    let overlaps = std::mem::replace(&mut session.lock().post_pending, true);
    if overlaps && !session.faults().accepts_concurrent_posts() {
        session.close(Ending::TransportError);
        return Err(Unserved);
    }
    Ok(PendingPost {
        session: Arc::clone(session),
        whole: false,
    })
}

impl PendingPost {
    /// Resolves when the session has ended.
    pub(in crate::reference) async fn session_ended(&self) {
        self.session.ended().await;
    }

    /// If the body ends the session and no poll is pending, waits for a poll that the client sent together with this
    /// POST. Without the wait, the session would be unknown when the server handles the poll, and the poll would be
    /// refused.
    ///
    /// The server first handles all requests that have arrived. Then it waits for [`POLL_ON_ITS_WAY`]: a client
    /// connects anew for each request, and on a busy machine the connection of the POST is often the first one, even if
    /// the client's program sent the poll first.
    pub(in crate::reference) async fn await_poll(
        &self,
        turn: &Turn<'_>,
        body: &Bytes,
        kind: PayloadKind,
    ) {
        let session = &self.session;
        if session.transport() == TransportKind::Polling
            && !session.lock().poll_pending
            && ends_session(session, body, kind)
        {
            let mut begun = pin!(session.poll_begun.notified());
            begun.as_mut().enable();
            turn.await_all().await;
            if !session.lock().poll_pending {
                // Without a poll, the packets are handled after this time.
                let _ = clock::within(POLL_ON_ITS_WAY, begun).await;
            }
        }
    }

    /// Ends a POST whose body the server refuses, without closing the session.
    pub(in crate::reference) fn refuse(mut self) {
        self.whole = true;
    }

    /// Handles the packets of the body in order, until one of them ends the session.
    pub(in crate::reference) fn receive(mut self, body: &Bytes, kind: PayloadKind) {
        self.whole = true;
        let session = Arc::clone(&self.session);
        let faults = session.faults();
        let (packets, broken) = match decode(&session, body, kind) {
            Ok(packets) => (packets, false),
            Err(error) => match faults.salvage_packets(body) {
                Some(packets) => (packets, false),
                None => (decode_intact(&session, body, kind, &error), true),
            },
        };
        session.faults().crash_on_payload(&session, packets.len());
        for packet in faults.alter_received(packets) {
            session.receive(packet);
        }
        session.faults().close_after_post(&session);
        if broken {
            session.close(Ending::ParseError);
        }
    }

    /// Returns how long an active fault delays the handling of a body with this many bytes; `None`
    /// without such a fault.
    pub(in crate::reference) fn delay(&self, bytes: usize) -> Option<Duration> {
        self.session
            .faults()
            .delay_for_payload(&self.session, bytes)
    }
}

impl Drop for PendingPost {
    fn drop(&mut self) {
        self.session.lock().post_pending = false;
        if !self.whole {
            self.session.faults().handle_aborted_post(&self.session);
        }
    }
}

/// A pending poll: a GET request that waits for packets for the client.
struct PendingPoll {
    session: Arc<Session>,
    answered: bool,
}

impl PendingPoll {
    fn begin(session: &Arc<Session>, connection: &Arc<Connection>) -> Result<Self, Unserved> {
        let overlaps = {
            let mut state = session.lock();
            state.poll_connection = Arc::downgrade(connection);
            std::mem::replace(&mut state.poll_pending, true)
        };
        if overlaps && !session.faults().accepts_concurrent_gets() {
            session.close(Ending::TransportError);
            return Err(Unserved);
        }
        session.poll_begun.notify_waiters();
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
            self.session.faults().handle_aborted_poll(&self.session);
        }
    }
}

impl Session {
    /// Makes the session drop the next packet for the client, as if the packet had been sent in the
    /// answer to an aborted poll. Only faults call this.
    pub(in crate::reference) fn lose_next_packet(&self) {
        self.lock().loses_next = true;
    }

    /// Closes the session if its client has closed the connection of the pending poll.
    ///
    /// The task of that connection closes the session too, but may run later than the client's next request.
    pub(in crate::reference) fn close_if_poll_aborted(&self) {
        let connection = {
            let state = self.lock();
            let pending = state.poll_pending.then(|| state.poll_connection.upgrade());
            pending.flatten()
        };
        if connection.is_some_and(|connection| connection.is_closed_by_client())
            && !self.faults().keeps_session_of_aborted_poll()
        {
            self.close(Ending::TransportClosed);
        }
    }

    /// Returns the packets that answer a pending GET; `None` if the GET has to wait.
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
                // The close packet gets a payload of its own. If it came in one payload with
                // messages, the client would close its transport before it has handled these
                // messages.
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

/// Returns true if the body ends the session: it has a close packet, or is no valid payload.
fn ends_session(session: &Session, body: &Bytes, kind: PayloadKind) -> bool {
    let packets = decode(session, body, kind);
    packets.map_or(true, |packets| {
        packets
            .iter()
            .any(|packet| packet.kind == PacketType::Close)
    })
}

fn decode(session: &Session, body: &Bytes, kind: PayloadKind) -> Result<Vec<Packet>, PayloadError> {
    // The decoder needs a limit on the number of packets, but the body is already limited in size.
    // No body of this size holds more packets than this, so the limit is never exceeded.
    let max_packets = body.len() + 1;
    match session.revision {
        Revision::V3 if session.polls.script.is_some() => {
            let payload = payload_of_form(body, session.faults()).unwrap_or_default();
            v3::decode_payload(&payload.into(), v3::Form::Text, max_packets)
        }
        Revision::V3 => {
            let form = match kind {
                PayloadKind::Binary => v3::Form::Binary,
                PayloadKind::Script | PayloadKind::Text => v3::Form::Text,
            };
            v3::decode_payload(body, form, max_packets)
        }
        Revision::V4 => decode_payload(body, max_packets),
    }
}

/// Returns the packets of the body that precede the first invalid packet.
fn decode_intact(
    session: &Session,
    body: &Bytes,
    kind: PayloadKind,
    error: &PayloadError,
) -> Vec<Packet> {
    let PayloadError::Packet { index, offset, .. } = error else {
        return Vec::new();
    };
    let separator = match session.revision {
        Revision::V3 => 0,
        Revision::V4 => 1,
    };
    if *index == 0 || session.polls.script.is_some() {
        return Vec::new();
    }
    let before = body.slice(..offset.saturating_sub(separator).min(body.len()));
    decode(session, &before, kind).unwrap_or_default()
}

fn encode(session: &Session, packets: &[Packet]) -> Payload {
    let has_bytes = packets
        .iter()
        .any(|packet| matches!(packet.data, PacketData::Binary(_)));
    let faults = session.faults();
    let base64 = session.polls.base64 && !faults.ignores_base64();
    let (body, kind) = match session.faults().choose_payload_revision(session, packets) {
        Revision::V3 if has_bytes && !base64 => {
            (v3::encode_binary_payload(packets), PayloadKind::Binary)
        }
        Revision::V3 => {
            let body = faults.encode_text_payload(packets);
            let body = body.unwrap_or_else(|| v3::encode_payload(packets));
            (body, PayloadKind::Text)
        }
        Revision::V4 => {
            let packets = faults.alter_sent(packets);
            let body = faults.alter_payload(encode_payload(&packets));
            (body, PayloadKind::Text)
        }
    };
    match &session.polls.script {
        Some(callback) => Payload {
            body: callback
                .script(&String::from_utf8_lossy(&body), faults)
                .into(),
            kind: PayloadKind::Script,
        },
        None => Payload { body, kind },
    }
}
