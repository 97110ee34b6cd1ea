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
    AuthEmptyIsNull = "connect-auth-empty-is-null": "When the payload of a CONNECT is missing or an empty object, the server passes null to the application, not an empty object.";
    AuthDropped = "connect-auth-dropped": "The server does not pass the payload of a CONNECT to the application.";
    ClosesOnUnknown = "unknown-namespace-closes-transport": "When a client sends CONNECT to a namespace that does not exist, the server closes the connection.";
    DynamicCreatedTwice = "dynamic-namespace-created-twice": "When two clients enter a dynamic namespace that does not exist yet at the same time, the server creates it twice, and the clients don't meet.", seen "socketioxide 0.18.9";
    DynamicMerged = "dynamic-namespaces-merged": "The server treats all dynamic namespaces, such as `/dynamic-1` and `/dynamic-2`, as one namespace.";
    DynamicRefused = "dynamic-namespace-refused": "The server refuses CONNECT packets to dynamic namespaces, such as `/dynamic-1`.";
    DynamicByLine = "dynamic-namespace-by-line": "The server accepts a namespace name of several lines if one of the lines is the name of a dynamic namespace.", seen "a pattern with the flag `m`";
    DynamicUnanchored = "dynamic-namespace-unanchored": "The server accepts every namespace name that contains the name of a dynamic namespace, such as `/x/dynamic-1`.";
    EventBeforeConnect = "event-before-connect-handled": "When a client that has joined no namespace sends an event without CONNECT, the server joins it to the event's namespace and handles the event.";
    EventUnjoined = "event-unjoined-namespace-handled": "When a client sends an event to a namespace that it has not joined, the server handles the event in the main namespace.";
    EventsOvertakeReply = "connect-events-overtake-reply": "When a client joins a namespace, the server sends it an event before the CONNECT reply.", seen "python-socketio 5.18.1";
    IgnoresUnknown = "unknown-namespace-ignored": "When a client sends CONNECT to a namespace that does not exist, the server does not answer.";
    KickWorksOnce = "kick-works-once": "After the server has disconnected a client from a namespace once, it ignores later requests to disconnect the client from it again.";
    KickedAgainLockedOut = "kicked-client-locked-out-again": "After the server has disconnected a client from a namespace twice, it refuses the client's next CONNECT to that namespace.";
    KickedLockedOut = "kicked-client-locked-out": "After the server has disconnected a client from a namespace, it refuses the client's next CONNECT to that namespace.";
    NamesCaseInsensitive = "namespace-names-case-insensitive": "The server compares namespace names without regard to upper and lower case.";
    NamesHitPrototype = "namespace-names-hit-prototype": "The server accepts CONNECT to a namespace that does not exist if it is named like a member of every JavaScript object, such as `/constructor`.", seen "namespace tables that are plain objects";
    NamesMatchPrefix = "namespace-names-match-prefix": "When a client sends CONNECT to a namespace such as `/custom/x`, the server joins the client to the namespace `/custom`.";
    NamesTrimmed = "namespace-names-trimmed": "The server removes a slash at the end of a namespace name, and so takes `/custom/` for `/custom`.";
    RejoinReusesSid = "rejoin-reuses-sid": "When a client leaves a namespace and joins it again, the server gives it the same socket id as before.";
    SecondNamespaceRefused = "second-namespace-refused": "The server refuses a client's CONNECT to a fourth namespace on one connection.";
    SidFixed = "connect-sid-same-for-all": "The server gives every client the same socket id.";
    SidFromEngine = "connect-sid-reused-from-engine": "The server uses the Engine.IO session id as the id of the connection's first socket, where it has to choose another id.";
    SidMissing = "connect-without-sid": "The server sends the CONNECT reply without `sid`, the socket id.";
    SidShared = "connect-sid-shared-by-namespaces": "The server gives a client the same socket id in all namespaces of its connection.", seen "socketioxide 0.18.9";
    SlowBlocks = "slow-namespace-blocks-connection": "While a namespace takes time to answer a client's CONNECT, the server handles no other packet of that connection.";
    SlowHandlesEarlyEvents = "slow-namespace-handles-early-events": "When a client sends an event to a namespace before it gets the CONNECT reply, the server handles the event.";
    TimeoutIgnored = "connect-timeout-ignored": "The server does not close a session that has joined no namespace within the connect timeout.";
    TimeoutNotByPolling = "connect-timeout-not-by-polling": "The server does not close a session on long-polling that has joined no namespace within the connect timeout.";
    TimeoutUnlessMain = "connect-timeout-unless-main": "The server closes a session that has not joined the main namespace within the connect timeout, even if it has joined another namespace.";
    TwiceAccepted = "connect-twice-accepted": "When a client sends a second CONNECT to a namespace that it has joined, the server creates a second socket for it.";
    UnknownAccepted = "unknown-namespace-accepted": "The server accepts a client's CONNECT to every namespace, also to one that does not exist.";
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

    /// Returns true if the fault `connect-twice-accepted` is active, which accepts a second CONNECT
    /// to the same namespace.
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

    /// Returns how long the server takes to create a namespace before others can enter it. Without faults this is
    /// `None`: it takes no time.
    pub(in crate::reference) fn creation_time(&self, name: &str) -> Option<Duration> {
        (self.has(ConnectFault::DynamicCreatedTwice) && name.starts_with("/dynamic-"))
            .then_some(Duration::from_millis(20))
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
        if self.has(ConnectFault::DynamicByLine) {
            return name.lines().any(fits);
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

    /// Returns true if the fault `kick-works-once` makes the server ignore a request to disconnect
    /// this socket.
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

    /// Returns the id of a new socket. Without faults this is the random id `random`.
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
        if self.has(ConnectFault::SidFixed) {
            return SocketId::from("same-id-for-every-one");
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

    /// Makes the server handle no other packet of the connection for at least `pause` if the fault
    /// `slow-namespace-blocks-connection` is active.
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
