//! Leaving a namespace (Socket.IO v5, "Disconnection from a namespace").

use std::{borrow::Cow, sync::Arc};

use super::{connect::send_raw, scratch::ScratchKey, topic::faults};
use crate::{
    reference::{
        FaultSet, app,
        engine::{Ending, Session},
        rooms::Departed,
        socket::{Close, Peer, Socket, SocketId},
    },
    wire::socket_io::Packet,
};

faults!(DisconnectFault {
    CloseSilent = "server-close-without-disconnect": "A client whose connection the server ends is sent no DISCONNECT.";
    ClosesTransport = "disconnect-closes-transport": "A client's DISCONNECT ends its whole connection.";
    Echoed = "disconnect-echoed": "A client's DISCONNECT is answered with one.";
    EventsAfter = "events-after-disconnect": "Events behind a DISCONNECT are still handled.";
    KeepsBroadcasts = "disconnect-keeps-broadcasts": "A client that left a namespace is still sent what goes to its rooms.";
    KeepsMembership = "disconnect-keeps-membership": "A client that left still counts as a member of its rooms.";
    KickCloseKeepsConnection = "kick-close-keeps-connection": "A client whose connection the server should end loses its namespace only.";
    KickRoomCloses = "kick-room-closes-connections": "Sending a room away ends the connections of its members.";
    KickRoomHitsEverybody = "kick-room-hits-everybody": "Sending a room away sends the whole namespace away.";
    KickRoomKeepsConnections = "kick-room-keeps-connections": "Where the connections of a room should end, its members lose their namespace only.";
    KickRoomSparesOne = "kick-room-spares-one": "Sending a room away spares one of its members.";
    MainLeavesAll = "disconnect-main-leaves-all": "Leaving the main namespace leaves the others as well.";
    MemberLeftByLeaving = "member-left-by-leaving-room": "Leaving a room is told as the end of a connection.";
    MemberLeftFormerRooms = "member-left-of-former-rooms": "Who left is told to the watchers of every room that he ever was in.";
    MemberLeftMissing = "member-left-missing": "Nobody is told who left.";
    MemberLeftReasonWrong = "member-left-reason-wrong": "Every departure has the same reason.";
    MemberLeftPerWatch = "member-left-once-a-watch": "Who watches a room twice is told twice.";
    MemberLeftTwice = "member-left-twice": "Who left is told twice.", seen "handling both `disconnecting` and `disconnect`";
    LastLeaveKills = "last-leave-kills-server": "A connection that has left its last namespace ends the server.";
    ServerClosesTransport = "server-disconnect-closes-transport": "A client that the server sends out of a namespace loses its connection.";
    ServerKeepsSocket = "server-disconnect-keeps-socket": "A client that was sent away is still served.";
    UnjoinedLeavesMain = "disconnect-unjoined-leaves-main": "Leaving a namespace that was never joined leaves the main one.";
    ServerSilent = "server-disconnect-silent": "A client that is sent away is not told.";
});

/// The rooms that the socket with this id has left.
#[derive(Eq, Hash, PartialEq)]
struct FormerRooms(SocketId);

impl ScratchKey for FormerRooms {
    type Note = String;
}

/// One note for each time that `watcher` asked to watch `room`.
#[derive(Eq, Hash, PartialEq)]
struct Watches {
    watcher: SocketId,
    room: Box<str>,
}

impl ScratchKey for Watches {
    type Note = ();
}

/// A DISCONNECT takes the client out of this namespace, without an answer.
pub(in crate::reference) fn received(socket: &Arc<Socket>, left: impl FnOnce()) {
    let faults = socket.faults();
    if faults.has(DisconnectFault::Echoed) {
        send_raw(socket.session(), &goodbye(socket));
    }
    if faults.has(DisconnectFault::EventsAfter) {
        let namespace = socket.namespace();
        namespace.rooms().remove(socket.id());
        return;
    }
    if faults.has(DisconnectFault::KeepsBroadcasts) {
        socket.forget_membership();
        return;
    }
    if faults.has(DisconnectFault::MainLeavesAll) && socket.namespace().name() == "/" {
        for other in socket.siblings() {
            other.vanish();
        }
    }
    left();
    let outside = socket.session().peer.as_ref().is_some_and(Peer::is_outside);
    if faults.has(DisconnectFault::LastLeaveKills) && outside {
        socket.session().server.die();
    }
    if faults.has(DisconnectFault::ClosesTransport) {
        socket.session().close(Ending::Application);
    }
}

/// A namespace that was not joined can't be left.
pub(in crate::reference) fn of_outsider(session: &Session, packet: &Packet) -> bool {
    if !session.faults().has(DisconnectFault::UnjoinedLeavesMain)
        || !matches!(packet, Packet::Disconnect { .. })
    {
        return false;
    }
    let sockets = session.peer.as_ref().map(Peer::sockets).unwrap_or_default();
    let mut main = sockets.iter();
    if let Some(main) = main.find(|socket| socket.namespace().name() == "/") {
        main.vanish();
    }
    true
}

/// The client is told that it is sent away.
pub(in crate::reference) fn farewell(socket: &Socket, right: Packet) -> Option<Packet> {
    (!socket.faults().has(DisconnectFault::ServerSilent)).then_some(right)
}

/// A client that is sent away has no socket any more.
pub(in crate::reference) fn keeps_socket(faults: &FaultSet) -> bool {
    faults.has(DisconnectFault::ServerKeepsSocket) || faults.has(DisconnectFault::EventsAfter)
}

/// The connection ends if, and only if, it is to.
pub(in crate::reference) fn close(faults: &FaultSet, asked: Close) -> Close {
    match asked {
        Close::Connection if faults.has(DisconnectFault::KickCloseKeepsConnection) => {
            Close::Namespace
        }
        Close::Namespace if faults.has(DisconnectFault::ServerClosesTransport) => Close::Connection,
        asked => asked,
    }
}

/// All sockets of a connection that ends are told.
pub(in crate::reference) fn closes_silently(faults: &FaultSet) -> bool {
    faults.has(DisconnectFault::CloseSilent)
}

/// Who left is in no room.
pub(in crate::reference) fn keeps_membership(faults: &FaultSet) -> bool {
    faults.has(DisconnectFault::KeepsMembership)
}

/// All members are sent away, and nobody else.
pub(in crate::reference) fn kicked(
    socket: &Socket,
    mut members: Vec<Arc<Socket>>,
) -> Vec<Arc<Socket>> {
    if socket.faults().has(DisconnectFault::KickRoomSparesOne) {
        members.pop();
    }
    if socket.faults().has(DisconnectFault::KickRoomHitsEverybody) {
        return socket.namespace().rooms().all().cloned().collect();
    }
    members
}

/// The connections of a room end if, and only if, they are to.
pub(in crate::reference) fn close_of_room(faults: &FaultSet, asked: Close) -> Close {
    match asked {
        Close::Connection if faults.has(DisconnectFault::KickRoomKeepsConnections) => {
            Close::Namespace
        }
        Close::Namespace if faults.has(DisconnectFault::KickRoomCloses) => Close::Connection,
        asked => asked,
    }
}

/// Who leaves a room has not gone.
pub(in crate::reference) fn left_room(socket: &Socket, room: &str) {
    let faults = socket.faults();
    if faults.has(DisconnectFault::MemberLeftByLeaving) {
        let rooms = socket.namespace().rooms();
        let watchers = rooms.watchers(room).cloned().collect();
        drop(rooms);
        let departed = Departed {
            watched: vec![(room.to_owned(), watchers)],
        };
        app::left(socket, &departed, "client namespace disconnect");
    }
    if faults.has(DisconnectFault::MemberLeftFormerRooms) {
        let scratch = &socket.session().server.scratch;
        scratch.add(FormerRooms(socket.id().clone()), room.to_owned());
    }
}

/// Those who watch the rooms that a socket is in are told when it goes.
pub(in crate::reference) fn departed<'a>(
    socket: &Socket,
    right: &'a Departed,
) -> Cow<'a, Departed> {
    if !socket.faults().has(DisconnectFault::MemberLeftFormerRooms) {
        return Cow::Borrowed(right);
    }
    let mut departed = right.clone();
    let key = FormerRooms(socket.id().clone());
    let former = socket.session().server.scratch.take(&key);
    let rooms = socket.namespace().rooms();
    for room in former {
        let watchers = rooms.watchers(&room).cloned().collect();
        departed.watched.push((room, watchers));
    }
    Cow::Owned(departed)
}

/// A room is watched once, however often it was asked for.
pub(in crate::reference) fn watched(watcher: &Socket, room: &str) {
    if watcher.faults().has(DisconnectFault::MemberLeftPerWatch) {
        let scratch = &watcher.session().server.scratch;
        scratch.add(watch_key(watcher, room), ());
    }
}

/// How often one who watches is told that somebody left.
pub(in crate::reference) fn times_told(watcher: &Socket, room: &str) -> usize {
    let faults = watcher.faults();
    if faults.has(DisconnectFault::MemberLeftPerWatch) {
        let scratch = &watcher.session().server.scratch;
        return scratch.count(&watch_key(watcher, room));
    }
    if faults.has(DisconnectFault::MemberLeftMissing) {
        0
    } else if faults.has(DisconnectFault::MemberLeftTwice) {
        2
    } else {
        1
    }
}

/// Those who watch are told why.
pub(in crate::reference) fn told_reason<'a>(faults: &FaultSet, reason: &'a str) -> &'a str {
    if faults.has(DisconnectFault::MemberLeftReasonWrong) {
        "unknown"
    } else {
        reason
    }
}

fn watch_key(watcher: &Socket, room: &str) -> Watches {
    Watches {
        watcher: watcher.id().clone(),
        room: room.into(),
    }
}

fn goodbye(socket: &Socket) -> Packet {
    Packet::Disconnect {
        namespace: socket.namespace().name().to_owned(),
    }
}
