//! Faults when a socket leaves a namespace (Socket.IO v5, "Disconnection from a namespace").

use std::{borrow::Cow, sync::Arc};

use super::{connect::send_raw, people, scratch::ScratchKey, topic::faults, watches};
use crate::{
    reference::{
        FaultSet, app,
        engine::{Ending, Session},
        socket::{Close, Departed, Peer, Socket, SocketId},
    },
    wire::socket_io::Packet,
};

faults!(DisconnectFault {
    CloseSilent = "server-close-without-disconnect": "When the server closes a client's connection, it does not send DISCONNECT first.";
    ClosesTransport = "disconnect-closes-transport": "When a client sends DISCONNECT for one namespace, the server closes the whole connection.";
    Echoed = "disconnect-echoed": "When a client sends DISCONNECT, the server answers with a DISCONNECT of its own.";
    EventsAfter = "events-after-disconnect": "After a client has left a namespace with DISCONNECT, the server still handles the events that the client sends to it.";
    KeepsBroadcasts = "disconnect-keeps-broadcasts": "After a client has left a namespace with DISCONNECT, the server still sends it the messages to its rooms there.";
    KeepsMembership = "disconnect-keeps-membership": "After a client has left a namespace, the server still counts it as a member of its rooms there.";
    KickCloseKeepsConnection = "kick-close-keeps-connection": "When a client asks the server to close its connection (`kick-me` with `close`), the server only disconnects the client from the namespace.";
    KickRoomCloses = "kick-room-closes-connections": "When a client asks the server to disconnect a room from the namespace (`kick-room`), the server closes the members' connections.";
    KickRoomHitsEverybody = "kick-room-hits-everybody": "When a client asks the server to disconnect one room (`kick-room`), the server disconnects all clients of the namespace.";
    KickRoomKeepsConnections = "kick-room-keeps-connections": "When a client asks the server to close the connections of a room's members (`kick-room` with `close`), the server only disconnects them from the namespace.";
    KickRoomSparesOne = "kick-room-spares-one": "When a client asks the server to disconnect a room (`kick-room`), the server leaves one member connected.";
    MainLeavesAll = "disconnect-main-leaves-all": "When a client leaves the main namespace, the server also takes it out of all its other namespaces.";
    MemberLeftByLeaving = "member-left-by-leaving-room": "When a member leaves a watched room but stays connected, the server sends `member-left`, which is only for members that disconnect.";
    MemberLeftFormerRooms = "member-left-of-former-rooms": "When a client disconnects, the server sends `member-left` also to the watchers of rooms that the client had left before.";
    MemberLeftMissing = "member-left-missing": "When a member of a watched room disconnects, the server does not send `member-left` to the watchers.";
    MemberLeftReasonWrong = "member-left-reason-wrong": "The server sends every `member-left` with the same reason, whatever the real reason of the disconnect is.";
    MemberLeftPerWatch = "member-left-once-a-watch": "When a client has asked twice to watch the same room, the server sends it each `member-left` twice.";
    MemberLeftTwice = "member-left-twice": "When a member of a watched room disconnects, the server sends `member-left` twice to each watcher.", seen "handling both `disconnecting` and `disconnect`";
    LastLeaveKills = "last-leave-kills-server": "The server crashes when a client leaves the last namespace of its connection.";
    ServerClosesTransport = "server-disconnect-closes-transport": "When the server has to disconnect a client from one namespace, it closes the whole connection.";
    ServerKeepsSocket = "server-disconnect-keeps-socket": "After the server has disconnected a client from a namespace, it still handles the client's events there.";
    UnjoinedLeavesMain = "disconnect-unjoined-leaves-main": "When a client sends DISCONNECT for a namespace that it has not joined, the server takes it out of the main namespace.";
    ServerSilent = "server-disconnect-silent": "When the server takes a client out of a namespace, it does not send DISCONNECT to the client.";
});

/// The key under which the fault `member-left-of-former-rooms` remembers the rooms that the socket
/// with this id has left.
#[derive(Eq, Hash, PartialEq)]
struct FormerRooms(SocketId);

impl ScratchKey for FormerRooms {
    type Note = String;
}

/// The key under which the fault `member-left-once-a-watch` counts how often the socket `watcher`
/// asked to watch `room`.
#[derive(Eq, Hash, PartialEq)]
struct Watches {
    watcher: SocketId,
    room: Box<str>,
}

impl ScratchKey for Watches {
    type Note = ();
}

impl FaultSet {
    /// Handles a client's DISCONNECT. Without faults it only calls `left`, which takes the client
    /// out of the namespace.
    pub(in crate::reference) fn handle_disconnect(
        &self,
        socket: &Arc<Socket>,
        left: impl FnOnce(),
    ) {
        self.note_left_socket(socket);
        if self.has(DisconnectFault::Echoed) {
            send_raw(socket.session(), &goodbye(socket));
        }
        if self.has(DisconnectFault::EventsAfter) {
            let namespace = socket.namespace();
            namespace.rooms().remove(socket.id());
            return;
        }
        if self.has(DisconnectFault::KeepsBroadcasts) {
            socket.forget_membership();
            return;
        }
        if self.has(DisconnectFault::MainLeavesAll) && socket.namespace().name() == "/" {
            for other in socket.siblings() {
                other.vanish();
            }
        }
        left();
        let outside = Peer::of(socket.session()).is_some_and(Peer::is_outside);
        if self.has(DisconnectFault::LastLeaveKills) && outside {
            socket.session().server.die();
        }
        if self.has(DisconnectFault::ClosesTransport) {
            socket.session().close(Ending::Application);
        }
    }

    /// Returns true if a fault has handled the packet, a DISCONNECT or an acknowledgement. The
    /// client has not joined the packet's namespace.
    pub(in crate::reference) fn handle_from_outsider(
        &self,
        session: &Session,
        packet: &Packet,
    ) -> bool {
        if super::gates::takes_answer_of_gone(session, packet) {
            return true;
        }
        if !self.has(DisconnectFault::UnjoinedLeavesMain)
            || !matches!(packet, Packet::Disconnect { .. })
        {
            return false;
        }
        let sockets = Peer::of(session).map(Peer::sockets).unwrap_or_default();
        let mut main = sockets.iter();
        if let Some(main) = main.find(|socket| socket.namespace().name() == "/") {
            main.vanish();
        }
        true
    }

    /// Returns the DISCONNECT for a client that the server disconnects. Without faults this is
    /// `right`; `None` sends no packet.
    pub(in crate::reference) fn alter_farewell(&self, right: Packet) -> Option<Packet> {
        (!self.has(DisconnectFault::ServerSilent)).then_some(right)
    }

    /// Returns true if an active fault makes the server handle events of a client that it has
    /// disconnected.
    pub(in crate::reference) fn keeps_socket(&self) -> bool {
        self.has(DisconnectFault::ServerKeepsSocket) || self.has(DisconnectFault::EventsAfter)
    }

    /// Returns what the server closes when it disconnects one socket. Without faults this is
    /// `asked`: the namespace or the whole connection.
    pub(in crate::reference) fn alter_close(&self, asked: Close) -> Close {
        match asked {
            Close::Connection if self.has(DisconnectFault::KickCloseKeepsConnection) => {
                Close::Namespace
            }
            Close::Namespace if self.has(DisconnectFault::ServerClosesTransport) => {
                Close::Connection
            }
            asked => asked,
        }
    }

    /// Returns true if the fault `server-close-without-disconnect` is active.
    pub(in crate::reference) fn closes_silently(&self) -> bool {
        self.has(DisconnectFault::CloseSilent)
    }

    /// Returns true if the fault `disconnect-keeps-membership` is active.
    pub(in crate::reference) fn keeps_membership(&self) -> bool {
        self.has(DisconnectFault::KeepsMembership)
    }

    /// Returns the sockets that `kick-room` disconnects. Without faults these are `members`, the
    /// members of the room.
    pub(in crate::reference) fn alter_kicked(
        &self,
        socket: &Socket,
        mut members: Vec<Arc<Socket>>,
    ) -> Vec<Arc<Socket>> {
        if self.has(DisconnectFault::KickRoomSparesOne) {
            members.pop();
        }
        people::alter_kicked(socket, &mut members);
        if self.has(DisconnectFault::KickRoomHitsEverybody) {
            return socket.namespace().rooms().all().cloned().collect();
        }
        members
    }

    /// Returns what the server closes for each member that `kick-room` disconnects. Without faults
    /// this is `asked`: the namespace or the whole connection.
    pub(in crate::reference) fn alter_close_of_room(&self, asked: Close) -> Close {
        match asked {
            Close::Connection if self.has(DisconnectFault::KickRoomKeepsConnections) => {
                Close::Namespace
            }
            Close::Namespace if self.has(DisconnectFault::KickRoomCloses) => Close::Connection,
            asked => asked,
        }
    }

    /// Records that a socket left a room, or sends `member-left` for this socket, as the active
    /// faults demand.
    pub(in crate::reference) fn note_left_room(&self, socket: &Socket, room: &str) {
        if self.has(DisconnectFault::MemberLeftByLeaving) {
            let rooms = socket.namespace().rooms();
            let watchers = rooms.watchers(room).cloned().collect();
            drop(rooms);
            let departed = Departed {
                watched: vec![(room.to_owned(), watchers)],
            };
            app::left(socket, &departed, "client namespace disconnect");
        }
        if self.has(DisconnectFault::MemberLeftFormerRooms) {
            let scratch = &socket.session().server.scratch;
            scratch.add(FormerRooms(socket.id().clone()), room.to_owned());
        }
    }

    /// Returns the clients that get `member-left` because a socket has left its namespace. Without
    /// faults this is `right`: the clients that watch the socket's rooms.
    pub(in crate::reference) fn alter_departed<'a>(
        &self,
        socket: &Socket,
        right: &'a Departed,
        reason: &str,
    ) -> Cow<'a, Departed> {
        if self.is_empty() {
            return Cow::Borrowed(right);
        }
        if !self.has(DisconnectFault::MemberLeftFormerRooms) {
            return watches::alter_watchers(socket, Cow::Borrowed(right), reason);
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

    /// Records that the client has asked to watch the room, for the fault
    /// `member-left-once-a-watch`.
    pub(in crate::reference) fn note_watch(&self, watcher: &Socket, room: &str) {
        if self.has(DisconnectFault::MemberLeftPerWatch) {
            let scratch = &watcher.session().server.scratch;
            scratch.add(watch_key(watcher, room), ());
        }
    }

    /// Returns how often the watcher gets `member-left` for the room. Without faults this is 1.
    pub(in crate::reference) fn count_member_left(&self, watcher: &Socket, room: &str) -> usize {
        if self.has(DisconnectFault::MemberLeftPerWatch) {
            let scratch = &watcher.session().server.scratch;
            return scratch.count(&watch_key(watcher, room));
        }
        if self.has(DisconnectFault::MemberLeftMissing) {
            0
        } else if self.has(DisconnectFault::MemberLeftTwice) {
            2
        } else {
            1
        }
    }

    /// Returns the reason in `member-left`. Without faults this is `reason`.
    pub(in crate::reference) fn alter_reason<'a>(&self, reason: &'a str) -> &'a str {
        if self.has(DisconnectFault::MemberLeftReasonWrong) {
            "unknown"
        } else {
            reason
        }
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
