//! Faults in joining namespaces (Socket.IO v5, "Connection to a namespace").

use std::{borrow::Cow, sync::Arc, time::Duration};

use super::{blocked_connections::block_connection, scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Ending, Session, SessionHandler, TransportKind},
        socket::{Membership, Peer, Refused, Socket, SocketId, User, encode_packet},
    },
    wire::socket_io::Packet,
};

faults!(ConnectFault {
    AuthEmptyIsNull = "connect-auth-empty-is-null": "The server passes null to the application for an empty CONNECT payload.";
    AuthDropped = "connect-auth-dropped": "The server does not pass the CONNECT payload to the application.";
    ClosesOnUnknown = "unknown-namespace-closes-transport": "The server closes the connection on a CONNECT to an unknown namespace.";
    DynamicMerged = "dynamic-namespaces-merged": "The server treats all dynamic namespaces as one.";
    DynamicRefused = "dynamic-namespace-refused": "The server refuses dynamic namespaces.";
    DynamicUnanchored = "dynamic-namespace-unanchored": "The server accepts every name that contains the name of a dynamic namespace.";
    EventBeforeConnect = "event-before-connect-handled": "The server joins a client to a namespace when the client sends an event to it without CONNECT.";
    EventUnjoined = "event-unjoined-namespace-handled": "When a client sends an event to a namespace that it has not joined, the server handles the event in the main namespace.";
    EventsOvertakeReply = "connect-events-overtake-reply": "The server sends an event before the CONNECT reply.", seen "python-socketio 5.18.1";
    IgnoresUnknown = "unknown-namespace-ignored": "The server does not answer a CONNECT to an unknown namespace.";
    KickWorksOnce = "kick-works-once": "The server disconnects a client from a namespace only once, and ignores later requests to do so.";
    KickedAgainLockedOut = "kicked-client-locked-out-again": "The server refuses a client that joins a namespace again after the server disconnected it for the second time.";
    KickedLockedOut = "kicked-client-locked-out": "The server refuses a client that joins a namespace again after the server disconnected it.";
    NamesCaseInsensitive = "namespace-names-case-insensitive": "The server compares namespace names without regard to case.";
    NamesHitPrototype = "namespace-names-hit-prototype": "The server accepts namespaces with names such as `/constructor`.", seen "namespace tables that are plain objects";
    NamesMatchPrefix = "namespace-names-match-prefix": "The server treats the namespace `/custom/x` as `/custom`.";
    NamesTrimmed = "namespace-names-trimmed": "The server cuts a slash at the end of a namespace name.";
    RejoinReusesSid = "rejoin-reuses-sid": "The server gives a client the same socket id when it joins a namespace again.";
    SecondNamespaceRefused = "second-namespace-refused": "The server refuses the fourth namespace of a connection.";
    SidFromEngine = "connect-sid-reused-from-engine": "The server uses the Engine.IO session id as the socket id.";
    SidMissing = "connect-without-sid": "The server sends CONNECT replies without `sid`.";
    SidShared = "connect-sid-shared-by-namespaces": "The server uses one socket id for all namespaces of a connection.", seen "socketioxide 0.18.9";
    SlowBlocks = "slow-namespace-blocks-connection": "The server handles no other packet of a connection while a namespace decides about the connection's CONNECT.";
    SlowHandlesEarlyEvents = "slow-namespace-handles-early-events": "The server handles events that arrive before it has sent the CONNECT reply.";
    TimeoutIgnored = "connect-timeout-ignored": "The server never closes a session that joins no namespace.";
    TimeoutNotByPolling = "connect-timeout-not-by-polling": "The server never closes a polling session that joins no namespace.";
    TimeoutUnlessMain = "connect-timeout-unless-main": "The server closes a session that has not joined the main namespace in time, even if it has joined another namespace.";
    TwiceAccepted = "connect-twice-accepted": "The server creates a second socket on a second CONNECT to the same namespace.";
    UnknownAccepted = "unknown-namespace-accepted": "The server accepts every namespace name.";
});

/// The key under which faults count how often the server has disconnected the session `sid` from
/// `namespace`.
#[derive(Eq, Hash, PartialEq)]
struct Kicked {
    sid: Box<str>,
    namespace: Box<str>,
}

impl ScratchKey for Kicked {
    type Note = ();
}

/// The key under which a fault remembers the first socket id of the session `sid`, in `namespace`;
/// in any namespace if `namespace` is `None`.
#[derive(Eq, Hash, PartialEq)]
struct FirstSocketId {
    sid: Box<str>,
    namespace: Option<Box<str>>,
}

impl ScratchKey for FirstSocketId {
    type Note = SocketId;
}

impl FaultSet {
    /// Returns true if the server closes the session when the connect timeout expires. Without
    /// faults this is true if the client has joined no namespace.
    pub(in crate::reference) fn closes_after_timeout(&self, session: &Session) -> bool {
        if self.has(ConnectFault::TimeoutUnlessMain) {
            return Peer::of(session).is_some_and(|peer| peer.membership("/").is_none());
        }
        let polls = session.transport() == TransportKind::Polling;
        session.awaits_connect()
            && !self.has(ConnectFault::TimeoutIgnored)
            && !(polls && self.has(ConnectFault::TimeoutNotByPolling))
    }

    /// Returns true if the fault `connect-twice-accepted` is active.
    pub(in crate::reference) fn allows_second_connect(&self) -> bool {
        self.has(ConnectFault::TwiceAccepted)
    }

    /// Returns the name under which the server looks up a namespace. Without faults this is `name`.
    pub(in crate::reference) fn alter_namespace_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(name);
        }
        if self.has(ConnectFault::NamesCaseInsensitive) {
            return Cow::Owned(name.to_lowercase());
        }
        if self.has(ConnectFault::NamesTrimmed) && name.len() > 1 {
            return Cow::Borrowed(name.trim_end_matches('/'));
        }
        if self.has(ConnectFault::NamesMatchPrefix) && name.starts_with("/custom/") {
            return Cow::Borrowed("/custom");
        }
        if self.has(ConnectFault::DynamicMerged) && name.starts_with("/dynamic-") {
            return Cow::Borrowed("/dynamic-1");
        }
        Cow::Borrowed(name)
    }

    /// Returns true if the name is the name of a dynamic namespace. Without faults this is
    /// `fits(name)`.
    pub(in crate::reference) fn is_dynamic(&self, name: &str, fits: impl Fn(&str) -> bool) -> bool {
        if self.has(ConnectFault::UnknownAccepted) {
            return true;
        }
        if self.has(ConnectFault::NamesHitPrototype)
            && let Some(name) = name.strip_prefix('/')
            && super::INHERITED.contains(&name)
        {
            return true;
        }
        if self.has(ConnectFault::DynamicRefused) {
            return false;
        }
        if self.has(ConnectFault::DynamicUnanchored)
            && let Some((_, rest)) = name.split_once("/dynamic-")
        {
            return rest.starts_with(|first: char| first.is_ascii_digit());
        }
        fits(name)
    }

    /// Returns true if the server has to send CONNECT_ERROR for an unknown namespace. Faults close
    /// the connection or send nothing instead.
    pub(in crate::reference) fn refuses_unknown(&self, session: &Session) -> bool {
        if self.has(ConnectFault::ClosesOnUnknown) {
            session.close(Ending::ParseError);
            return false;
        }
        !self.has(ConnectFault::IgnoresUnknown)
    }

    /// Returns the CONNECT payload that the application gets. Without faults this is `auth`.
    pub(in crate::reference) fn pass_payload(&self, auth: Option<Data>) -> Option<Data> {
        auth.filter(|_| !self.has(ConnectFault::AuthDropped))
    }

    /// Returns the CONNECT payload as the handler sees it. A missing payload is an empty object, or
    /// null if the fault `connect-auth-empty-is-null` is active.
    pub(in crate::reference) fn payload_for_handler(&self, auth: Option<&Data>) -> Data {
        let empty = Data::object([("", Data::Null); 0]);
        match auth {
            Some(auth) if *auth != empty => auth.clone(),
            _ if self.has(ConnectFault::AuthEmptyIsNull) => Data::Null,
            _ => empty,
        }
    }

    /// Returns a refusal if an active fault refuses the client before the application decides about
    /// the client; `None` otherwise.
    pub(in crate::reference) fn refuses_admitted(
        &self,
        session: &Session,
        namespace: &str,
    ) -> Option<Refused> {
        if self.is_empty() {
            return None;
        }
        let joined = Peer::of(session).map_or(0, |peer| peer.sockets().len());
        let fourth = self.has(ConnectFault::SecondNamespaceRefused) && joined >= 3;
        let kicks = session
            .server
            .scratch
            .count(&kicked_key(session, namespace));
        let kicked = (self.has(ConnectFault::KickedLockedOut) && kicks > 0)
            || (self.has(ConnectFault::KickedAgainLockedOut) && kicks > 1);
        (fourth || kicked).then(|| Refused::new("Invalid namespace"))
    }

    /// Returns true if the server does not disconnect the socket because of the fault
    /// `kick-works-once`.
    pub(in crate::reference) fn ignores_kick(&self, socket: &Socket) -> bool {
        if !self.has(ConnectFault::KickWorksOnce) {
            return false;
        }
        let session = socket.session();
        let key = kicked_key(session, socket.namespace().name());
        session.server.scratch.count(&key) > 0
    }

    /// Records that the server disconnected this socket, for the faults about a client that joins
    /// the namespace again.
    pub(in crate::reference) fn note_kick(&self, socket: &Socket) {
        self.note_left_socket(socket);
        let is_noted = self.has(ConnectFault::KickedLockedOut)
            || self.has(ConnectFault::KickedAgainLockedOut)
            || self.has(ConnectFault::KickWorksOnce);
        if is_noted {
            let session = socket.session();
            let key = kicked_key(session, socket.namespace().name());
            session.server.scratch.add(key, ());
        }
    }

    /// Returns the id of a new socket. Without faults this is `random`.
    pub(in crate::reference) fn socket_id(
        &self,
        session: &Session,
        namespace: &str,
        random: SocketId,
    ) -> SocketId {
        if self.is_empty() {
            return random;
        }
        if self.has(ConnectFault::SidFromEngine) {
            // Only the first socket of the session gets the session's id. Sharing one id among all
            // namespaces is another fault, `connect-sid-shared-by-namespaces`.
            if Peer::of(session).is_none_or(|peer| peer.sockets().is_empty()) {
                return SocketId::from(&*session.sid);
            }
            return random;
        }
        let key = if self.has(ConnectFault::SidShared) {
            FirstSocketId {
                sid: session.sid.clone(),
                namespace: None,
            }
        } else if self.has(ConnectFault::RejoinReusesSid) {
            FirstSocketId {
                sid: session.sid.clone(),
                namespace: Some(namespace.into()),
            }
        } else {
            return random;
        };
        let scratch = &session.server.scratch;
        if let Some(first) = scratch.last(&key) {
            return first;
        }
        scratch.add(key, random.clone());
        random
    }

    /// Sends an event before the CONNECT reply if the fault `connect-events-overtake-reply` is
    /// active.
    pub(in crate::reference) fn emit_before_reply(&self, socket: &Socket) {
        if self.has(ConnectFault::EventsOvertakeReply) {
            socket.emit("welcome", Vec::new());
        }
    }

    /// Returns the payload of the CONNECT reply: `sid`, and `pid` if the session can be recovered.
    pub(in crate::reference) fn reply_payload(&self, socket: &Socket) -> Option<Data> {
        let pid = socket.pid();
        let pid = pid.and_then(|pid| super::recovery::choose_pid(socket, pid));
        let fields = [("sid", socket.id().as_str())].into_iter();
        let fields = fields.chain(pid.map(|pid| ("pid", pid)));
        let sid = Data::object(fields.map(|(name, id)| (name, Data::from(id))));
        (!self.has(ConnectFault::SidMissing)).then_some(sid)
    }

    /// Returns the socket that handles a packet for a namespace that the client has not joined.
    /// Without faults this is `None`.
    pub(in crate::reference) fn socket_of_outsider(
        &self,
        session: &Arc<Session>,
        peer: &Peer,
        packet: &Packet,
        join: impl FnOnce(),
    ) -> Option<Arc<Socket>> {
        if self.is_empty() {
            return None;
        }
        if let Some(socket) = super::gates::admit_outsider(session, peer, packet) {
            return Some(socket);
        }
        let Packet::Event { namespace, .. } = packet else {
            return None;
        };
        let joined = |name: &str| match peer.membership(name) {
            Some(Membership::Joined(socket)) => Some(socket),
            _ => None,
        };
        if self.has(ConnectFault::EventUnjoined) {
            return joined("/");
        }
        let pending = matches!(peer.membership(namespace), Some(Membership::Pending));
        if self.has(ConnectFault::EventBeforeConnect) && !pending && !peer.has_joined() {
            join();
            return joined(namespace);
        }
        if self.has(ConnectFault::SlowHandlesEarlyEvents) && pending {
            let namespace = peer.namespaces().find(namespace, self)?;
            return Some(Socket::new(session, &namespace, User::default()));
        }
        None
    }

    /// Blocks the connection for `pause` if the fault `slow-namespace-blocks-connection` is active.
    pub(in crate::reference) fn block_during_connect(&self, session: &Session, pause: Duration) {
        block_connection(session, ConnectFault::SlowBlocks, pause);
    }
}

fn kicked_key(session: &Session, namespace: &str) -> Kicked {
    Kicked {
        sid: session.sid.clone(),
        namespace: namespace.into(),
    }
}

/// Sends a packet on the session. No socket is involved, so the client need not have joined a
/// namespace.
pub(super) fn send_raw(session: &Session, packet: &Packet) {
    session.send(encode_packet(packet, &session.server), Delivery::Assured);
}
