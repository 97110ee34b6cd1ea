//! Joining a namespace (Socket.IO v5, "Connection to a namespace").

use std::{sync::Arc, time::Duration};

use super::{
    Namespace, Peer, Refused, Rooms, Socket, User, encode_packet, peer::Membership,
    recovery::read_claim,
};
use crate::{
    data::Data,
    reference::{
        app::{self, Admission},
        engine::{Delivery, Ending, Query, Revision, Session},
    },
    wire::socket_io::Packet,
};

/// What a client can still do in a namespace that has refused it. Only faults allow anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum RefusedAccess {
    /// The refused client receives the events of the namespace.
    Listens,
    /// The refused client receives the events of the namespace, and the server handles the events
    /// that this client sends.
    Speaks,
}

/// Joins a client to the main namespace without a CONNECT packet, as in revision 3 of Engine.IO.
pub(in crate::reference) fn connect_by_default(session: &Arc<Session>) {
    if let Some(peer) = Peer::of(session) {
        connect(session, peer, "/", None);
    }
}

/// Joins a client of a plain WebSocket to the namespace that the path of its handshake names.
pub(in crate::reference) fn connect_by_path(session: &Arc<Session>, namespace: &str) {
    if let Some(peer) = Peer::of(session) {
        connect(session, peer, namespace, None);
    }
}

/// Handles a CONNECT packet.
pub(super) fn connect(session: &Arc<Session>, peer: &Peer, name: &str, auth: Option<Data>) {
    match (session.revision, name.split_once('?')) {
        // Version 4 of the Socket.IO protocol has no CONNECT payload: the token is in a query after
        // the name of the namespace.
        (Revision::V3, Some((name, query))) if !session.faults().keeps_query() => {
            let token = Query::parse(query).token;
            let auth = token.map(|token| Data::object([("token", Data::from(token))]));
            request_namespace(session, peer, name, auth);
        }
        _ => request_namespace(session, peer, name, auth),
    }
}

fn request_namespace(session: &Arc<Session>, peer: &Peer, name: &str, auth: Option<Data>) {
    let faults = session.faults();
    if peer.membership(name).is_some() && !faults.allows_second_connect() {
        session.close(Ending::ParseError);
        return;
    }
    let known_as = faults.alter_namespace_name(name);
    let Some(namespace) = peer.namespaces().find(&known_as, faults) else {
        if session.faults().refuses_unknown(session) {
            refuse(session, name, Refused::new("Invalid namespace"));
        }
        return;
    };
    peer.set(namespace.name(), Membership::Pending);
    let auth = faults.pass_payload(auth);
    if let Some(socket) = recover(session, peer, &namespace, auth.as_ref()) {
        app::connected(&socket, auth.as_ref());
        return;
    }
    session
        .faults()
        .close_on_unknown_pid(session, auth.as_ref());
    if let Some(refused) = session.faults().refuses_admitted(session, name) {
        send_decision(session, &namespace, Err(refused), auth);
        return;
    }
    match app::admit(session, namespace.access(), auth.as_ref()) {
        Admission::Now(verdict) => match session.faults().creation_time(namespace.name()) {
            None => send_decision(session, &namespace, verdict, auth),
            Some(pause) => decide_after(pause, session, namespace, verdict, auth),
        },
        Admission::After(pause, verdict) => {
            session.faults().block_during_connect(session, pause);
            decide_after(pause, session, namespace, verdict, auth);
        }
    }
}

fn decide_after(
    pause: Duration,
    session: &Arc<Session>,
    namespace: Arc<Namespace>,
    verdict: Result<User, Refused>,
    auth: Option<Data>,
) {
    let waiting = Arc::clone(session);
    session.server.tasks.spawn(async move {
        tokio::time::sleep(pause).await;
        send_decision(&waiting, &namespace, verdict, auth);
    });
}

/// Sends the client the decision about its CONNECT packet.
fn send_decision(
    session: &Arc<Session>,
    namespace: &Arc<Namespace>,
    verdict: Result<User, Refused>,
    auth: Option<Data>,
) {
    let Some(peer) = Peer::of(session).filter(|_| session.is_open()) else {
        session.faults().admit_gone(session, namespace, verdict);
        return;
    };
    match verdict {
        Ok(user) => {
            if session.faults().creation_time(namespace.name()).is_some() {
                peer.namespaces().add(namespace);
            }
            let socket = join(session, peer, namespace, user);
            app::connected(&socket, auth.as_ref());
        }
        Err(refused) => {
            peer.leave(namespace.name());
            refuse(session, namespace.name(), refused);
            let refusee = session.faults().access_of_refused();
            if let Some(refusee) = refusee {
                let socket = Socket::new(session, namespace, User::default());
                namespace.rooms().add(&socket);
                if refusee == RefusedAccess::Speaks {
                    peer.set(namespace.name(), Membership::Joined(socket));
                }
            }
        }
    }
}

/// Creates a socket, sends its CONNECT reply and adds it to the namespace.
fn join(
    session: &Arc<Session>,
    peer: &Peer,
    namespace: &Arc<Namespace>,
    user: User,
) -> Arc<Socket> {
    let socket = Socket::new(session, namespace, user);
    socket.faults().emit_before_reply(&socket);
    peer.set(namespace.name(), Membership::Joined(Arc::clone(&socket)));
    let mut rooms = namespace.rooms();
    add_with_reply(&socket, &mut rooms);
    socket.faults().enter_namespace(&socket, &mut rooms);
    drop(rooms);
    socket.faults().note_latest(&socket);
    leave_if_ended(&socket);
    socket
}

/// Recovers the socket of a client that lost its connection: with its id and its rooms, and the
/// events that it missed. Returns `None` if the client does not ask for recovery, or the server no
/// longer keeps its session.
///
/// As in the JavaScript server, a client with a known `pid` needs no token.
fn recover(
    session: &Arc<Session>,
    peer: &Peer,
    namespace: &Arc<Namespace>,
    auth: Option<&Data>,
) -> Option<Arc<Socket>> {
    let recovery = namespace
        .recovery()
        .filter(|_| session.revision == Revision::V4)
        .filter(|_| session.faults().recovers_in(namespace.name()))?;
    let (pid, offset) = read_claim(auth)?;
    // The rooms stay locked during the whole recovery. So each event is either kept before this
    // point and replayed, or queued after the replayed events.
    let mut rooms = namespace.rooms();
    let (kept, missed) = recovery
        .take(pid, offset, session.faults())
        .or_else(|| session.faults().take_live_session(&rooms, pid))?;
    let joined = session.faults().alter_rooms(kept.rooms.clone());
    let socket = Socket::recovered(session, namespace, kept);
    peer.set(namespace.name(), Membership::Joined(Arc::clone(&socket)));
    for packet in session.faults().alter_missed(missed) {
        socket.push(encode_packet(&packet, &session.server), Delivery::Assured);
    }
    add_with_reply(&socket, &mut rooms);
    socket.faults().note_recovered(&socket);
    for room in joined {
        rooms.join(socket.id(), &room);
    }
    drop(rooms);
    leave_if_ended(&socket);
    Some(socket)
}

/// Sends the CONNECT reply and adds the socket to the namespace.
///
/// The rooms stay locked meanwhile. So no other socket can send to this socket before its reply is
/// queued, and the socket is in the namespace when the client gets the reply.
fn add_with_reply(socket: &Arc<Socket>, rooms: &mut Rooms) {
    let session = socket.session();
    let reply = Packet::Connect {
        namespace: socket.namespace().name().to_owned(),
        // Version 4 of the Socket.IO protocol, which runs on revision 3 of Engine.IO, has no
        // payload in the CONNECT reply.
        payload: match session.revision {
            Revision::V3 => None,
            Revision::V4 => socket.faults().reply_payload(socket),
        },
    };
    // A full queue needs no handling here: the next event or ping that does not fit into the queue
    // closes the session.
    socket.push(encode_packet(&reply, &session.server), Delivery::Assured);
    rooms.add(socket);
}

/// Takes the socket out of the namespace if its session has already ended. The session may have
/// notified its sockets of its end before this socket was added.
fn leave_if_ended(socket: &Socket) {
    if !socket.session().is_open() {
        socket.session_ended("transport close");
    }
}

/// Sends a CONNECT_ERROR. The connection stays open for other namespaces.
fn refuse(session: &Arc<Session>, namespace: &str, refused: Refused) {
    let packet = Packet::ConnectError {
        namespace: namespace.to_owned(),
        payload: match session.revision {
            Revision::V3 => session.faults().refusal_payload_v3(refused),
            Revision::V4 => session.faults().refusal_payload(session, refused),
        },
    };
    // A full queue needs no handling here: the next event or ping that does not fit into the queue
    // closes the session.
    session.send(encode_packet(&packet, &session.server), Delivery::Assured);
    session.faults().close_after_refusal(session);
}
