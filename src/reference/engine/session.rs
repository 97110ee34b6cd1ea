//! One Engine.IO session: its state, the packets that wait for its client, and its end.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Delivery, Ending, Outbound, PollForm, Revision, Sent, SessionHandler, TokenSources,
    ending::LastPacket, pulse::Pulse, queue::Queue, random_id,
};
use crate::{
    clock,
    reference::{FaultSet, arrivals::Connection, shared::Shared},
    wire::engine_io::{Handshake, PacketType},
};

/// One Engine.IO session.
///
/// The transports and sockets of a session hold it by `Arc`; [`Session::close`] removes the
/// sockets. The state is locked only for short moments, and no other lock is taken while it is
/// locked.
#[derive(Debug)]
pub(in crate::reference) struct Session {
    pub(in crate::reference) sid: Box<str>,
    pub(in crate::reference) revision: Revision,
    /// How the server encodes its answers to the session's polls.
    pub(super) polls: PollForm,
    pub(in crate::reference) tokens: TokenSources,
    pub(in crate::reference) server: Arc<Shared>,
    /// The Socket.IO state of the session; `None` on a bare Engine.IO server.
    pub(in crate::reference) handler: Option<Box<dyn SessionHandler>>,
    /// The time at which the session opened.
    pub(super) opened: Instant,
    pub(super) pulse: Pulse,
    pub(super) state: Mutex<State>,
    /// Wakes the pending poll when packets wait for the client.
    pub(super) poll_wake: Notify,
    /// Wakes a POST that waits for a poll to begin.
    pub(super) poll_begun: Notify,
    /// Wakes the WebSocket that probes the session, because a request waits for the frames that have arrived on it.
    pub(super) probe_wake: Notify,
    /// Wakes the WebSocket's task when packets wait for the client.
    pub(super) socket_wake: Notify,
    ended: CancellationToken,
}

/// The transport that a session uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum TransportKind {
    /// HTTP long-polling.
    Polling,
    /// WebSocket.
    WebSocket,
}

/// The phase of a session's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// The session is open: the server sends and receives packets.
    Open,
    /// The session is closing: the server still sends the waiting packets, and then the close
    /// packet.
    Draining,
    /// The session is closed. Holds the packet that answers the client's last poll.
    Closed(LastPacket),
}

/// The part of a session that changes, behind a lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) transport: TransportKind,
    pub(super) queue: Queue,
    /// Whether a GET of the client waits for packets.
    pub(super) poll_pending: bool,
    /// The connection of the last GET.
    pub(super) poll_connection: Weak<Connection>,
    /// Whether the server is reading the body of a POST.
    pub(super) post_pending: bool,
    /// Whether the pending poll has to be answered at once, with a noop if no packet waits, because
    /// the session is switching to WebSocket.
    pub(super) release_poll: bool,
    /// Whether a WebSocket is probing the session for an upgrade.
    pub(super) upgrading: bool,
    /// The requests that wait until the frames of the upgrade are handled. Dropping a sender wakes its request.
    pub(super) behind_upgrade: Vec<oneshot::Sender<Infallible>>,
    /// Whether the WebSocket accepted only a part of the last write, because its buffer was full.
    pub(super) congested: bool,
    /// Whether the next packet for the client is dropped. Only faults set this.
    pub(super) loses_next: bool,
}

impl Session {
    /// Opens a session and adds it to the server's sessions.
    pub(in crate::reference) fn open(
        server: &Arc<Shared>,
        transport: TransportKind,
        revision: Revision,
        polls: PollForm,
        tokens: TokenSources,
    ) -> Arc<Self> {
        let session = Arc::new(Self {
            sid: server.faults().choose_sid(random_id).into_boxed_str(),
            revision,
            polls,
            tokens,
            server: Arc::clone(server),
            handler: server.open_handler(),
            opened: clock::now(),
            pulse: Pulse::default(),
            state: Mutex::new(State {
                phase: Phase::Open,
                transport,
                queue: Queue::default(),
                poll_pending: false,
                poll_connection: Weak::new(),
                post_pending: false,
                release_poll: false,
                upgrading: false,
                behind_upgrade: Vec::new(),
                congested: false,
                loses_next: false,
            }),
            poll_wake: Notify::new(),
            poll_begun: Notify::new(),
            probe_wake: Notify::new(),
            socket_wake: Notify::new(),
            ended: CancellationToken::new(),
        });
        server.sessions.insert(&session);
        session
    }

    /// Returns the faults that are switched on.
    pub(in crate::reference) fn faults(&self) -> &FaultSet {
        self.server.faults()
    }

    /// Returns the content of the open packet (Engine.IO v4, "Handshake").
    pub(in crate::reference) fn handshake(&self) -> Handshake {
        let config = &self.server.config;
        let upgradable =
            config.upgrades && config.websocket && self.transport() == TransportKind::Polling;
        let upgrades = upgradable.then(|| "websocket".to_owned());
        Handshake {
            sid: self.sid.to_string(),
            upgrades: upgrades.into_iter().collect(),
            ping_interval: config.ping_interval,
            ping_timeout: config.ping_timeout,
            max_payload: match self.revision {
                Revision::V3 => None,
                Revision::V4 => Some(config.max_payload),
            },
        }
    }

    /// Returns the transport that the session uses at this moment.
    pub(in crate::reference) fn transport(&self) -> TransportKind {
        self.lock().transport
    }

    /// Returns true if the session is open, so that the server handles packets from the client.
    pub(in crate::reference) fn is_open(&self) -> bool {
        self.lock().phase == Phase::Open
    }

    /// Returns true if the client has joined no namespace since the session opened.
    pub(in crate::reference) fn awaits_connect(&self) -> bool {
        let handler = self.handler.as_ref();
        handler.is_some_and(|handler| !handler.has_joined())
    }

    /// Queues packets for the client.
    pub(in crate::reference) fn send(&self, outbound: Arc<Outbound>, delivery: Delivery) -> Sent {
        self.send_if_admitted(|| Some((outbound, delivery)))
    }

    /// Queues packets of one socket for the client if `gate` is true. The gate of a socket becomes
    /// false when the socket leaves its namespace.
    pub(in crate::reference) fn send_while(
        &self,
        gate: &AtomicBool,
        outbound: Arc<Outbound>,
        delivery: Delivery,
    ) -> Sent {
        // [`Session::send_last`] sets the gate to false under the lock of the queue. The gate is
        // read under the same lock, so no packet of a socket is queued after its last one.
        self.send_if_admitted(|| gate.load(Ordering::Acquire).then_some((outbound, delivery)))
    }

    /// Queues the last packets of a socket and sets `gate` to false, so that
    /// [`Session::send_while`] sends nothing more for this socket.
    ///
    /// Returns true if the gate was true. Otherwise nothing is queued.
    pub(in crate::reference) fn send_last(
        &self,
        gate: &AtomicBool,
        outbound: Option<Arc<Outbound>>,
    ) -> bool {
        let mut was_up = false;
        self.send_if_admitted(|| {
            was_up = gate.swap(false, Ordering::AcqRel);
            outbound
                .filter(|_| was_up)
                .map(|outbound| (outbound, Delivery::Assured))
        });
        was_up
    }

    /// Queues packets of Engine.IO itself, such as pings. Closes the session if its queue is full.
    pub(super) fn send_packet(&self, packet: Arc<Outbound>) {
        if self.send(packet, Delivery::Assured) == Sent::Overflow {
            self.close(Ending::QueueOverflow);
        }
    }

    /// Queues one packet without data, such as a ping or a close packet.
    pub(in crate::reference) fn send_control(&self, kind: PacketType) {
        self.send_packet(Outbound::control(kind));
    }

    /// Closes the session: notifies its sockets, then its transport. Further calls have no effect.
    pub(in crate::reference) fn close(&self, ending: Ending) {
        {
            let mut state = self.lock();
            if state.phase != Phase::Open {
                return;
            }
            state.phase = if ending.is_graceful() {
                Phase::Draining
            } else {
                Phase::Closed(ending.last_packet())
            };
        }
        // A polling client needs its session for one more poll, which delivers the close packet.
        if !(ending.is_graceful() && self.transport() == TransportKind::Polling) {
            self.forget(ending);
        }
        if let Some(handler) = &self.handler {
            handler.session_ended(ending.reason());
        }
        self.ended.cancel();
        if self.faults().hangs_poll_on_close() {
            return;
        }
        self.poll_wake.notify_one();
        self.socket_wake.notify_one();
    }

    /// Removes the session from the server's sessions.
    pub(super) fn forget(&self, ending: Ending) {
        if !self.faults().keeps_session(ending) {
            self.server.sessions.remove(&self.sid);
        }
    }

    /// Closes the session and returns true if the client's pong is too late. Otherwise returns
    /// false.
    pub(in crate::reference) fn close_if_overdue(&self) -> bool {
        let is_overdue = self.pulse.is_overdue();
        if is_overdue {
            self.close(Ending::PingTimeout);
        }
        is_overdue
    }

    /// Waits until the server has handled the frames that have arrived on a WebSocket that probes the session. Returns
    /// at once if there is none.
    pub(in crate::reference) async fn await_upgrade_frames(&self) {
        let (behind, handled) = oneshot::channel::<Infallible>();
        {
            let mut state = self.lock();
            if !state.upgrading {
                return;
            }
            state.behind_upgrade.push(behind);
        }
        self.probe_wake.notify_one();
        // The WebSocket drops the sender.
        let _ = handled.await;
    }

    /// Returns true if packets wait for the client.
    pub(in crate::reference) fn has_waiting(&self) -> bool {
        !self.lock().queue.is_empty()
    }

    /// Returns true if the session is on WebSocket or has a pending poll, so that the server can
    /// write a packet without waiting for the client's next poll.
    pub(in crate::reference) fn is_polled(&self) -> bool {
        let state = self.lock();
        state.transport == TransportKind::WebSocket || state.poll_pending
    }

    /// Resolves when the session has ended.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts packets into the queues of all other polling sessions of the server. Only faults call
    /// this.
    fn send_to_other_sessions(&self, outbound: &Arc<Outbound>) {
        for other in self.server.sessions.all() {
            let mut state = other.lock();
            if other.sid != self.sid && state.transport == TransportKind::Polling {
                state.queue.push(Arc::clone(outbound));
                other.poll_wake.notify_one();
            }
        }
    }

    fn send_if_admitted(&self, admit: impl FnOnce() -> Option<(Arc<Outbound>, Delivery)>) -> Sent {
        let (transport, leaked) = {
            let mut state = self.lock();
            let Some((outbound, delivery)) = admit() else {
                return Sent::Dropped;
            };
            if state.phase != Phase::Open {
                return Sent::Dropped;
            }
            if delivery == Delivery::Volatile && !state.is_writable() {
                return Sent::Dropped;
            }
            if state.queue.bytes() + outbound.size() > self.server.config.max_queue
                && !state.queue.is_empty()
            {
                return Sent::Overflow;
            }
            if std::mem::take(&mut state.loses_next) {
                return Sent::Dropped;
            }
            let leaked = self
                .faults()
                .shares_buffers(&outbound)
                .then(|| Arc::clone(&outbound));
            state.queue.push(outbound);
            (state.transport, leaked)
        };
        if let Some(leaked) = leaked {
            self.send_to_other_sessions(&leaked);
        }
        match transport {
            TransportKind::Polling => self.poll_wake.notify_one(),
            TransportKind::WebSocket => self.socket_wake.notify_one(),
        }
        Sent::Queued
    }
}

impl State {
    /// Returns true if a packet for the session's client can be written at once, so that it need
    /// not wait in the queue.
    fn is_writable(&self) -> bool {
        match self.transport {
            TransportKind::Polling => self.poll_pending && self.queue.is_empty(),
            TransportKind::WebSocket => !self.congested,
        }
    }
}

/// Returns the packet that answers the last poll of a session.
pub(super) fn last_packet(last: LastPacket) -> Arc<Outbound> {
    Outbound::control(match last {
        LastPacket::Close => PacketType::Close,
        LastPacket::Noop => PacketType::Noop,
    })
}
