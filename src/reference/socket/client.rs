//! A socket: one client in one namespace.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::oneshot;

use super::{Answer, Namespace, Peer, SocketId, User, questions::Questions, recovery::KeptSession};
use crate::{
    data::Data,
    reference::{
        FaultSet, Parser,
        engine::{Delivery, Ending, Outbound, Revision, Sent, Session, random_id},
        rooms::{Member, Selection},
        shared::Shared,
    },
    wire::{
        engine_io,
        socket_io::{self, AckId, Packet, msgpack},
    },
};

/// What the server closes when it disconnects a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Close {
    /// The server closes the whole connection of the client.
    Connection,
    /// The server takes the client out of the namespace only; the connection stays open.
    Namespace,
}

/// One client in one namespace.
#[derive(Debug)]
pub(in crate::reference) struct Socket {
    id: SocketId,
    namespace: Arc<Namespace>,
    session: Arc<Session>,
    user: Box<User>,
    /// The private session id for connection state recovery; `None` if recovery is off.
    pid: Option<Box<str>>,
    /// Whether the socket is in its namespace. Nothing is sent to a socket that has left.
    connected: AtomicBool,
    questions: Questions,
}

impl Socket {
    /// Returns a socket of `session` that has not joined `namespace` yet.
    pub(in crate::reference) fn new(
        session: &Arc<Session>,
        namespace: &Arc<Namespace>,
        user: User,
    ) -> Arc<Self> {
        let recoverable = namespace.recovery().is_some() && session.revision == Revision::V4;
        Self::with(
            session
                .faults()
                .socket_id(session, namespace.name(), SocketId::random()),
            session,
            namespace,
            user,
            recoverable.then(|| random_id().into()),
        )
    }

    /// Returns the socket of a client that recovers a lost session on a new connection. The socket
    /// gets the former id, `pid` and user from `kept`.
    pub(super) fn recovered(
        session: &Arc<Session>,
        namespace: &Arc<Namespace>,
        kept: KeptSession,
    ) -> Arc<Self> {
        let user = session.faults().alter_user(kept.user);
        Self::with(kept.id, session, namespace, user, Some(kept.pid))
    }

    fn with(
        id: SocketId,
        session: &Arc<Session>,
        namespace: &Arc<Namespace>,
        user: User,
        pid: Option<Box<str>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            id,
            namespace: Arc::clone(namespace),
            session: Arc::clone(session),
            user: Box::new(user),
            pid,
            connected: AtomicBool::new(true),
            questions: Questions::default(),
        })
    }

    /// Returns the data that the server keeps of this socket, so that the client can recover the
    /// socket after its connection is lost.
    pub(in crate::reference) fn to_kept(&self, pid: &str, rooms: &[Arc<str>]) -> KeptSession {
        KeptSession::new(self.id.clone(), pid.into(), self.user().clone(), rooms)
    }

    /// Returns the private session id for connection state recovery.
    pub(in crate::reference) fn pid(&self) -> Option<&str> {
        self.pid.as_deref()
    }

    /// Returns the id of the socket.
    pub(in crate::reference) fn id(&self) -> &SocketId {
        &self.id
    }

    /// Returns the namespace of the socket.
    pub(in crate::reference) fn namespace(&self) -> &Arc<Namespace> {
        &self.namespace
    }

    /// Returns the session that carries the socket.
    pub(in crate::reference) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Returns the faults that are switched on.
    pub(in crate::reference) fn faults(&self) -> &FaultSet {
        self.session.faults()
    }

    /// Returns the user of the socket, as the client's token names it.
    pub(in crate::reference) fn user(&self) -> &User {
        &self.user
    }

    /// Returns the id of the user: the id in the token, or the socket's id if no token
    /// gives an id.
    pub(in crate::reference) fn user_id(&self) -> Cow<'_, str> {
        let own = self.user().id.as_deref().unwrap_or(self.id.as_str());
        self.faults().user_id(self, own)
    }

    /// Returns true if the socket has not left its namespace.
    pub(in crate::reference) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire)
    }

    /// Sends an event to this client.
    pub(in crate::reference) fn emit(&self, name: &str, args: Vec<Data>) {
        let mut packet = Packet::Event {
            namespace: self.namespace.name().to_owned(),
            id: None,
            name: name.to_owned(),
            args,
        };
        let own = || Selection::socket(self.id.as_str());
        match self.namespace.recovery() {
            None => self.send(&packet),
            Some(recovery) => {
                let missable = recovery.add_offset(&own(), &mut packet, self.faults());
                // One lock covers both steps: keeping the event for recovery, and queueing it for
                // the client. So recovery replays events in the order in which they were queued.
                let rooms = self.namespace.rooms();
                recovery.keep_event(missable, self.faults());
                let sent = self.push(
                    encode_packet(&packet, &self.session.server),
                    Delivery::Assured,
                );
                drop(rooms);
                self.end_if_overflowed(sent);
            }
        }
    }

    /// Sends a packet to this client, unless the socket has left.
    pub(in crate::reference) fn send(&self, packet: &Packet) {
        let outbound = encode_packet(packet, &self.session.server);
        let sent = self.push(outbound, Delivery::Assured);
        self.end_if_overflowed(sent);
    }

    fn end_if_overflowed(&self, sent: Sent) {
        if sent == Sent::Overflow {
            self.session.close(Ending::QueueOverflow);
        }
    }

    /// Queues encoded packets. The caller has to close the session on [`Sent::Overflow`].
    pub(in crate::reference) fn push(&self, outbound: Arc<Outbound>, delivery: Delivery) -> Sent {
        self.session.send_while(&self.connected, outbound, delivery)
    }

    /// Adds a question: an event that the client has to acknowledge with this id. The receiver gets
    /// the client's answer.
    pub(in crate::reference) fn ask(&self, id: AckId) -> oneshot::Receiver<Answer> {
        self.questions.ask(id)
    }

    /// Removes the question with this id, so that a late answer is ignored.
    pub(in crate::reference) fn withdraw(&self, id: AckId) {
        self.questions.withdraw(id);
    }

    /// Resolves the question with this id with the client's answer.
    pub(in crate::reference) fn resolve(&self, id: AckId, answer: Answer) {
        self.questions.answer(id, answer);
    }

    /// Returns the ids of the questions that the client has not answered, oldest first.
    pub(in crate::reference) fn waiting(&self) -> Vec<AckId> {
        self.questions.waiting()
    }

    /// Returns all namespaces of the server. Only faults call this.
    pub(in crate::reference) fn all_namespaces(&self) -> Vec<Arc<Namespace>> {
        let peer = Peer::of(&self.session);
        peer.map(|peer| peer.namespaces().all()).unwrap_or_default()
    }

    /// Returns the sockets of the same session in other namespaces.
    pub(in crate::reference) fn siblings(&self) -> Vec<Arc<Self>> {
        let sockets = Peer::of(&self.session).map(Peer::sockets);
        let mut sockets = sockets.unwrap_or_default();
        sockets.retain(|socket| socket.namespace.name() != self.namespace.name());
        sockets
    }

    /// Disconnects the client from the namespace, or closes its connection.
    pub(in crate::reference) fn disconnect(&self, close: Close) {
        match self.faults().alter_close(close) {
            Close::Namespace => self.dismiss(),
            Close::Connection => {
                if !self.faults().closes_silently() {
                    self.siblings().iter().for_each(|socket| socket.dismiss());
                    self.dismiss();
                }
                self.session.close(Ending::Application);
            }
        }
    }

    /// Takes the socket out of the namespace without sending DISCONNECT.
    pub(in crate::reference) fn vanish(&self) {
        self.leave(None, "server namespace disconnect");
    }

    /// Sends DISCONNECT to the client, and does nothing else.
    pub(in crate::reference) fn send_disconnect(&self) {
        if let Some(goodbye) = self.goodbye() {
            self.push(goodbye, Delivery::Assured);
        }
    }

    /// Removes the socket from its session, so that the server no longer handles the client's
    /// packets for this namespace.
    pub(in crate::reference) fn forget_membership(&self) {
        if let Some(peer) = Peer::of(&self.session) {
            peer.leave(self.namespace.name());
        }
    }

    /// Takes the socket out of the namespace, after the client sent DISCONNECT.
    pub(super) fn leave_as_asked(&self) {
        self.leave(None, "client namespace disconnect");
    }

    /// Takes the socket out of the namespace, after its session ended.
    pub(super) fn session_ended(&self, reason: &str) {
        self.leave(None, reason);
    }

    fn dismiss(&self) {
        if self.faults().ignores_kick(self) {
            return;
        }
        self.faults().note_kick(self);
        if self.faults().keeps_socket() {
            self.send_disconnect();
        } else {
            self.leave(self.goodbye(), "server namespace disconnect");
        }
    }

    fn goodbye(&self) -> Option<Arc<Outbound>> {
        let packet = Packet::Disconnect {
            namespace: self.namespace.name().to_owned(),
        };
        let packet = self.faults().alter_farewell(packet)?;
        Some(encode_packet(&packet, &self.session.server))
    }

    fn leave(&self, goodbye: Option<Arc<Outbound>>, reason: &str) {
        if !self.session.send_last(&self.connected, goodbye) {
            return;
        }
        self.forget_membership();
        if self.faults().keeps_membership() {
            return;
        }
        self.faults().note_gone_rooms(self);
        self.namespace.remove(self, reason);
    }
}

impl Member for Socket {
    fn id(&self) -> &SocketId {
        &self.id
    }
}

/// Returns a packet encoded for any number of clients.
pub(in crate::reference) fn encode_packet(packet: &Packet, server: &Shared) -> Arc<Outbound> {
    let faults = server.faults();
    let packet = faults.alter_packet_values(packet);
    let mut messages = match server.config.parser {
        Parser::Json => encode_as_text(&packet),
        Parser::Msgpack => faults.encode_messages(&packet, || {
            vec![engine_io::Packet::binary(msgpack::encode(&packet))]
        }),
    };
    faults.alter_messages(&mut messages);
    Outbound::new(messages)
}

/// Returns the messages of a packet: its text and its attachments.
pub(in crate::reference) fn encode_as_text(packet: &Packet) -> Vec<engine_io::Packet> {
    let encoded = socket_io::encode(packet);
    let text = engine_io::Packet::text(engine_io::PacketType::Message, encoded.text);
    let attachments = encoded.attachments.into_iter();
    let mut messages = Vec::with_capacity(1 + attachments.len());
    messages.push(text);
    messages.extend(attachments.map(engine_io::Packet::binary));
    messages
}
