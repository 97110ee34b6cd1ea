//! Events that join, leave and send to rooms.

use std::{sync::Arc, time::Duration};

use super::exception::Failure;
use crate::{
    data::Data,
    reference::{
        faults::SlowWork,
        rooms::{Selection, broadcast},
        socket::Call,
    },
};

type Handled = Result<(), Failure>;

/// The longest delay that a caller can ask for in the event `join-room-late`.
const LATEST: Duration = Duration::from_secs(2);

/// `join-room`: puts the caller into a room.
pub(super) fn join_room(call: Call) -> Handled {
    let room = match call.socket.faults().alter_checked_name(&call) {
        Some(room) => room,
        None => call.string("room")?.to_owned(),
    };
    call.socket.faults().join(&call.socket, &room);
    confirm(&call, &room);
    Ok(())
}

/// `join-room-late`: puts the caller into a room after a delay. Has no effect if the caller has left
/// the namespace by then.
pub(super) fn join_room_late(call: Call) -> Handled {
    let room = call.string("room")?.to_owned();
    let after = call.duration("after", LATEST);
    let server = Arc::clone(&call.socket.session().server);
    let number = server
        .faults()
        .begin_slow_work(&call.socket, SlowWork::Join);
    server.tasks.spawn(async move {
        tokio::time::sleep(after).await;
        let faults = call.socket.faults();
        if faults.is_cancelled(&call.socket, SlowWork::Join, number) {
            return;
        }
        if call.socket.is_connected() {
            call.socket.faults().join_late(&call.socket, &room);
        } else {
            call.socket.faults().join_for_gone(&call.socket, &room);
        }
        confirm(&call, &room);
    });
    Ok(())
}

/// `leave-room`: takes the caller out of a room.
pub(super) fn leave_room(call: Call) -> Handled {
    let room = call.string("room")?;
    call.socket.faults().leave(&call.socket, room)?;
    call.socket.faults().note_left_room(&call.socket, room);
    confirm(&call, room);
    Ok(())
}

/// `send-to-room`: sends a message to the members of a room except the caller.
pub(super) fn send_to_room(call: Call) -> Handled {
    let selection = Selection::to([call.string("room")?]).except([call.socket.id().as_str()]);
    let args = room_message(&call);
    send(call, selection, "room-message", args)
}

/// `announce-to-room`: sends a message to the members of a room, the caller included if it is a
/// member.
pub(super) fn announce_to_room(call: Call) -> Handled {
    let selection = Selection::to([call.string("room")?]);
    let args = room_message(&call);
    send(call, selection, "room-message", args)
}

/// `send-to-rooms`: sends a message once to each member of any of the rooms, except the caller.
pub(super) fn send_to_rooms(call: Call) -> Handled {
    let rooms = call.strings("rooms")?;
    // Without this check an empty list of rooms would select the whole namespace.
    if rooms.is_empty() && !call.socket.faults().no_rooms_mean_all() {
        call.succeed();
        return Ok(());
    }
    let selection = Selection::to(rooms).except([call.socket.id().as_str()]);
    let args = message(&call);
    send(call, selection, "room-message", args)
}

/// `send-except`: sends a message to the members of a room that are in none of the excepted rooms,
/// except the caller.
pub(super) fn send_except(call: Call) -> Handled {
    let selection = Selection::to([call.string("room")?])
        .except(call.one_or_more("except")?)
        .except([call.socket.id().as_str()]);
    let args = room_message(&call);
    send(call, selection, "room-message", args)
}

/// `announce-except`: sends a message to the members of a room that are in none of the excepted
/// rooms, the caller included.
pub(super) fn announce_except(call: Call) -> Handled {
    let selection = Selection::to([call.string("room")?]).except(call.one_or_more("except")?);
    let args = room_message(&call);
    send(call, selection, "room-message", args)
}

/// `send-to-others`: sends a message to the whole namespace except the caller.
pub(super) fn send_to_others(call: Call) -> Handled {
    let selection = Selection::everybody().except([call.socket.id().as_str()]);
    let args = message(&call);
    send(call, selection, "broadcast-message", args)
}

/// `announce`: sends a message to the whole namespace, the caller included.
pub(super) fn announce(call: Call) -> Handled {
    let selection = Selection::everybody();
    let args = message(&call);
    send(call, selection, "broadcast-message", args)
}

/// `announce-local`: sends a message to the whole namespace, on this server of a cluster only.
pub(super) fn announce_local(call: Call) -> Handled {
    let selection = Selection::everybody().local();
    let args = message(&call);
    send(call, selection, "broadcast-message", args)
}

/// `announce-volatile`: sends a message to the whole namespace. Drops the message for each client
/// to which it can't be written at once.
pub(super) fn announce_volatile(call: Call) -> Handled {
    let selection = Selection::everybody().volatile();
    let args = message(&call);
    send(call, selection, "broadcast-message", args)
}

/// `send-binary-to-room`: sends bytes to the members of a room except the caller.
pub(super) fn send_binary_to_room(call: Call) -> Handled {
    let room = call.string("room")?;
    let selection = Selection::to([room]).except([call.socket.id().as_str()]);
    let args = vec![Data::object([
        ("room", Data::from(room)),
        ("data", call.value("data")),
        ("from", call.socket.faults().choose_sender(&call)),
    ])];
    send(call, selection, "room-binary", args)
}

/// `send-direct`: sends a message to the socket whose id the caller gives, if that socket exists.
pub(super) fn send_direct(call: Call) -> Handled {
    let selection = call
        .socket
        .faults()
        .choose_direct(&call.socket, call.string("to")?);
    let args = message(&call);
    send(call, selection, "direct-message", args)
}

/// `members`: acknowledges with the number of sockets in a room.
pub(super) fn members(call: Call) -> Handled {
    let room = call.string("room")?;
    let count = call.socket.namespace().rooms().members(room).count();
    acknowledge_count(
        &call,
        call.socket
            .faults()
            .count_members(&call.socket, room, count),
    );
    Ok(())
}

/// `sockets`: acknowledges with the number of sockets in the namespace.
pub(super) fn sockets(call: Call) -> Handled {
    let count = call.socket.namespace().rooms().len();
    acknowledge_count(
        &call,
        call.socket.faults().count_sockets(&call.socket, count),
    );
    Ok(())
}

/// `move-members`: moves the members of one room to another.
pub(super) fn move_members(call: Call) -> Handled {
    let (from, to) = (call.string("from")?, call.string("to")?);
    call.socket.faults().move_members(&call.socket, from, to);
    call.succeed();
    Ok(())
}

/// Sends a message to the selected sockets, then acknowledges the caller's event.
fn send(call: Call, selection: Selection, name: &'static str, args: Vec<Data>) -> Handled {
    let socket = Arc::clone(&call.socket);
    if socket.faults().acknowledges_first() {
        call.succeed();
    }
    let deliver = move |selection: &Selection, args| {
        broadcast(&call.socket, selection, name, args);
        call.succeed();
    };
    socket.faults().send(&socket, selection, args, deliver);
    Ok(())
}

fn room_message(call: &Call) -> Vec<Data> {
    let message = Data::object([
        ("room", call.value("room")),
        ("text", call.value("text")),
        ("from", call.socket.faults().choose_sender(call)),
    ]);
    vec![call.socket.faults().add_token(&call.socket, message)]
}

fn message(call: &Call) -> Vec<Data> {
    vec![Data::object([
        ("text", call.value("text")),
        ("from", call.socket.faults().choose_sender(call)),
    ])]
}

fn confirm(call: &Call, room: &str) {
    call.acknowledge(vec![Data::object([
        ("success", Data::from(true)),
        ("room", Data::from(room)),
    ])]);
}

fn acknowledge_count(call: &Call, count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    call.acknowledge(vec![Data::object([("count", Data::from(count))])]);
}
