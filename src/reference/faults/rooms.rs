//! Joining, leaving and counting.

use std::sync::Arc;

use super::{
    acks::{LATE, joins_later},
    scratch::ScratchKey,
    topic::faults,
};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        app::Failure,
        rooms::{Rooms, Selection},
        socket::{Call, Socket, SocketId},
    },
    wire::socket_io::Packet,
};

faults!(RoomFault {
    JoinIgnored = "join-ignored": "Joining a room has no effect.";
    JoinLate = "join-late": "Joining a room takes effect 250 ms later.";
    JoinTakesUser = "join-takes-all-of-user": "Joining a room takes all sockets of the same user in.";
    JoinTwiceDeliversTwice = "join-twice-delivers-twice": "Who joins a room twice receives twice.";
    JoinTwiceNeedsTwoLeaves = "join-twice-needs-two-leaves": "A room that was joined twice must be left twice.";
    LeaveEmptiesRoom = "leave-empties-room": "One member's leaving takes all out of the room.";
    LeaveIgnored = "leave-ignored": "Leaving a room has no effect.";
    LeaveLeavesAll = "leave-leaves-all-rooms": "Leaving one room leaves all.";
    LeaveStaysListed = "left-rooms-stay-listed": "A socket's own list of rooms keeps those that it left.";
    LeaveTakesUser = "leave-takes-all-of-user": "Leaving a room takes all sockets of the same user out.";
    LeaveUnjoinedRefused = "leave-unjoined-refused": "Leaving a room that one is not in is refused.";
    ListJoinsAll = "room-list-joins-all": "Joining with a list joins every room of it, although it is refused.", seen "socket.join takes a list";
    MembersIgnoresLeave = "members-count-ignores-leave": "Who left a room is still counted.";
    MembersWrong = "members-count-wrong": "Members are counted one too many.";
    MoveIgnored = "move-members-ignored": "Moving the members of a room has no effect.";
    MoveKeepsOld = "move-members-keeps-old-room": "Members that are moved stay in the old room.";
    NameUnchecked = "room-name-unchecked": "A room that is no string is turned into one.";
    NamesCaseInsensitive = "room-ids-case-insensitive": "Room names are compared without case.";
    NamesComparedInPart = "room-names-compared-in-part": "Only the first 64 characters of a room's name are looked at.";
    NamesComposed = "room-names-composed": "Names of rooms are compared in one Unicode form.", seen "`room.normalize()`";
    NamesCut = "room-names-cut": "Rooms are kept under the first 255 characters of their names.";
    NamesHitPrototype = "room-names-hit-prototype": "Rooms named as what every object has can't be joined.", seen "room tables that are plain objects";
    NamesMatchPattern = "room-names-match-pattern": "A room name with * means every room that fits.";
    NamesMatchPrefix = "room-names-match-prefix": "A message to a room also reaches rooms whose names begin with its name.";
    NamesTrimmed = "room-names-trimmed": "Blanks around room names are cut off.";
    OwnRoomMissing = "own-id-room-missing": "A socket is not in the room of its own id.";
    RejoinIgnored = "rejoin-ignored": "A room that was left can't be joined again.";
    RejoinKeepsRooms = "rejoin-keeps-rooms": "Joining a namespace again brings the former rooms back.";
    RejoinReplays = "rejoin-replays-backlog": "Joining a room again brings what was sent meanwhile.";
    RoomsAtMostTen = "rooms-at-most-10": "Who joins an eleventh room is taken out of the oldest.";
    SharedAcrossNamespaces = "rooms-shared-across-namespaces": "Rooms of one name in several namespaces are one room.";
    SocketsIncludesDisconnected = "sockets-count-includes-disconnected": "Sockets that left are still counted.";
    SocketsIncludesOthers = "sockets-count-includes-other-namespaces": "Connections are counted, whatever namespaces they are in.";
});

/// A socket and a room, for notes about both.
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

/// One note for each time that the socket joined the room.
#[derive(Eq, Hash, PartialEq)]
struct Joins(InRoom);

impl ScratchKey for Joins {
    type Note = ();
}

/// Notes that the socket left the room.
#[derive(Eq, Hash, PartialEq)]
struct Left(InRoom);

impl ScratchKey for Left {
    type Note = ();
}

/// The messages to the room after the socket left it.
#[derive(Eq, Hash, PartialEq)]
struct MissedMessages(InRoom);

impl ScratchKey for MissedMessages {
    type Note = Data;
}

/// The rooms that the socket has left and still lists.
#[derive(Eq, Hash, PartialEq)]
struct StillListed(SocketId);

impl ScratchKey for StillListed {
    type Note = String;
}

/// The rooms that the session `sid` has joined in `namespace`.
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

/// One note for each socket that ever was in the namespace of this name.
#[derive(Eq, Hash, PartialEq)]
struct SocketsEver(Box<str>);

impl ScratchKey for SocketsEver {
    type Note = ();
}

/// A room is what its name says, to the character.
pub(in crate::reference) fn name(faults: &FaultSet, name: &str) -> String {
    if faults.has(RoomFault::NamesCaseInsensitive) {
        return name.to_lowercase();
    }
    if faults.has(RoomFault::NamesTrimmed) {
        return name.trim().to_owned();
    }
    if faults.has(RoomFault::NamesComparedInPart) {
        return name.chars().take(64).collect();
    }
    if faults.has(RoomFault::NamesComposed) {
        return name.replace("e\u{301}", "\u{e9}");
    }
    name.to_owned()
}

/// Which rooms an emit to these means: these.
pub(super) fn widened(faults: &FaultSet, rooms: &Rooms, selection: &mut Selection) {
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

/// The caller is in the room before anybody hears of it.
pub(in crate::reference) fn join(socket: &Arc<Socket>, room: &str) {
    let faults = socket.faults();
    if faults.is_empty() {
        socket.namespace().rooms().join(socket.id(), room);
        return;
    }
    let scratch = &socket.session().server.scratch;
    let left = Left(in_room(socket, room));
    let inherited = [
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "toString",
        "valueOf",
    ];
    if faults.has(RoomFault::JoinIgnored)
        || (faults.has(RoomFault::RejoinIgnored) && scratch.count(&left) > 0)
        || (faults.has(RoomFault::NamesHitPrototype) && inherited.contains(&room))
    {
        return;
    }
    let mut room = name(faults, room);
    if faults.has(RoomFault::NamesCut)
        && let Some((end, _)) = room.char_indices().nth(255)
    {
        room.truncate(end);
    }
    if faults.has(RoomFault::JoinLate) || joins_later(faults) {
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
    if faults.has(RoomFault::JoinTakesUser) {
        for other in others_of_user(socket, &rooms) {
            rooms.join(other.id(), &room);
        }
    }
    if faults.has(RoomFault::RoomsAtMostTen) {
        let own = socket.id().as_str();
        let joined: Vec<_> = rooms.of(socket.id()).to_vec();
        let mut joined = joined.iter().filter(|room| ***room != *own);
        if let Some(oldest) = joined.next()
            && joined.count() >= 10
        {
            rooms.leave(socket.id(), oldest);
        }
    }
    drop(rooms);
    if faults.has(RoomFault::RejoinReplays) {
        for missed in scratch.take(&MissedMessages(in_room(socket, &room))) {
            socket.emit("room-message", vec![missed]);
        }
    }
}

/// The other sockets of a socket's user.
fn others_of_user(socket: &Socket, rooms: &Rooms) -> Vec<Arc<Socket>> {
    let user = socket.user();
    let others = rooms.all().filter(|other| other.id() != socket.id());
    let same = others.filter(|other| user.id.is_some() && other.user().id == user.id);
    same.cloned().collect()
}

/// A socket lists the rooms that it is in.
pub(in crate::reference) fn listed(socket: &Socket, mut right: Vec<Data>) -> Vec<Data> {
    if socket.faults().has(RoomFault::LeaveStaysListed) {
        let scratch = &socket.session().server.scratch;
        let left = scratch.take(&StillListed(socket.id().clone()));
        right.extend(left.into_iter().map(Data::from));
    }
    right
}

/// The caller is in the room no longer, and in its other rooms as before.
pub(in crate::reference) fn leave(socket: &Arc<Socket>, room: &str) -> Result<(), Failure> {
    let faults = socket.faults();
    if faults.is_empty() {
        socket.namespace().rooms().leave(socket.id(), room);
        return Ok(());
    }
    let room = &name(faults, room);
    let scratch = &socket.session().server.scratch;
    scratch.add(Left(in_room(socket, room)), ());
    if faults.has(RoomFault::LeaveIgnored) {
        return Ok(());
    }
    let mut rooms = socket.namespace().rooms();
    let is_member = rooms.members(room).any(|member| member.id() == socket.id());
    if faults.has(RoomFault::LeaveUnjoinedRefused) && !is_member {
        return Err(Failure::field("room", "not a member of room".to_owned()));
    }
    let joins = Joins(in_room(socket, room));
    let twice = scratch.take(&joins).len() > 1;
    if faults.has(RoomFault::JoinTwiceNeedsTwoLeaves) && twice {
        scratch.add(joins, ());
        return Ok(());
    }
    if faults.has(RoomFault::LeaveEmptiesRoom) {
        let members: Vec<_> = rooms.members(room).cloned().collect();
        for member in members {
            rooms.leave(member.id(), room);
        }
    }
    if faults.has(RoomFault::LeaveTakesUser) {
        for other in others_of_user(socket, &rooms) {
            rooms.leave(other.id(), room);
        }
    }
    if faults.has(RoomFault::LeaveStaysListed) {
        scratch.add(StillListed(socket.id().clone()), room.clone());
    }
    if faults.has(RoomFault::LeaveLeavesAll) {
        for other in rooms.of(socket.id()).to_vec() {
            if *other != *socket.id().as_str() {
                rooms.leave(socket.id(), &other);
            }
        }
    }
    rooms.leave(socket.id(), room);
    Ok(())
}

/// Members receive once, however often they joined.
pub(super) fn times(from: &Socket, selection: &Selection, member: &Socket) -> usize {
    let twice = from.faults().has(RoomFault::JoinTwiceDeliversTwice)
        && selection.rooms.iter().any(|room| {
            let key = Joins(in_room(member, room));
            from.session().server.scratch.count(&key) > 1
        });
    if twice { 2 } else { 1 }
}

/// A room belongs to its namespace.
pub(super) fn are_shared(faults: &FaultSet) -> bool {
    faults.has(RoomFault::SharedAcrossNamespaces)
}

/// What was sent to a room is not kept for those who are not in it.
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

/// A socket that joins a namespace is in the room of its id, and in no other.
pub(in crate::reference) fn entered(socket: &Arc<Socket>, rooms: &mut Rooms) {
    let faults = socket.faults();
    if faults.has(RoomFault::OwnRoomMissing) {
        rooms.leave(socket.id(), socket.id().as_str());
    }
    if faults.has(RoomFault::RejoinKeepsRooms) {
        let scratch = &socket.session().server.scratch;
        for room in scratch.take(&joined_rooms(socket)) {
            rooms.join(socket.id(), &room);
        }
    }
    if faults.has(RoomFault::SocketsIncludesDisconnected) {
        let key = SocketsEver(socket.namespace().name().into());
        socket.session().server.scratch.add(key, ());
    }
}

/// The name of a room is a string.
pub(in crate::reference) fn checked_name(call: &Call) -> Option<String> {
    let faults = call.socket.faults();
    let given = call.args.first().and_then(|first| first.get("room"));
    if faults.has(RoomFault::ListJoinsAll)
        && let Some(Data::Array(rooms)) = given
    {
        for room in rooms.iter().filter_map(Data::as_str) {
            call.socket.namespace().rooms().join(call.socket.id(), room);
        }
    }
    if !faults.has(RoomFault::NameUnchecked) {
        return None;
    }
    match given {
        Some(Data::String(_)) => None,
        Some(other) => Some(other.to_string()),
        None => Some("undefined".to_owned()),
    }
}

/// Members are those who are in the room.
pub(in crate::reference) fn members_count(socket: &Socket, room: &str, right: usize) -> usize {
    let faults = socket.faults();
    if faults.has(RoomFault::MembersWrong) {
        return right + 1;
    }
    if faults.has(RoomFault::SharedAcrossNamespaces) {
        let all = socket.session().server.namespaces.all();
        return all
            .iter()
            .map(|namespace| namespace.rooms().members(room).count())
            .sum();
    }
    if faults.has(RoomFault::MembersIgnoresLeave) {
        let scratch = &socket.session().server.scratch;
        let rooms = socket.namespace().rooms();
        let left = rooms
            .all()
            .filter(|other| scratch.count(&Left(in_room(other, room))) > 0);
        return right + left.count();
    }
    right
}

/// Sockets are those that are in the namespace.
pub(in crate::reference) fn sockets_count(socket: &Socket, right: usize) -> usize {
    let faults = socket.faults();
    let server = &socket.session().server;
    if faults.has(RoomFault::SocketsIncludesDisconnected) {
        let key = SocketsEver(socket.namespace().name().into());
        return server.scratch.count(&key);
    }
    if faults.has(RoomFault::SocketsIncludesOthers) {
        return server.sessions.len();
    }
    right
}

/// All members of one room are in the other afterwards, and in the first no longer.
pub(in crate::reference) fn move_members(socket: &Socket, from: &str, to: &str) {
    let faults = socket.faults();
    if faults.has(RoomFault::MoveIgnored) {
        return;
    }
    let mut rooms = socket.namespace().rooms();
    let members: Vec<_> = rooms.members(from).cloned().collect();
    for member in members {
        rooms.join(member.id(), to);
        if !faults.has(RoomFault::MoveKeepsOld) {
            rooms.leave(member.id(), from);
        }
    }
}
