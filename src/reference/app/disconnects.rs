//! Events that disconnect clients, and the event that reports a disconnected client.

use std::sync::Arc;

use super::exception::Failure;
use crate::{
    data::Data,
    reference::socket::{Call, Close, Departed, Socket},
};

type Handled = Result<(), Failure>;

/// `kick-me`: disconnects the caller.
pub(super) fn kick_me(call: Call) -> Handled {
    let faults = call.socket.faults();
    faults.note_kicked(&call.socket);
    for other in faults.kicked_besides(&call.socket) {
        other.disconnect(requested_close(&call));
    }
    call.socket.disconnect(requested_close(&call));
    Ok(())
}

/// `kick-room`: disconnects the members of a room. Acknowledges first, because the caller can be a
/// member.
pub(super) fn kick_room(call: Call) -> Handled {
    let room = call.string("room")?;
    let namespace = call.socket.namespace();
    let members: Vec<Arc<Socket>> = namespace.rooms().members(room).cloned().collect();
    let faults = call.socket.faults();
    if !faults.answers_kick_last() {
        call.succeed();
    }
    for member in call.socket.faults().alter_kicked(&call.socket, members) {
        member.disconnect(
            call.socket
                .faults()
                .alter_close_of_room(requested_close(&call)),
        );
    }
    if faults.answers_kick_last() {
        call.succeed();
    }
    Ok(())
}

/// `watch-room`: sends `member-left` to the caller when a member of the room disconnects.
pub(super) fn watch_room(call: Call) -> Handled {
    let room = call.string("room")?;
    let socket = &call.socket;
    socket.namespace().rooms().watch(socket.id(), room);
    socket.faults().note_watch(socket, room);
    socket.faults().note_watched(socket, room);
    call.succeed();
    Ok(())
}

/// Is called after a socket has left its namespace. Sends `member-left` to each client that watches
/// one of the rooms in which this socket was.
pub(in crate::reference) fn left(socket: &Socket, departed: &Departed, reason: &str) {
    let departed = socket.faults().alter_departed(socket, departed, reason);
    for (room, watchers) in &departed.watched {
        let reason = socket.faults().alter_reason(reason);
        for watcher in watchers.iter().flat_map(|watcher| {
            std::iter::repeat_n(watcher, watcher.faults().count_member_left(watcher, room))
        }) {
            let event = Data::object([
                ("room", Data::from(room.as_str())),
                ("user", Data::from(socket.faults().name_departed(socket))),
                ("id", Data::from(socket.id().as_str())),
                ("reason", Data::from(reason)),
            ]);
            watcher.faults().announce_departure(watcher, event);
        }
    }
}

fn requested_close(call: &Call) -> Close {
    match call.field("close").and_then(Data::as_bool) {
        Some(true) => Close::Connection,
        _ => Close::Namespace,
    }
}
