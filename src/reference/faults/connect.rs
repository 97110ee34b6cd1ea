//! Joining namespaces (Socket.IO v5, "Connection to a namespace").

use std::{borrow::Cow, sync::Arc, time::Duration};

use super::{blocked_connections::block_connection, scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Ending, Session, TransportKind},
        socket::{Membership, Peer, Refused, Socket, SocketId, User, outbound},
    },
    wire::socket_io::Packet,
};

faults!(ConnectFault {
    AuthEmptyIsNull = "connect-auth-empty-is-null": "A CONNECT without payload, or with an empty one, hands the application null.";
    AuthDropped = "connect-auth-dropped": "The payload of CONNECT does not reach the application.";
    ClosesOnUnknown = "unknown-namespace-closes-transport": "A CONNECT to an unknown namespace ends the connection.";
    DynamicMerged = "dynamic-namespaces-merged": "All dynamic namespaces are one.";
    DynamicRefused = "dynamic-namespace-refused": "Dynamic namespaces are unknown.";
    DynamicUnanchored = "dynamic-namespace-unanchored": "A name that holds a dynamic namespace's is accepted.";
    EventBeforeConnect = "event-before-connect-handled": "An event to a namespace that was never joined joins it.";
    EventUnjoined = "event-unjoined-namespace-handled": "An event to another namespace is handled in the main one.";
    EventsOvertakeReply = "connect-events-overtake-reply": "An event comes before the CONNECT reply.", seen "python-socketio 5.18.1";
    IgnoresUnknown = "unknown-namespace-ignored": "A CONNECT to an unknown namespace is not answered.";
    KickedLockedOut = "kicked-client-locked-out": "Who was sent out of a namespace can't join it again.";
    NamesCaseInsensitive = "namespace-names-case-insensitive": "Namespaces are compared without case.";
    NamesMatchPrefix = "namespace-names-match-prefix": "A name below a namespace's is that namespace.";
    NamesTrimmed = "namespace-names-trimmed": "A slash at the end of a namespace is cut off.";
    RejoinReusesSid = "rejoin-reuses-sid": "Joining again on one connection gives the former socket id.";
    SecondNamespaceRefused = "second-namespace-refused": "The fourth namespace of a connection is refused.";
    SidFromEngine = "connect-sid-reused-from-engine": "The socket id is the session's.";
    SidMissing = "connect-without-sid": "The CONNECT reply carries no sid.";
    SidShared = "connect-sid-shared-by-namespaces": "A connection's sockets have one id in all namespaces.", seen "socketioxide 0.18.9";
    SlowBlocks = "slow-namespace-blocks-connection": "While a namespace decides, nothing else of the connection is handled.";
    SlowHandlesEarlyEvents = "slow-namespace-handles-early-events": "An event that comes before the CONNECT reply is handled.";
    TimeoutIgnored = "connect-timeout-ignored": "A client that joins no namespace is kept for ever.";
    TimeoutNotByPolling = "connect-timeout-not-by-polling": "A client that polls and joins no namespace is kept for ever.";
    TimeoutUnlessMain = "connect-timeout-unless-main": "A client that is not in the main namespace in time is ended.";
    TwiceAccepted = "connect-twice-accepted": "A second CONNECT to a namespace makes a second socket.";
    UnknownAccepted = "unknown-namespace-accepted": "Every namespace exists.";
});

/// Notes that the server disconnected the session `sid` from `namespace`.
#[derive(Eq, Hash, PartialEq)]
struct Kicked {
    sid: Box<str>,
    namespace: Box<str>,
}

impl ScratchKey for Kicked {
    type Note = ();
}

/// The first socket id of the session `sid`, in `namespace` or in any namespace.
#[derive(Eq, Hash, PartialEq)]
struct FirstSocketId {
    sid: Box<str>,
    namespace: Option<Box<str>>,
}

impl ScratchKey for FirstSocketId {
    type Note = SocketId;
}

/// A client that has joined nothing in time is given up, and nobody else.
pub(in crate::reference) fn gives_up(session: &Session, right: bool) -> bool {
    let faults = session.faults();
    if faults.has(ConnectFault::TimeoutUnlessMain) {
        return session
            .peer
            .as_ref()
            .is_some_and(|peer| peer.membership("/").is_none());
    }
    let polls = session.transport() == TransportKind::Polling;
    right
        && !faults.has(ConnectFault::TimeoutIgnored)
        && !(polls && faults.has(ConnectFault::TimeoutNotByPolling))
}

/// A namespace is joined once at a time.
pub(in crate::reference) fn allows_again(faults: &FaultSet) -> bool {
    faults.has(ConnectFault::TwiceAccepted)
}

/// A namespace's name is what the packet says.
pub(in crate::reference) fn namespace_name<'a>(faults: &FaultSet, name: &'a str) -> Cow<'a, str> {
    if faults.is_empty() {
        return Cow::Borrowed(name);
    }
    if faults.has(ConnectFault::NamesCaseInsensitive) {
        return Cow::Owned(name.to_lowercase());
    }
    if faults.has(ConnectFault::NamesTrimmed) && name.len() > 1 {
        return Cow::Borrowed(name.trim_end_matches('/'));
    }
    if faults.has(ConnectFault::NamesMatchPrefix) && name.starts_with("/custom/") {
        return Cow::Borrowed("/custom");
    }
    if faults.has(ConnectFault::DynamicMerged) && name.starts_with("/dynamic-") {
        return Cow::Borrowed("/dynamic-1");
    }
    Cow::Borrowed(name)
}

/// A dynamic namespace is one whose whole name fits.
pub(in crate::reference) fn is_dynamic(
    faults: &FaultSet,
    name: &str,
    fits: impl Fn(&str) -> bool,
) -> bool {
    if faults.has(ConnectFault::UnknownAccepted) {
        return true;
    }
    if faults.has(ConnectFault::DynamicRefused) {
        return false;
    }
    if faults.has(ConnectFault::DynamicUnanchored)
        && let Some((_, rest)) = name.split_once("/dynamic-")
    {
        return rest.starts_with(|first: char| first.is_ascii_digit());
    }
    fits(name)
}

/// An unknown namespace is refused, and nothing else happens.
pub(in crate::reference) fn refuses_unknown(session: &Session) -> bool {
    let faults = session.faults();
    if faults.has(ConnectFault::ClosesOnUnknown) {
        session.close(Ending::ParseError);
        return false;
    }
    !faults.has(ConnectFault::IgnoresUnknown)
}

/// The application hears what the client sent along.
pub(in crate::reference) fn auth(faults: &FaultSet, auth: Option<Data>) -> Option<Data> {
    auth.filter(|_| !faults.has(ConnectFault::AuthDropped))
}

/// A client that sends nothing along has sent an empty object.
pub(in crate::reference) fn presented(faults: &FaultSet, auth: Option<&Data>) -> Data {
    let empty = Data::object([("", Data::Null); 0]);
    match auth {
        Some(auth) if *auth != empty => auth.clone(),
        _ if faults.has(ConnectFault::AuthEmptyIsNull) => Data::Null,
        _ => empty,
    }
}

/// Whether a client gets in is the application's decision alone.
pub(in crate::reference) fn overruled(session: &Session, namespace: &str) -> Option<Refused> {
    let faults = session.faults();
    if faults.is_empty() {
        return None;
    }
    let joined = session.peer.as_ref().map_or(0, |peer| peer.sockets().len());
    let fourth = faults.has(ConnectFault::SecondNamespaceRefused) && joined >= 3;
    let kicked = faults.has(ConnectFault::KickedLockedOut)
        && session
            .server
            .scratch
            .last(&kicked_key(session, namespace))
            .is_some();
    (fourth || kicked).then(|| Refused::new("Invalid namespace"))
}

/// A kick is over when it is done.
pub(in crate::reference) fn kicked(socket: &Socket) {
    if socket.faults().has(ConnectFault::KickedLockedOut) {
        let session = socket.session();
        let key = kicked_key(session, socket.namespace().name());
        session.server.scratch.add(key, ());
    }
}

fn kicked_key(session: &Session, namespace: &str) -> Kicked {
    Kicked {
        sid: session.sid.clone(),
        namespace: namespace.into(),
    }
}

/// Each socket has an id of its own.
pub(in crate::reference) fn socket_id(
    session: &Session,
    namespace: &str,
    random: SocketId,
) -> SocketId {
    let faults = session.faults();
    if faults.is_empty() {
        return random;
    }
    if faults.has(ConnectFault::SidFromEngine) {
        // One namespace has it, or else the ids would also be shared.
        if session
            .peer
            .as_ref()
            .is_none_or(|peer| peer.sockets().is_empty())
        {
            return SocketId::from(&*session.sid);
        }
        return random;
    }
    let key = if faults.has(ConnectFault::SidShared) {
        FirstSocketId {
            sid: session.sid.clone(),
            namespace: None,
        }
    } else if faults.has(ConnectFault::RejoinReusesSid) {
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

/// Nothing comes before the CONNECT reply.
pub(in crate::reference) fn before_reply(socket: &Socket) {
    if socket.faults().has(ConnectFault::EventsOvertakeReply) {
        socket.emit("welcome", Vec::new());
    }
}

/// The CONNECT reply names the socket.
pub(in crate::reference) fn reply_payload(socket: &Socket) -> Option<Data> {
    let pid = socket.pid();
    let pid = pid.and_then(|pid| super::recovery::pid(socket, pid));
    let fields = [("sid", socket.id().as_str())].into_iter();
    let fields = fields.chain(pid.map(|pid| ("pid", pid)));
    let sid = Data::object(fields.map(|(name, id)| (name, Data::from(id))));
    (!socket.faults().has(ConnectFault::SidMissing)).then_some(sid)
}

/// Packets of a client that has not joined have no socket.
pub(in crate::reference) fn socket_of_outsider(
    session: &Arc<Session>,
    peer: &Peer,
    packet: &Packet,
    join: impl FnOnce(),
) -> Option<Arc<Socket>> {
    let faults = session.faults();
    let Packet::Event { namespace, .. } = packet else {
        return None;
    };
    let joined = |name: &str| match peer.membership(name) {
        Some(Membership::Joined(socket)) => Some(socket),
        _ => None,
    };
    if faults.has(ConnectFault::EventUnjoined) {
        return joined("/");
    }
    let pending = matches!(peer.membership(namespace), Some(Membership::Pending));
    if faults.has(ConnectFault::EventBeforeConnect) && !pending && !peer.has_joined() {
        join();
        return joined(namespace);
    }
    if faults.has(ConnectFault::SlowHandlesEarlyEvents) && pending {
        let namespaces = &session.server.namespaces;
        let namespace = namespaces.find(namespace, faults)?;
        return Some(Socket::new(session, &namespace, User::default()));
    }
    None
}

/// A namespace that takes its time holds up nothing else of the connection.
pub(in crate::reference) fn takes_time(session: &Session, pause: Duration) {
    block_connection(session, ConnectFault::SlowBlocks, pause);
}

/// Sends a packet of the engine's own making, past all sockets.
pub(super) fn send_raw(session: &Session, packet: &Packet) {
    session.send(outbound(packet, &session.server), Delivery::Assured);
}
