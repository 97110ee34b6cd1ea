//! Faults in work that is complete only after its client has left: slow joins and slow checks of
//! tokens.

use std::sync::Arc;

use super::{scratch::ScratchKey, topic::faults};
use crate::reference::{
    FaultSet,
    engine::Session,
    shared::Shared,
    socket::{Membership, Namespace, Peer, Refused, Socket, User},
};

faults!(LateWorkFault {
    AckTakesNext = "late-ack-takes-next-socket": "When a client leaves a namespace and joins it again before an acknowledgement is sent, the server sends the acknowledgement to the new socket.";
    CountsGoneLogin = "gone-login-stays-online": "When a client leaves while the server still checks its token, the server counts the client's user as online for ever.", seen "presence that is counted in a middleware";
    GoneClientAdmitted = "gone-client-admitted": "When a client leaves while the server still checks its token, the server adds the client to the namespace nevertheless.";
    JoinOfGoneCounts = "late-join-of-gone-client-stays": "When a client leaves before its slow join of a room is complete, the server counts the client as a member of the room for ever.", seen "socket.io before 4.5.2";
    JoinOfGoneTakesNext = "late-join-takes-next-socket": "When a client leaves a namespace and joins it again before its slow join of a room is complete, the server puts the new socket into the room.";
    JoinLost = "late-join-lost": "When a client joins a room slowly (`join-room-late`), the server does not put it into the room.";
    LateForgetsUser = "late-forgets-user": "When the server checks a token only after the CONNECT reply, it forgets the user that the token names.";
    KickedStaysOnline = "kicked-stays-online": "When a client asks how many sockets of a user are online, the server also counts sockets that the server has disconnected.";
    LeavesOneRoom = "disconnect-leaves-one-room": "After a client has left a namespace, the server still counts it as a member of all its rooms there but the first.";
    OnlineHitsPrototype = "online-hits-prototype": "When a client asks how many sockets a user has, and the user is named like a member of every JavaScript object, such as `constructor`, the server counts one too many.", seen "presence tables that are plain objects";
    OnlineAfterEnd = "online-after-disconnect": "When a client asks how many sockets of a user are online, the server also counts sockets that have disconnected.";
});

/// The key under which the fault `late-join-of-gone-client-stays` counts the sockets that left
/// before their slow join of `room` was complete.
#[derive(Eq, Hash, PartialEq)]
struct GoneMembers {
    namespace: Box<str>,
    room: Box<str>,
}

impl ScratchKey for GoneMembers {
    type Note = ();
}

/// The key under which faults count, for one user id, the sockets that have left but are still
/// reported as online.
#[derive(Eq, Hash, PartialEq)]
struct StillOnline(Box<str>);

impl ScratchKey for StillOnline {
    type Note = ();
}

impl FaultSet {
    /// Completes the slow join of a socket that is still connected: the socket becomes a member of
    /// the room. The fault `late-join-lost` does nothing instead.
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

    /// Puts a socket that has left, or the connection's next socket, into the room, as the active
    /// faults demand. The server calls this when a slow join is due, but its socket has left.
    pub(in crate::reference) fn join_for_gone(&self, socket: &Socket, room: &str) {
        let namespace = socket.namespace();
        if self.has(LateWorkFault::JoinOfGoneCounts) {
            let key = GoneMembers {
                namespace: namespace.name().into(),
                room: room.into(),
            };
            socket.session().server.scratch.add(key, ());
        }
        if self.has(LateWorkFault::JoinOfGoneTakesNext)
            && let Some(next) = find_next(socket)
        {
            namespace.rooms().join(next.id(), room);
        }
    }

    /// Admits a client that has left, or counts it as online, as the active faults demand. The
    /// server calls this when it has checked the client's token, but the client has left meanwhile.
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

    /// Returns the number of connected sockets that the server reports for a user. Without faults
    /// this is `right`, the number of sockets that are really connected.
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

    /// Records the rooms of a socket that leaves its namespace, for the fault `disconnect-leaves-one-room`.
    pub(in crate::reference) fn note_gone_rooms(&self, socket: &Socket) {
        if !self.has(LateWorkFault::LeavesOneRoom) {
            return;
        }
        let namespace = socket.namespace();
        let joined: Vec<_> = namespace.rooms().of(socket.id()).to_vec();
        let mut joined = joined
            .iter()
            .filter(|room| ***room != *socket.id().as_str());
        joined.next();
        for room in joined {
            let key = GoneMembers {
                namespace: namespace.name().into(),
                room: (&**room).into(),
            };
            socket.session().server.scratch.add(key, ());
        }
    }

    /// Records a socket that disconnects itself by `kick-me`, for the fault `kicked-stays-online`.
    pub(in crate::reference) fn note_kicked(&self, socket: &Socket) {
        if self.has(LateWorkFault::KickedStaysOnline) {
            let key = StillOnline(socket.user_id().into());
            socket.session().server.scratch.add(key, ());
        }
    }

    /// Records a socket that has left, for the fault `online-after-disconnect`.
    pub(in crate::reference) fn note_offline(&self, socket: &Socket) {
        if self.has(LateWorkFault::OnlineAfterEnd) {
            let key = StillOnline(socket.user_id().into());
            socket.session().server.scratch.add(key, ());
        }
    }
}

/// Returns the socket that receives the acknowledgement in place of `socket`, if `socket` has left
/// and the fault `late-ack-takes-next-socket` is active; `None` otherwise.
pub(super) fn find_next_for_ack(socket: &Socket) -> Option<Arc<Socket>> {
    let takes_next = socket.faults().has(LateWorkFault::AckTakesNext) && !socket.is_connected();
    takes_next.then(|| find_next(socket)).flatten()
}

/// Returns the socket that the connection of `socket` now has in the same namespace; `None` if the
/// connection has not joined the namespace again.
fn find_next(socket: &Socket) -> Option<Arc<Socket>> {
    let peer = Peer::of(socket.session())?;
    match peer.membership(socket.namespace().name())? {
        Membership::Joined(next) => Some(next),
        Membership::Pending => None,
    }
}

/// Returns the number of sockets that have left but are still counted as members of the room.
pub(super) fn count_gone_members(socket: &Socket, room: &str) -> usize {
    let key = GoneMembers {
        namespace: socket.namespace().name().into(),
        room: room.into(),
    };
    socket.session().server.scratch.count(&key)
}
