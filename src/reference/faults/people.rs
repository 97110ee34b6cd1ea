//! Faults that treat all sockets of one user as one, or that leave the caller out of a room's
//! members.

use std::{collections::HashSet, sync::Arc};

use super::{scratch::ScratchKey, topic::faults};
use crate::reference::{
    FaultSet,
    engine::Session,
    socket::{Rooms, Socket, User},
};

faults!(PeopleFault {
    KickRoomAnswersLast = "kick-room-answers-last": "When a client asks the server to disconnect a room (`kick-room`), the server acknowledges after it has disconnected the members, not before.";
    KickRoomSparesCaller = "kick-room-spares-caller": "When a client asks the server to disconnect a room of which it is a member (`kick-room`), the server leaves this client connected.";
    KickedLockedOut = "kicked-user-locked-out": "After the server has disconnected a socket with `kick-room`, it refuses the tokens of the socket's user.";
    KickRoomTakesUsers = "kick-room-takes-users": "When the server disconnects the members of a room (`kick-room`), it also disconnects the other sockets of the members' users.";
    KickTakesUser = "kick-takes-user": "When the server disconnects a client (`kick-me`), it also disconnects the other sockets of the client's user in the namespace.";
    MembersOnlyForMembers = "members-only-for-members": "When a client that is not a member of a room asks how many members the room has, the server answers 0.";
    MembersUsers = "members-counts-users": "When a client asks how many members a room has, the server counts the users, not the sockets.";
    MembersWithoutCaller = "members-without-caller": "When a client asks how many members its room has, the server leaves that client out of the count.";
    MoveCallerOnly = "move-members-moves-caller-only": "When a client asks the server to move the members of a room to another room, the server moves only this client.";
    MoveSparesCaller = "move-members-spares-caller": "When a client asks the server to move the members of its room to another room, the server moves all members except this client.";
    NamesTrimmed = "user-names-trimmed": "The server ignores blanks at the start and the end of user names when it counts the sockets of a user.";
    OnlineIgnoresCase = "online-ignores-case": "When a client asks how many sockets of a user are online, the server compares the names of users without regard to upper and lower case.";
    OnlineMatchesPrefix = "online-matches-prefix": "When a client asks how many sockets of a user are online, the server also counts users whose names begin with the user's name.";
    OnlineMatchesPrefixOfAsked = "online-matches-prefix-of-asked": "When a client asks how many sockets of a user are online, the server also counts users with whose names the user's name begins.";
    SocketsUsers = "sockets-counts-users": "When a client asks how many sockets the namespace has, the server counts the users, not the sockets.";
});

/// The key under which the fault `kicked-user-locked-out` remembers that `kick-room` has
/// disconnected a socket of the user with this id.
#[derive(Eq, Hash, PartialEq)]
struct KickedUser(String);

impl ScratchKey for KickedUser {
    type Note = ();
}

impl FaultSet {
    /// Returns true if the fault `kick-room-answers-last` is active.
    pub(in crate::reference) fn answers_kick_last(&self) -> bool {
        self.has(PeopleFault::KickRoomAnswersLast)
    }

    /// Returns true if a socket of the user `user` counts as a socket of the user `asked`. Without
    /// faults the two names have to be equal.
    pub(in crate::reference) fn counts_as(&self, user: &str, asked: &str) -> bool {
        user == asked
            || (self.has(PeopleFault::NamesTrimmed) && user.trim() == asked.trim())
            || (self.has(PeopleFault::OnlineIgnoresCase) && user.eq_ignore_ascii_case(asked))
            || (self.has(PeopleFault::OnlineMatchesPrefix) && user.starts_with(asked))
            || (self.has(PeopleFault::OnlineMatchesPrefixOfAsked) && asked.starts_with(user))
    }

    /// Returns the sockets that `kick-me` disconnects besides the caller. Without faults there are none.
    pub(in crate::reference) fn kicked_besides(&self, caller: &Socket) -> Vec<Arc<Socket>> {
        if !self.has(PeopleFault::KickTakesUser) {
            return Vec::new();
        }
        let user = user_of(caller);
        let rooms = caller.namespace().rooms();
        let others = rooms.all().filter(|other| other.id() != caller.id());
        others
            .filter(|other| user_of(other) == user)
            .cloned()
            .collect()
    }
}

/// Changes the sockets that `kick-room` disconnects, as the active faults demand.
pub(super) fn alter_kicked(caller: &Socket, members: &mut Vec<Arc<Socket>>) {
    let faults = caller.faults();
    if faults.has(PeopleFault::KickRoomSparesCaller) {
        members.retain(|member| member.id() != caller.id());
    }
    if faults.has(PeopleFault::KickRoomTakesUsers) {
        let users: HashSet<String> = members.iter().map(|member| user_of(member)).collect();
        let rooms = caller.namespace().rooms();
        let same = rooms
            .all()
            .filter(|socket| users.contains(&user_of(socket)));
        *members = same.cloned().collect();
    }
    if faults.has(PeopleFault::KickedLockedOut) {
        let scratch = &caller.session().server.scratch;
        for member in members {
            scratch.add(KickedUser(user_of(member)), ());
        }
    }
}

/// Returns true if the fault `kicked-user-locked-out` is active and refuses this user: `kick-room`
/// has disconnected one of the user's sockets.
pub(super) fn is_locked_out(session: &Session, user: &User) -> bool {
    session.faults().has(PeopleFault::KickedLockedOut)
        && user
            .id
            .clone()
            .is_some_and(|id| session.server.scratch.count(&KickedUser(id)) > 0)
}

/// Changes the sockets that `move-members` moves, as the active faults demand.
pub(super) fn alter_moved(caller: &Socket, members: &mut Vec<Arc<Socket>>) {
    let faults = caller.faults();
    if faults.has(PeopleFault::MoveSparesCaller) {
        members.retain(|member| member.id() != caller.id());
    }
    if faults.has(PeopleFault::MoveCallerOnly) {
        members.retain(|member| member.id() == caller.id());
    }
}

/// Returns the number of a room's members that the server reports. Without faults this is `right`,
/// the number of sockets in the room.
pub(super) fn count_members(caller: &Socket, room: &str, right: usize) -> usize {
    let faults = caller.faults();
    let rooms = caller.namespace().rooms();
    let is_member = rooms.members(room).any(|member| member.id() == caller.id());
    if faults.has(PeopleFault::MembersUsers) {
        return count_users(rooms.members(room));
    }
    if faults.has(PeopleFault::MembersWithoutCaller) && is_member {
        return right.saturating_sub(1);
    }
    if faults.has(PeopleFault::MembersOnlyForMembers) && !is_member {
        return 0;
    }
    right
}

/// Returns the number of the namespace's sockets that the server reports. Without faults this is
/// `right`, the real number.
pub(super) fn count_sockets(caller: &Socket, right: usize) -> usize {
    if caller.faults().has(PeopleFault::SocketsUsers) {
        let rooms: &Rooms = &caller.namespace().rooms();
        return count_users(rooms.all());
    }
    right
}

fn count_users<'a>(sockets: impl Iterator<Item = &'a Arc<Socket>>) -> usize {
    sockets
        .map(|socket| user_of(socket))
        .collect::<HashSet<_>>()
        .len()
}

fn user_of(socket: &Socket) -> String {
    let id = || socket.id().as_str().to_owned();
    socket.user().id.clone().unwrap_or_else(id)
}
