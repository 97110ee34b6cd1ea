//! Faults in the event `member-left`, which clients that watch a room receive when a member
//! disconnects.

use std::{borrow::Cow, sync::Arc, time::Duration};

use super::{rooms::has_left, scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        socket::{Departed, Socket, SocketId},
    },
};

/// How long the fault `member-left-late` delays `member-left`.
const DELAY: Duration = Duration::from_millis(1500);

faults!(WatchFault {
    AcrossNamespaces = "watch-across-namespaces": "When a member of a watched room disconnects, the server also sends `member-left` to the watchers of the room of the same name in other namespaces.";
    AfterLastSocket = "member-left-with-last-socket": "When a member of a watched room disconnects, the server sends no `member-left` as long as another socket of the same user is in the room.";
    AtMostFive = "watch-at-most-5": "When more than five clients watch a room, the server sends `member-left` to five of them only.";
    FirstOnly = "watch-first-only": "When several clients watch a room, the server sends `member-left` only to the client that began to watch the room first.";
    FirstRoomOnly = "member-left-first-room-only": "When a member of several rooms disconnects, the server sends `member-left` for only one of these rooms.";
    JoinsRoom = "watch-joins-room": "When a client asks to watch a room, the server also makes the client a member of the room.";
    LastOnly = "watch-last-only": "When several clients watch a room, the server sends `member-left` only to the client that began to watch the room last.";
    Late = "member-left-late": "When a member of a watched room disconnects, the server sends `member-left` only after 1.5 seconds.";
    LeaveUnwatches = "leave-room-unwatches": "When a client that watches a room leaves the room as a member, the server stops sending it `member-left`.";
    NamesSocket = "member-left-names-socket": "The server writes the socket id into `member-left`, where it has to write the user id.";
    NotAfterKick = "member-left-not-after-kick": "When the server itself disconnects a member of a watched room, it does not send `member-left`.";
    OneRoomOnly = "watch-one-room-only": "When a client that watches a room asks to watch another room, the server stops sending it `member-left` for the first.";
    ReachesMembers = "member-left-reaches-members": "When a member of a watched room disconnects, the server sends `member-left` also to the other members, not only to the watchers.";
    TellsOnce = "watch-tells-once": "When members of a watched room disconnect one after the other, the server sends a watcher only the first `member-left`.";
});

/// The key under which the fault `watch-one-room-only` remembers the room that the socket with this
/// id watched last.
#[derive(Eq, Hash, PartialEq)]
struct WatchedLast(SocketId);

impl ScratchKey for WatchedLast {
    type Note = String;
}

/// The key under which the fault `watch-tells-once` counts the `member-left` events about `room`
/// for `watcher`.
#[derive(Eq, Hash, PartialEq)]
struct Told {
    watcher: SocketId,
    room: String,
}

impl ScratchKey for Told {
    type Note = ();
}

impl FaultSet {
    /// Records that a client starts to watch a room, or joins the client to the room, as the active
    /// faults demand.
    pub(in crate::reference) fn note_watched(&self, watcher: &Socket, room: &str) {
        if self.has(WatchFault::OneRoomOnly) {
            let scratch = &watcher.session().server.scratch;
            scratch.replace(WatchedLast(watcher.id().clone()), room.to_owned());
        }
        if self.has(WatchFault::JoinsRoom) {
            watcher.namespace().rooms().join(watcher.id(), room);
        }
    }

    /// Returns the user that `member-left` names. Without faults this is the user of the socket
    /// that has left.
    pub(in crate::reference) fn name_departed(&self, socket: &Socket) -> String {
        if self.has(WatchFault::NamesSocket) {
            return socket.id().as_str().to_owned();
        }
        socket.user_id().into_owned()
    }

    /// Sends `member-left` to a watcher. Without faults this is done at once.
    pub(in crate::reference) fn announce_departure(&self, watcher: &Arc<Socket>, event: Data) {
        if !self.has(WatchFault::Late) {
            watcher.emit("member-left", vec![event]);
            return;
        }
        let told = Arc::clone(watcher);
        watcher.session().server.tasks.spawn(async move {
            tokio::time::sleep(DELAY).await;
            told.emit("member-left", vec![event]);
        });
    }
}

/// Returns the watchers that get `member-left`, by room. Without faults this is `right`: every
/// client that watches a room of the socket that has left.
pub(super) fn alter_watchers<'a>(
    socket: &Socket,
    right: Cow<'a, Departed>,
    reason: &str,
) -> Cow<'a, Departed> {
    let faults = socket.faults();
    if faults.has(WatchFault::NotAfterKick) && reason == "server namespace disconnect" {
        return Cow::Owned(Departed::default());
    }
    let mut departed = right.into_owned();
    if faults.has(WatchFault::FirstRoomOnly) {
        departed.watched.truncate(1);
    }
    for (room, watchers) in &mut departed.watched {
        if faults.has(WatchFault::FirstOnly) {
            watchers.truncate(1);
        }
        if faults.has(WatchFault::AtMostFive) {
            watchers.truncate(5);
        }
        if faults.has(WatchFault::LastOnly) {
            watchers.drain(..watchers.len().saturating_sub(1));
        }
        watchers.retain(|watcher| is_told(socket, watcher, room));
        add_watchers(socket, room, watchers);
    }
    Cow::Owned(departed)
}

/// Returns true if `watcher` is told with `member-left` that `socket` has left. False if an active
/// fault prevents that.
fn is_told(socket: &Socket, watcher: &Socket, room: &str) -> bool {
    let faults = socket.faults();
    let scratch = &socket.session().server.scratch;
    if faults.has(WatchFault::LeaveUnwatches) && has_left(watcher, room) {
        return false;
    }
    if faults.has(WatchFault::OneRoomOnly) {
        let last = scratch.last(&WatchedLast(watcher.id().clone()));
        return last.is_none_or(|last| last == room);
    }
    if faults.has(WatchFault::TellsOnce) {
        let told = Told {
            watcher: watcher.id().clone(),
            room: room.to_owned(),
        };
        return scratch.add(told, ()) == 1;
    }
    if faults.has(WatchFault::AfterLastSocket) {
        let rooms = socket.namespace().rooms();
        let mut others = rooms.members(room);
        return !others.any(|other| other.user().id.is_some() && other.user() == socket.user());
    }
    true
}

fn add_watchers(socket: &Socket, room: &str, watchers: &mut Vec<Arc<Socket>>) {
    let faults = socket.faults();
    if faults.has(WatchFault::ReachesMembers) {
        let rooms = socket.namespace().rooms();
        watchers.extend(rooms.members(room).cloned());
    }
    if faults.has(WatchFault::AcrossNamespaces) {
        for namespace in socket.all_namespaces() {
            if namespace.name() != socket.namespace().name() {
                watchers.extend(namespace.rooms().watchers(room).cloned());
            }
        }
    }
}
