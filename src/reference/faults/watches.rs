//! Faults in the event `member-left`, which clients that watch a room receive when a member
//! disconnects.

use std::{borrow::Cow, sync::Arc, time::Duration};

use super::{scratch::ScratchKey, topic::faults};
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
    AcrossNamespaces = "watch-across-namespaces": "The server also sends `member-left` to the clients that watch the room of the same name in other namespaces.";
    AfterLastSocket = "member-left-with-last-socket": "The server sends `member-left` only when the last socket of the user has left the room.";
    FirstOnly = "watch-first-only": "The server sends `member-left` only to the client that watched the room first.";
    FirstRoomOnly = "member-left-first-room-only": "When a member of several rooms disconnects, the server sends `member-left` for only one of these rooms.";
    JoinsRoom = "watch-joins-room": "The server makes a client that watches a room a member of it.";
    LastOnly = "watch-last-only": "The server sends `member-left` only to the client that watched the room last.";
    Late = "member-left-late": "The server sends `member-left` 1.5 seconds after the departure.";
    NamesSocket = "member-left-names-socket": "The server writes the socket id into `member-left`, where it has to write the user id.";
    NotAfterKick = "member-left-not-after-kick": "The server sends no `member-left` for a client that it has disconnected itself.";
    OneRoomOnly = "watch-one-room-only": "The server ends a client's watch of a room when the client watches another room.";
    ReachesMembers = "member-left-reaches-members": "The server sends `member-left` to the members of the room, too.";
    TellsOnce = "watch-tells-once": "The server sends a client that watches a room only the first `member-left` for that room.";
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
    /// Is called when a client starts to watch a room: records this, or joins the client to the
    /// room, as the active faults demand.
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

/// Returns the watchers that get `member-left`, by room. Without faults this is `right`.
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
        if faults.has(WatchFault::LastOnly) {
            watchers.drain(..watchers.len().saturating_sub(1));
        }
        watchers.retain(|watcher| is_told(socket, watcher, room));
        add_watchers(socket, room, watchers);
    }
    Cow::Owned(departed)
}

/// Returns true if `watcher` receives `member-left` for `socket`; false if an active fault prevents
/// that.
fn is_told(socket: &Socket, watcher: &Socket, room: &str) -> bool {
    let faults = socket.faults();
    let scratch = &socket.session().server.scratch;
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
