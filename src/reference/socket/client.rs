//! One client in one namespace.

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::oneshot;

use super::{Ack, Answer, Namespace, Peer, ack::Questions, recovery::Kept};
use crate::{
    data::Data,
    reference::{
        FaultSet, Parser, app,
        engine::{Delivery, Ending, Outbound, Revision, Sent, Session, random_id},
        faults,
        rooms::Selection,
        server::Shared,
    },
    wire::{
        engine_io,
        socket_io::{self, AckId, Packet, msgpack},
    },
};

/// The id of a socket, and the name of its own room.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(in crate::reference) struct SocketId(Arc<str>);

/// Who is behind a socket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::reference) struct User {
    /// The token's `sub`.
    pub(in crate::reference) id: Option<String>,
    /// The token's `role`.
    pub(in crate::reference) role: Option<String>,
}

/// What becomes of the connection when the server disconnects a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Close {
    /// It ends.
    Connection,
    /// It stays: only the namespace is left.
    Namespace,
}

/// One client in one namespace.
#[derive(Debug)]
pub(in crate::reference) struct Socket {
    id: SocketId,
    namespace: Arc<Namespace>,
    session: Arc<Session>,
    user: Box<User>,
    /// What only its client knows, to come back with; `None` where nobody can.
    pid: Option<Box<str>>,
    /// Down once the socket has left: nothing is sent through it any more.
    connected: AtomicBool,
    questions: Questions,
}

/// One event from a client.
#[derive(Debug)]
pub(in crate::reference) struct Call {
    pub(in crate::reference) socket: Arc<Socket>,
    pub(in crate::reference) name: String,
    pub(in crate::reference) args: Vec<Data>,
    pub(in crate::reference) ack: Option<Arc<Ack>>,
}

impl SocketId {
    /// An id that nobody has, and nobody can guess.
    pub(super) fn random() -> Self {
        Self(random_id().into())
    }

    /// The id in text.
    pub(in crate::reference) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SocketId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Socket {
    /// A socket of `session` in `namespace`, not yet known to anybody.
    pub(in crate::reference) fn new(
        session: &Arc<Session>,
        namespace: &Arc<Namespace>,
        user: User,
    ) -> Arc<Self> {
        let recoverable = namespace.recovery().is_some() && session.revision == Revision::V4;
        Self::with(
            faults::connect::socket_id(session, namespace.name(), SocketId::random()),
            session,
            namespace,
            user,
            recoverable.then(|| random_id().into()),
        )
    }

    /// A socket of `session` that goes on where one of a connection that is gone left off.
    pub(super) fn resumed(
        session: &Arc<Session>,
        namespace: &Arc<Namespace>,
        kept: Kept,
    ) -> Arc<Self> {
        let user = faults::recovery::alter_user(session.faults(), kept.user);
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

    /// What only its client knows, to come back with.
    pub(in crate::reference) fn pid(&self) -> Option<&str> {
        self.pid.as_deref()
    }

    /// Its id.
    pub(in crate::reference) fn id(&self) -> &SocketId {
        &self.id
    }

    /// Its namespace.
    pub(in crate::reference) fn namespace(&self) -> &Arc<Namespace> {
        &self.namespace
    }

    /// The session that carries it.
    pub(in crate::reference) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The faults switched on.
    pub(in crate::reference) fn faults(&self) -> &FaultSet {
        self.session.faults()
    }

    /// Who is behind it.
    pub(in crate::reference) fn user(&self) -> &User {
        &self.user
    }

    /// The user's id: what the token says, else the socket's.
    pub(in crate::reference) fn user_id(&self) -> Cow<'_, str> {
        let own = self.user.id.as_deref().unwrap_or(self.id.as_str());
        faults::auth::user_id(self, own)
    }

    /// Whether it has not left.
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
        let own = || Selection::to([self.id.as_str()]);
        match self.namespace.recovery() {
            None => self.send(&packet),
            Some(recovery) => {
                let missable = recovery.stamp(&own(), &mut packet, self.faults());
                // Events are kept in the order in which they are queued.
                let rooms = self.namespace.rooms();
                recovery.note(missable, self.faults());
                let sent = self.push(outbound(&packet, &self.session.server), Delivery::Assured);
                drop(rooms);
                self.end_if_overflowed(sent);
            }
        }
    }

    /// Sends a packet to this client, unless the socket has left.
    pub(in crate::reference) fn send(&self, packet: &Packet) {
        let outbound = outbound(packet, &self.session.server);
        let sent = self.push(outbound, Delivery::Assured);
        self.end_if_overflowed(sent);
    }

    fn end_if_overflowed(&self, sent: Sent) {
        if sent == Sent::Overflow {
            self.session.close(Ending::QueueOverflow);
        }
    }

    /// Queues what was encoded already; the caller ends the session on [`Sent::Overflow`].
    pub(in crate::reference) fn push(&self, outbound: Arc<Outbound>, delivery: Delivery) -> Sent {
        self.session.send_while(&self.connected, outbound, delivery)
    }

    /// Notes a question with this id, which is on its way; its answer comes through the receiver.
    pub(in crate::reference) fn ask(&self, id: AckId) -> oneshot::Receiver<Answer> {
        self.questions.ask(id)
    }

    /// Gives a question up: a late answer is ignored.
    pub(in crate::reference) fn withdraw(&self, id: AckId) {
        self.questions.withdraw(id);
    }

    /// Takes in the client's answer to a question.
    pub(in crate::reference) fn answered(&self, id: AckId, answer: Answer) {
        self.questions.answer(id, answer);
    }

    /// The ids of the questions that wait, oldest first.
    pub(in crate::reference) fn waiting(&self) -> Vec<AckId> {
        self.questions.waiting()
    }

    /// The session's sockets in other namespaces.
    pub(in crate::reference) fn siblings(&self) -> Vec<Arc<Self>> {
        let sockets = self.session.peer.as_ref().map(Peer::sockets);
        let mut sockets = sockets.unwrap_or_default();
        sockets.retain(|socket| socket.namespace.name() != self.namespace.name());
        sockets
    }

    /// The server sends the client out of the namespace.
    pub(in crate::reference) fn disconnect(&self, close: Close) {
        match faults::disconnect::alter_close(self.faults(), close) {
            Close::Namespace => self.dismiss(),
            Close::Connection => {
                if !faults::disconnect::closes_silently(self.faults()) {
                    self.siblings().iter().for_each(|socket| socket.dismiss());
                    self.dismiss();
                }
                self.session.close(Ending::Application);
            }
        }
    }

    /// Leaves without a word.
    pub(in crate::reference) fn vanish(&self) {
        self.leave(None, "server namespace disconnect");
    }

    /// Tells the client that it is sent away, and nothing more.
    pub(in crate::reference) fn say_goodbye(&self) {
        if let Some(goodbye) = self.goodbye() {
            self.push(goodbye, Delivery::Assured);
        }
    }

    /// Takes no further packets from the client.
    pub(in crate::reference) fn forget_membership(&self) {
        if let Some(peer) = &self.session.peer {
            peer.leave(self.namespace.name());
        }
    }

    /// The client left the namespace.
    pub(super) fn left(&self) {
        self.leave(None, "client namespace disconnect");
    }

    /// The connection is gone.
    pub(super) fn session_ended(&self, reason: &str) {
        self.leave(None, reason);
    }

    fn dismiss(&self) {
        faults::connect::note_kick(self);
        if faults::disconnect::keeps_socket(self.faults()) {
            self.say_goodbye();
        } else {
            self.leave(self.goodbye(), "server namespace disconnect");
        }
    }

    fn goodbye(&self) -> Option<Arc<Outbound>> {
        let packet = Packet::Disconnect {
            namespace: self.namespace.name().to_owned(),
        };
        let packet = faults::disconnect::alter_farewell(self, packet)?;
        Some(outbound(&packet, &self.session.server))
    }

    fn leave(&self, goodbye: Option<Arc<Outbound>>, reason: &str) {
        if !self.session.send_last(&self.connected, goodbye) {
            return;
        }
        self.forget_membership();
        if faults::disconnect::keeps_membership(self.faults()) {
            return;
        }
        let departed = self.namespace.remove(self, reason);
        app::left(self, &departed, reason);
    }
}

/// A packet as it goes to any number of clients.
pub(in crate::reference) fn outbound(packet: &Packet, server: &Shared) -> Arc<Outbound> {
    let faults = server.faults();
    let packet = faults::payload::alter_values(faults, packet);
    let mut messages = match server.config.parser {
        Parser::Json => as_text(&packet),
        Parser::Msgpack => faults::msgpack::encode_messages(faults, &packet, || {
            vec![engine_io::Packet::binary(msgpack::encode(&packet))]
        }),
    };
    faults::binary::alter_messages(faults, &mut messages);
    Outbound::new(messages)
}

/// A packet's text and its attachments.
pub(in crate::reference) fn as_text(packet: &Packet) -> Vec<engine_io::Packet> {
    let encoded = socket_io::encode(packet);
    let text = engine_io::Packet::text(engine_io::PacketType::Message, encoded.text);
    let attachments = encoded.attachments.into_iter();
    let mut messages = Vec::with_capacity(1 + attachments.len());
    messages.push(text);
    messages.extend(attachments.map(engine_io::Packet::binary));
    messages
}
