//! Joining a namespace (Socket.IO v5, "Connection to a namespace").

use std::sync::Arc;

use super::{Namespace, Peer, Socket, User, outbound, peer::Membership, recovery::claim};
use crate::{
    data::Data,
    reference::{
        app::{self, Admission},
        engine::{Delivery, Ending, Query, Revision, Session},
        faults::{self, auth::RefusedAccess},
        rooms::Rooms,
    },
    wire::socket_io::Packet,
};

/// Why the application does not let a client in.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::reference) struct Refused {
    pub(in crate::reference) message: String,
    pub(in crate::reference) data: Option<Data>,
}

/// Joins the main namespace unasked, as revision 3 of Engine.IO has it.
pub(in crate::reference) fn connect_by_default(session: &Arc<Session>) {
    if let Some(peer) = &session.peer {
        connect(session, peer, "/", None);
    }
}

/// Handles a CONNECT packet.
pub(super) fn connect(session: &Arc<Session>, peer: &Peer, name: &str, auth: Option<Data>) {
    match (session.revision, name.split_once('?')) {
        // Socket.IO v4 sends what version 5 has in the payload as a query behind the name.
        (Revision::V3, Some((name, query)))
            if !faults::revision3::keeps_query(session.faults()) =>
        {
            let token = Query::parse(query).token;
            let auth = token.map(|token| Data::object([("token", Data::from(token))]));
            request(session, peer, name, auth);
        }
        _ => request(session, peer, name, auth),
    }
}

fn request(session: &Arc<Session>, peer: &Peer, name: &str, auth: Option<Data>) {
    let faults = session.faults();
    if peer.membership(name).is_some() && !faults::connect::allows_second_connect(faults) {
        session.close(Ending::ParseError);
        return;
    }
    let known_as = faults::connect::alter_namespace_name(faults, name);
    let Some(namespace) = session.server.namespaces.find(&known_as, faults) else {
        if faults::connect::refuses_unknown(session) {
            refuse(session, name, Refused::new("Invalid namespace"));
        }
        return;
    };
    peer.set(namespace.name(), Membership::Pending);
    let auth = faults::connect::pass_payload(faults, auth);
    if let Some(socket) = resume(session, peer, &namespace, auth.as_ref()) {
        app::connected(&socket, auth.as_ref());
        return;
    }
    faults::recovery::close_on_unknown_pid(session, auth.as_ref());
    if let Some(refused) = faults::connect::refuses_admitted(session, name) {
        settle(session, &namespace, Err(refused), auth);
        return;
    }
    match app::admit(session, namespace.access(), auth.as_ref()) {
        Admission::Now(verdict) => settle(session, &namespace, verdict, auth),
        Admission::After(pause, verdict) => {
            faults::connect::block_if_slow(session, pause);
            let waiting = Arc::clone(session);
            session.server.tasks.spawn(async move {
                tokio::time::sleep(pause).await;
                settle(&waiting, &namespace, verdict, auth);
            });
        }
    }
}

/// Tells the client what became of its request.
fn settle(
    session: &Arc<Session>,
    namespace: &Arc<Namespace>,
    verdict: Result<User, Refused>,
    auth: Option<Data>,
) {
    let Some(peer) = session.peer.as_ref().filter(|_| session.is_open()) else {
        return;
    };
    match verdict {
        Ok(user) => {
            let socket = join(session, peer, namespace, user);
            app::connected(&socket, auth.as_ref());
        }
        Err(refused) => {
            peer.leave(namespace.name());
            refuse(session, namespace.name(), refused);
            let refusee = faults::auth::access_of_refused(session.faults());
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

/// Puts a socket into the namespace, its CONNECT reply first.
fn join(
    session: &Arc<Session>,
    peer: &Peer,
    namespace: &Arc<Namespace>,
    user: User,
) -> Arc<Socket> {
    let socket = Socket::new(session, namespace, user);
    faults::connect::emit_before_reply(&socket);
    peer.set(namespace.name(), Membership::Joined(Arc::clone(&socket)));
    let mut rooms = namespace.rooms();
    enter(&socket, &mut rooms);
    faults::rooms::enter_namespace(&socket, &mut rooms);
    drop(rooms);
    faults::recipients::note_latest(&socket);
    entered(&socket);
    socket
}

/// Lets a client that lost its connection go on as the socket that it was: with its id, in its rooms,
/// what it missed first. `None` where it does not ask for that, or nothing is left of it.
///
/// As in the JavaScript server, who is known by its `pid` is not asked for a token again.
fn resume(
    session: &Arc<Session>,
    peer: &Peer,
    namespace: &Arc<Namespace>,
    auth: Option<&Data>,
) -> Option<Arc<Socket>> {
    let recovery = namespace
        .recovery()
        .filter(|_| session.revision == Revision::V4)
        .filter(|_| faults::recovery::recovers_in(session.faults(), namespace.name()))?;
    let (pid, offset) = claim(auth)?;
    // Under one lock: what is sent is either kept before this, or queued behind it.
    let mut rooms = namespace.rooms();
    let (kept, missed) = recovery
        .take(pid, offset, session.faults())
        .or_else(|| faults::recovery::take_live_session(session.faults(), &rooms, pid))?;
    let joined = faults::recovery::alter_rooms(session.faults(), kept.rooms.clone());
    let socket = Socket::resumed(session, namespace, kept);
    peer.set(namespace.name(), Membership::Joined(Arc::clone(&socket)));
    for packet in faults::recovery::alter_missed(session.faults(), missed) {
        socket.push(outbound(&packet, &session.server), Delivery::Assured);
    }
    enter(&socket, &mut rooms);
    for room in joined {
        rooms.join(socket.id(), &room);
    }
    drop(rooms);
    entered(&socket);
    Some(socket)
}

/// Sends the CONNECT reply and puts the socket among the others.
///
/// The rooms are locked meanwhile: nobody can send to the socket before its reply is on the way, and
/// nobody who has the reply finds the socket missing.
fn enter(socket: &Arc<Socket>, rooms: &mut Rooms) {
    let session = socket.session();
    let reply = Packet::Connect {
        namespace: socket.namespace().name().to_owned(),
        // Socket.IO v4, which goes with revision 3, knows no payload here.
        payload: match session.revision {
            Revision::V3 => None,
            Revision::V4 => faults::connect::reply_payload(socket),
        },
    };
    // A queue that overflows here did so before, and whoever filled it ends the session.
    socket.push(outbound(&reply, &session.server), Delivery::Assured);
    rooms.add(socket);
}

/// Takes a socket out again if its session ended meanwhile, perhaps before it was there to be told.
fn entered(socket: &Socket) {
    if !socket.session().is_open() {
        socket.session_ended("transport close");
    }
}

/// Sends a CONNECT_ERROR; the connection stays for other namespaces.
fn refuse(session: &Arc<Session>, namespace: &str, refused: Refused) {
    let packet = Packet::ConnectError {
        namespace: namespace.to_owned(),
        payload: match session.revision {
            Revision::V3 => faults::revision3::refusal_payload(session.faults(), refused),
            Revision::V4 => faults::auth::refusal_payload(session, refused),
        },
    };
    // A session too slow for its refusal is ended by what overflowed its queue before.
    session.send(outbound(&packet, &session.server), Delivery::Assured);
    faults::auth::close_after_refusal(session);
}

impl Refused {
    /// A refusal with a message only.
    pub(in crate::reference) fn new(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            data: None,
        }
    }

    /// `{message, data?}` (Socket.IO v5, "Connection to a namespace").
    pub(in crate::reference) fn payload(self) -> Data {
        let message = ("message", Data::from(self.message));
        let data = self.data.map(|data| ("data", data));
        Data::object(std::iter::once(message).chain(data))
    }
}
