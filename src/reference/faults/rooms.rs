//! Faults in the membership of rooms: joining, leaving and counting.

use std::sync::Arc;

use super::{
    acks::{LATE, joins_later},
    late_work::count_gone_members,
    people,
    scratch::ScratchKey,
    topic::faults,
};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        app::Failure,
        rooms::Selection,
        socket::{Call, Rooms, Socket, SocketId},
    },
    wire::socket_io::Packet,
};

faults!(RoomFault {
    EmptyNameMeansAll = "empty-room-name-means-all": "The server sends a message for the room with the empty name to the whole namespace.", seen "`if (room)` before `to(room)`";
    JoinIgnored = "join-ignored": "When a client asks to join a room, the server does not put it into the room.";
    JoinLate = "join-late": "When a client asks to join a room, the server puts it into the room only 250 ms after the acknowledgement.";
    JoinTakesUser = "join-takes-all-of-user": "When a client joins a room, the server puts all sockets of the client's user into the room.";
    JoinTwiceDeliversTwice = "join-twice-delivers-twice": "When a client has joined a room twice, the server sends it each message to the room twice.";
    JoinTwiceNeedsTwoLeaves = "join-twice-needs-two-leaves": "When a client has joined a room twice and leaves it once, the server keeps it in the room.";
    LeaveEmptiesRoom = "leave-empties-room": "When one member leaves a room, the server takes all members out of the room.";
    LeaveIgnored = "leave-ignored": "When a client asks to leave a room, the server keeps it in the room.";
    LeaveLeavesAll = "leave-leaves-all-rooms": "When a client leaves one room, the server takes it out of all its rooms.";
    LeaveIgnoresCase = "leave-ignores-case": "When a client leaves a room, the server also takes it out of the rooms whose names differ only in upper and lower case.";
    LeaveMatchesPart = "leave-matches-part": "When a client leaves a room, the server also takes it out of all rooms whose names contain the name of that room.", seen "`rooms.filter((name) => name.includes(room))`";
    LeaveMatchesPrefix = "leave-matches-prefix": "When a client leaves a room, the server also takes it out of all rooms whose names begin with the name of that room.", seen "`name.startsWith(room)`";
    LeaveStaysListed = "left-rooms-stay-listed": "When a client asks for its rooms, the server also lists rooms that the client has left.";
    LeaveTakesUser = "leave-takes-all-of-user": "When a client leaves a room, the server takes all sockets of the client's user out of the room.";
    LeaveUnjoinedRefused = "leave-unjoined-refused": "When a client asks to leave a room that it is not in, the server refuses the request, where the request has to succeed.";
    ListJoinsAll = "room-list-joins-all": "When a client asks to join a list of rooms, the server refuses the request, but puts the client into each of the rooms.", seen "socket.join takes a list";
    MembersIgnoresLeave = "members-count-ignores-leave": "When a client asks how many members a room has, the server also counts clients that have left the room.";
    MembersWrong = "members-count-wrong": "When a client asks how many members a room has, the server answers with one too many.";
    MoveIgnored = "move-members-ignored": "When a client asks the server to move the members of a room to another room, the server moves none of them.";
    MoveKeepsOld = "move-members-keeps-old-room": "When the server moves the members of a room to another room, it also keeps them in the old room.";
    NameUnchecked = "room-name-unchecked": "When a client names a room with a value that is not a string, the server converts it to a string, where it has to refuse the request.";
    NamesCaseInsensitive = "room-ids-case-insensitive": "The server compares the names of rooms without regard to upper and lower case.";
    NamesComparedInPart = "room-names-compared-in-part": "The server compares only the first 64 characters of the names of rooms.";
    NamesComposed = "room-names-composed": "The server takes two rooms for the same if their names are equal after Unicode normalization.", seen "`room.normalize()`";
    NamesCut = "room-names-cut": "When a client joins a room, the server cuts the name of the room after 255 characters.";
    NamesHitPrototype = "room-names-hit-prototype": "When a client joins a room named like a member of every JavaScript object, such as `constructor`, the server does not put it into the room.", seen "room tables that are plain objects";
    NamesMatchPattern = "room-names-match-pattern": "When a client sends a message to a room whose name contains `*`, the server treats `*` as a wildcard and sends the message to several rooms.";
    NamesMatchPrefix = "room-names-match-prefix": "When a client sends a message to a room, the server also sends it to all rooms whose names begin with that room's name.";
    NamesTrimmed = "room-names-trimmed": "The server ignores blanks at the start and the end of the names of rooms.";
    OwnRoomMissing = "own-id-room-missing": "The server does not put a socket into the room that has the socket's id as its name.";
    RejoinIgnored = "rejoin-ignored": "When a client joins a room again after it has left it, the server does not put the client into the room.";
    RejoinKeepsRooms = "rejoin-keeps-rooms": "When a client leaves a namespace and joins it again, the server puts it back into the rooms that it was in before.";
    RejoinOnce = "rejoin-works-once": "When a client joins a room again after it has left it twice, the server does not put the client into the room.";
    RejoinReplays = "rejoin-replays-backlog": "When a client joins a room again, the server sends it the messages to the room that it missed meanwhile.";
    RoomsAtMostTen = "rooms-at-most-10": "When a client joins an eleventh room, the server takes it out of the room that it joined first.";
    SharedAcrossNamespaces = "rooms-shared-across-namespaces": "The server treats rooms of the same name in several namespaces as one room.";
    SocketsIncludesDisconnected = "sockets-count-includes-disconnected": "When a client asks how many sockets the namespace has, the server also counts sockets that have disconnected.";
    SocketsIncludesOthers = "sockets-count-includes-other-namespaces": "When a client asks how many sockets the namespace has, the server counts the connections of all namespaces.";
});

/// One socket and one room: the content of the keys `Joins`, `Left` and `MissedMessages`.
#[derive(Eq, Hash, PartialEq)]
struct InRoom {
    socket: SocketId,
    room: Box<str>,
}

fn in_room(socket: &Socket, room: &str) -> InRoom {
    InRoom {
        socket: socket.id().clone(),
        room: room.into(),
    }
}

/// The key under which faults count how often the socket has joined the room.
#[derive(Eq, Hash, PartialEq)]
struct Joins(InRoom);

impl ScratchKey for Joins {
    type Note = ();
}

/// The key under which faults count how often the socket has left the room.
#[derive(Eq, Hash, PartialEq)]
struct Left(InRoom);

impl ScratchKey for Left {
    type Note = ();
}

/// The key under which the fault `rejoin-replays-backlog` remembers the messages that were sent to
/// the room after the socket left it.
#[derive(Eq, Hash, PartialEq)]
struct MissedMessages(InRoom);

impl ScratchKey for MissedMessages {
    type Note = Data;
}

/// The key under which the fault `left-rooms-stay-listed` remembers the rooms that the socket with
/// this id has left.
#[derive(Eq, Hash, PartialEq)]
struct StillListed(SocketId);

impl ScratchKey for StillListed {
    type Note = String;
}

/// The key under which the fault `rejoin-keeps-rooms` remembers the rooms that the session `sid`
/// has joined in `namespace`.
#[derive(Eq, Hash, PartialEq)]
struct JoinedRooms {
    sid: Box<str>,
    namespace: Box<str>,
}

impl ScratchKey for JoinedRooms {
    type Note = String;
}

fn joined_rooms(socket: &Socket) -> JoinedRooms {
    JoinedRooms {
        sid: socket.session().sid.clone(),
        namespace: socket.namespace().name().into(),
    }
}

/// The key under which the fault `sockets-count-includes-disconnected` counts all sockets that have
/// ever joined the namespace of this name.
#[derive(Eq, Hash, PartialEq)]
struct SocketsEver(Box<str>);

impl ScratchKey for SocketsEver {
    type Note = ();
}

impl FaultSet {
    /// Returns the name under which the server keeps a room. Without faults this is `name`.
    pub(in crate::reference) fn alter_room_name(&self, name: &str) -> String {
        if self.has(RoomFault::NamesCaseInsensitive) {
            return name.to_lowercase();
        }
        if self.has(RoomFault::NamesTrimmed) {
            return name.trim().to_owned();
        }
        if self.has(RoomFault::NamesComparedInPart) {
            return name.chars().take(64).collect();
        }
        if self.has(RoomFault::NamesComposed) {
            return name.replace("e\u{301}", "\u{e9}");
        }
        name.to_owned()
    }

    /// Puts the socket into the room. Without faults the server does so before it acknowledges.
    pub(in crate::reference) fn join(&self, socket: &Arc<Socket>, room: &str) {
        if self.is_empty() {
            socket.namespace().rooms().join(socket.id(), room);
            return;
        }
        if ignores_join(socket, room) {
            return;
        }
        let scratch = &socket.session().server.scratch;
        let mut room = self.alter_room_name(room);
        if self.has(RoomFault::NamesCut)
            && let Some((end, _)) = room.char_indices().nth(255)
        {
            room.truncate(end);
        }
        if self.has(RoomFault::JoinLate) || joins_later(self) {
            let socket = Arc::clone(socket);
            socket.session().server.tasks.spawn({
                let socket = Arc::clone(&socket);
                async move {
                    tokio::time::sleep(LATE * 5).await;
                    socket.namespace().rooms().join(socket.id(), &room);
                }
            });
            return;
        }
        scratch.add(Joins(in_room(socket, &room)), ());
        scratch.add(joined_rooms(socket), room.clone());
        let mut rooms = socket.namespace().rooms();
        rooms.join(socket.id(), &room);
        if self.has(RoomFault::JoinTakesUser) {
            for other in others_of_user(socket, &rooms) {
                rooms.join(other.id(), &room);
            }
        }
        if self.has(RoomFault::RoomsAtMostTen) {
            leave_eleventh(socket, &mut rooms);
        }
        drop(rooms);
        if self.has(RoomFault::RejoinReplays) {
            for missed in scratch.take(&MissedMessages(in_room(socket, &room))) {
                socket.emit("room-message", vec![missed]);
            }
        }
    }

    /// Returns the rooms that the server reports when a client asks for its rooms (`whoami`).
    /// Without faults this is `right`.
    pub(in crate::reference) fn list_rooms(
        &self,
        socket: &Socket,
        mut right: Vec<Data>,
    ) -> Vec<Data> {
        if self.has(RoomFault::LeaveStaysListed) {
            let scratch = &socket.session().server.scratch;
            let left = scratch.take(&StillListed(socket.id().clone()));
            right.extend(left.into_iter().map(Data::from));
        }
        right
    }

    /// Takes the socket out of the room. Without faults the socket stays in its other rooms.
    pub(in crate::reference) fn leave(
        &self,
        socket: &Arc<Socket>,
        room: &str,
    ) -> Result<(), Failure> {
        if self.is_empty() {
            socket.namespace().rooms().leave(socket.id(), room);
            return Ok(());
        }
        let room = &self.alter_room_name(room);
        let scratch = &socket.session().server.scratch;
        scratch.add(Left(in_room(socket, room)), ());
        if self.has(RoomFault::LeaveIgnored) {
            return Ok(());
        }
        let mut rooms = socket.namespace().rooms();
        let is_member = rooms.members(room).any(|member| member.id() == socket.id());
        if self.has(RoomFault::LeaveUnjoinedRefused) && !is_member {
            return Err(Failure::field("room", "not a member of room".to_owned()));
        }
        let joins = Joins(in_room(socket, room));
        let twice = scratch.take(&joins).len() > 1;
        if self.has(RoomFault::JoinTwiceNeedsTwoLeaves) && twice {
            scratch.add(joins, ());
            return Ok(());
        }
        if self.has(RoomFault::LeaveEmptiesRoom) {
            let members: Vec<_> = rooms.members(room).cloned().collect();
            for member in members {
                rooms.leave(member.id(), room);
            }
        }
        if self.has(RoomFault::LeaveTakesUser) {
            for other in others_of_user(socket, &rooms) {
                rooms.leave(other.id(), room);
            }
        }
        if self.has(RoomFault::LeaveStaysListed) {
            scratch.add(StillListed(socket.id().clone()), room.clone());
        }
        for other in rooms.of(socket.id()).to_vec() {
            if *other != *socket.id().as_str() && self.leaves_too(room, &other) {
                rooms.leave(socket.id(), &other);
            }
        }
        rooms.leave(socket.id(), room);
        Ok(())
    }

    /// Returns true if an active fault takes a client that leaves `room` out of the room `other` too.
    fn leaves_too(&self, room: &str, other: &str) -> bool {
        self.has(RoomFault::LeaveLeavesAll)
            || (self.has(RoomFault::LeaveMatchesPrefix) && other.starts_with(room))
            || (self.has(RoomFault::LeaveMatchesPart) && other.contains(room))
            || (self.has(RoomFault::LeaveIgnoresCase)
                && other.to_lowercase() == room.to_lowercase())
    }

    /// Changes the rooms of a socket that joins a namespace. Without faults the socket is only in
    /// the room that has its id as its name.
    pub(in crate::reference) fn enter_namespace(&self, socket: &Arc<Socket>, rooms: &mut Rooms) {
        if self.has(RoomFault::OwnRoomMissing) {
            rooms.leave(socket.id(), socket.id().as_str());
        }
        if self.has(RoomFault::RejoinKeepsRooms) {
            let scratch = &socket.session().server.scratch;
            for room in scratch.take(&joined_rooms(socket)) {
                rooms.join(socket.id(), &room);
            }
        }
        if self.has(RoomFault::SocketsIncludesDisconnected) {
            let key = SocketsEver(socket.namespace().name().into());
            socket.session().server.scratch.add(key, ());
        }
    }

    /// Returns the name to use if the room in a request is not a string and an active fault accepts
    /// that; `None` otherwise.
    pub(in crate::reference) fn alter_checked_name(&self, call: &Call) -> Option<String> {
        let given = call.args.first().and_then(|first| first.get("room"));
        if self.has(RoomFault::ListJoinsAll)
            && let Some(Data::Array(rooms)) = given
        {
            for room in rooms.iter().filter_map(Data::as_str) {
                call.socket.namespace().rooms().join(call.socket.id(), room);
            }
        }
        if !self.has(RoomFault::NameUnchecked) {
            return None;
        }
        match given {
            Some(Data::String(_)) => None,
            Some(other) => Some(other.to_string()),
            None => Some("undefined".to_owned()),
        }
    }

    /// Returns the number of a room's members that the server reports. Without faults this is
    /// `right`, the number of sockets in the room.
    pub(in crate::reference) fn count_members(
        &self,
        socket: &Socket,
        room: &str,
        right: usize,
    ) -> usize {
        let right = people::count_members(socket, room, right);
        if self.has(RoomFault::MembersWrong) {
            return right + 1;
        }
        let right = right + count_gone_members(socket, room);
        if self.has(RoomFault::SharedAcrossNamespaces) {
            let all = socket.all_namespaces();
            return all
                .iter()
                .map(|namespace| namespace.rooms().members(room).count())
                .sum();
        }
        if self.has(RoomFault::MembersIgnoresLeave) {
            let scratch = &socket.session().server.scratch;
            let rooms = socket.namespace().rooms();
            let left = rooms
                .all()
                .filter(|other| scratch.count(&Left(in_room(other, room))) > 0);
            return right + left.count();
        }
        right
    }

    /// Returns the number of sockets that the server reports for a namespace. Without faults this
    /// is `right`, the real number.
    pub(in crate::reference) fn count_sockets(&self, socket: &Socket, right: usize) -> usize {
        let right = people::count_sockets(socket, right);
        let server = &socket.session().server;
        if self.has(RoomFault::SocketsIncludesDisconnected) {
            let key = SocketsEver(socket.namespace().name().into());
            return server.scratch.count(&key);
        }
        if self.has(RoomFault::SocketsIncludesOthers) {
            return server.sessions.len();
        }
        right
    }

    /// Moves the members of the room `from` to the room `to`.
    pub(in crate::reference) fn move_members(&self, socket: &Socket, from: &str, to: &str) {
        if self.has(RoomFault::MoveIgnored) {
            return;
        }
        let mut rooms = socket.namespace().rooms();
        let mut members: Vec<_> = rooms.members(from).cloned().collect();
        people::alter_moved(socket, &mut members);
        for member in members {
            rooms.join(member.id(), to);
            if !self.has(RoomFault::MoveKeepsOld) {
                rooms.leave(member.id(), from);
            }
        }
    }
}

/// Adds rooms to the selection whose names are similar to those of the selected rooms, as the
/// active faults demand.
pub(super) fn widen_rooms(faults: &FaultSet, rooms: &Rooms, selection: &mut Selection) {
    if faults.has(RoomFault::EmptyNameMeansAll) {
        selection.rooms.retain(|room| !room.is_empty());
    }
    let pattern = faults.has(RoomFault::NamesMatchPattern);
    let prefix = faults.has(RoomFault::NamesMatchPrefix);
    if !pattern && !prefix {
        return;
    }
    let mut wider = selection.rooms.clone();
    for room in &selection.rooms {
        let stem = match room.split_once('*') {
            Some((stem, _)) if pattern => stem,
            _ if prefix => room.as_str(),
            _ => continue,
        };
        wider.extend(
            rooms
                .names()
                .filter(|name| name.starts_with(stem))
                .map(str::to_owned),
        );
    }
    wider.sort_unstable();
    wider.dedup();
    selection.rooms = wider;
}

/// Returns true if an active fault makes the server ignore that the socket joins the room.
fn ignores_join(socket: &Socket, room: &str) -> bool {
    let faults = socket.faults();
    let scratch = &socket.session().server.scratch;
    faults.has(RoomFault::JoinIgnored)
        || (faults.has(RoomFault::RejoinIgnored) && scratch.count(&Left(in_room(socket, room))) > 0)
        || (faults.has(RoomFault::RejoinOnce) && scratch.count(&Left(in_room(socket, room))) > 1)
        || (faults.has(RoomFault::NamesHitPrototype) && super::INHERITED.contains(&room))
}

/// Takes the socket out of its oldest room if the socket is in more than ten rooms besides the room
/// of its own id.
fn leave_eleventh(socket: &Socket, rooms: &mut Rooms) {
    let own = socket.id().as_str();
    let joined: Vec<_> = rooms.of(socket.id()).to_vec();
    let mut joined = joined.iter().filter(|room| ***room != *own);
    if let Some(oldest) = joined.next()
        && joined.count() >= 10
    {
        rooms.leave(socket.id(), oldest);
    }
}

/// Returns the other sockets in the namespace that have the same user as this socket.
fn others_of_user(socket: &Socket, rooms: &Rooms) -> Vec<Arc<Socket>> {
    let user = socket.user();
    let others = rooms.all().filter(|other| other.id() != socket.id());
    let same = others.filter(|other| user.id.is_some() && other.user().id == user.id);
    same.cloned().collect()
}

/// Returns how often a member of the room gets a room message. Without faults this is 1.
pub(super) fn count_deliveries(from: &Socket, selection: &Selection, member: &Socket) -> usize {
    let twice = from.faults().has(RoomFault::JoinTwiceDeliversTwice)
        && selection.rooms.iter().any(|room| {
            let key = Joins(in_room(member, room));
            from.session().server.scratch.count(&key) > 1
        });
    if twice { 2 } else { 1 }
}

/// Returns true if the socket has left the room by `leave-room`.
pub(super) fn has_left(socket: &Socket, room: &str) -> bool {
    let scratch = &socket.session().server.scratch;
    scratch.count(&Left(in_room(socket, room))) > 0
}

/// Returns true if the fault `rooms-shared-across-namespaces` is active.
pub(super) fn shares_rooms(faults: &FaultSet) -> bool {
    faults.has(RoomFault::SharedAcrossNamespaces)
}

/// Records a room message for the sockets that have left the room, for the fault
/// `rejoin-replays-backlog`.
pub(super) fn note_for_backlog(from: &Socket, selection: &Selection, packet: &Packet) {
    if !from.faults().has(RoomFault::RejoinReplays) {
        return;
    }
    let (Packet::Event { args, .. }, [room]) = (packet, selection.rooms.as_slice()) else {
        return;
    };
    let rooms = from.namespace().rooms();
    let absent = rooms
        .all()
        .filter(|socket| rooms.members(room).all(|member| member.id() != socket.id()));
    let scratch = &from.session().server.scratch;
    for socket in absent {
        if scratch.count(&Left(in_room(socket, room))) > 0 {
            let key = MissedMessages(in_room(socket, room));
            scratch.add(key, args.first().cloned().unwrap_or_default());
        }
    }
}
