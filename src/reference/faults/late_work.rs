//! Work that ends after its client has left: slow joins and slow logins.

use std::sync::Arc;

use super::{scratch::ScratchKey, topic::faults};
use crate::reference::{
    FaultSet,
    engine::Session,
    shared::Shared,
    socket::{Membership, Namespace, Peer, Refused, Socket, User},
};

faults!(LateWorkFault {
    AckTakesNext = "late-ack-takes-next-socket": "The server sends the acknowledgement for a socket that has left to the next socket of the same connection in the namespace.";
    CountsGoneLogin = "gone-login-stays-online": "The server counts a user as online for ever if the client leaves while its login is checked.", seen "presence that is counted in a middleware";
    GoneClientAdmitted = "gone-client-admitted": "The server adds a client to the namespace although the client left while its login was checked.";
    JoinOfGoneCounts = "late-join-of-gone-client-stays": "The server keeps the id of a client in a room for ever if the client leaves before its join ends.", seen "socket.io before 4.5.2";
    JoinOfGoneTakesNext = "late-join-takes-next-socket": "The server puts the next socket of the connection into a room that the former socket asked for.";
    JoinLost = "late-join-lost": "The server does not put a client into a room if the join takes its time.";
    LateForgetsUser = "late-forgets-user": "The server ignores the user of a token that it checks after the CONNECT reply.";
    OnlineHitsPrototype = "online-hits-prototype": "The server counts one socket too many for users with names such as `constructor`.", seen "presence tables that are plain objects";
    OnlineAfterEnd = "online-after-disconnect": "The server still counts sockets that have disconnected as online.";
});

/// Key of the ids of sockets that left before their join of the room ended.
#[derive(Eq, Hash, PartialEq)]
struct GoneMembers {
    namespace: Box<str>,
    room: Box<str>,
}

impl ScratchKey for GoneMembers {
    type Note = ();
}

/// Key of the sockets of the user that have left and still count as online.
#[derive(Eq, Hash, PartialEq)]
struct StillOnline(Box<str>);

impl ScratchKey for StillOnline {
    type Note = ();
}

impl FaultSet {
    /// Ends the slow join of a socket that is connected. Without faults the socket is then a member
    /// of the room.
    pub(in crate::reference) fn join_late(&self, socket: &Arc<Socket>, room: &str) {
        if !self.has(LateWorkFault::JoinLost) {
            self.join(socket, room);
        }
    }

    /// Returns the user of a socket whose token is checked after the CONNECT reply. Without faults
    /// this is `right`.
    pub(in crate::reference) fn choose_late_user(&self, right: User) -> User {
        if self.has(LateWorkFault::LateForgetsUser) {
            User::default()
        } else {
            right
        }
    }

    /// Ends the slow join of a socket that has left. Without faults this has no effect.
    pub(in crate::reference) fn join_for_gone(&self, socket: &Socket, room: &str) {
        let namespace = socket.namespace();
        if self.has(LateWorkFault::JoinOfGoneCounts) {
            let key = GoneMembers {
                namespace: namespace.name().into(),
                room: room.into(),
            };
            socket.session().server.scratch.add(key, ());
        }
        if self.has(LateWorkFault::JoinOfGoneTakesNext) {
            if let Some(next) = find_next(socket) {
                namespace.rooms().join(next.id(), room);
            }
        }
    }

    /// Handles the end of a login whose client has left. Without faults this has no effect.
    pub(in crate::reference) fn admit_gone(
        &self,
        session: &Arc<Session>,
        namespace: &Arc<Namespace>,
        verdict: Result<User, Refused>,
    ) {
        let Ok(user) = verdict else { return };
        if self.has(LateWorkFault::CountsGoneLogin)
            && let Some(id) = &user.id
        {
            let key = StillOnline(id.as_str().into());
            session.server.scratch.add(key, ());
        }
        if self.has(LateWorkFault::GoneClientAdmitted) {
            let socket = Socket::new(session, namespace, user);
            namespace.rooms().add(&socket);
        }
    }

    /// Returns the number of sockets of a user that the server reports. Without faults this is
    /// `right`.
    pub(in crate::reference) fn count_online(
        &self,
        server: &Shared,
        user: &str,
        right: usize,
    ) -> usize {
        let inherited = super::INHERITED.contains(&user);
        let added = usize::from(self.has(LateWorkFault::OnlineHitsPrototype) && inherited);
        right + added + server.scratch.count(&StillOnline(user.into()))
    }

    /// Notes a socket that has left, for the fault `online-after-disconnect`.
    pub(in crate::reference) fn note_offline(&self, socket: &Socket) {
        if self.has(LateWorkFault::OnlineAfterEnd) {
            let key = StillOnline(socket.user_id().into());
            socket.session().server.scratch.add(key, ());
        }
    }
}

/// Returns the socket that gets an acknowledgement for `socket`. Without faults this is `None` for a
/// socket that has left.
pub(super) fn find_next_for_ack(socket: &Socket) -> Option<Arc<Socket>> {
    let takes_next = socket.faults().has(LateWorkFault::AckTakesNext) && !socket.is_connected();
    takes_next.then(|| find_next(socket)).flatten()
}

/// Returns the socket with which the connection of `socket` has joined the namespace again.
fn find_next(socket: &Socket) -> Option<Arc<Socket>> {
    let peer = Peer::of(socket.session())?;
    match peer.membership(socket.namespace().name())? {
        Membership::Joined(next) => Some(next),
        Membership::Pending => None,
    }
}

/// Returns the number of sockets that have left and still count as members of the room.
pub(super) fn count_gone_members(socket: &Socket, room: &str) -> usize {
    let key = GoneMembers {
        namespace: socket.namespace().name().into(),
        room: room.into(),
    };
    socket.session().server.scratch.count(&key)
}
