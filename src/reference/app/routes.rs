//! Chooses the handler of a client's event by the name of the event, and calls it.

use std::sync::Arc;

use super::{answers, disconnects, presence, questions, rooms};
use crate::reference::socket::Call;

/// Calls the handler of an event. An event without a handler has no effect.
pub(in crate::reference) fn handle(call: Call) {
    let socket = Arc::clone(&call.socket);
    let ack = call.ack.clone();
    let handled = match call.name.as_str() {
        "ack-error" => answers::ack_error(call),
        "ack-late" => answers::ack_late(call),
        "ack-never" => answers::ack_never(call),
        "ack-nothing" => answers::ack_nothing(call),
        "ack-twice" => answers::ack_twice(call),
        "crash" => answers::crash(call),
        "echo" => answers::echo(call),
        "fail" => answers::fail(call),
        "message" => answers::message(call),
        "message-with-ack" => answers::message_with_ack(call),
        "validate" => answers::validate(call),
        "whoami" => answers::whoami(call),

        "ask" => questions::ask(call),
        "ask-room" => questions::ask_room(call),

        "announce" => rooms::announce(call),
        "announce-except" => rooms::announce_except(call),
        "announce-local" => rooms::announce_local(call),
        "announce-to-room" => rooms::announce_to_room(call),
        "announce-volatile" => rooms::announce_volatile(call),
        "join-room" => rooms::join_room(call),
        "join-room-late" => rooms::join_room_late(call),
        "leave-room" => rooms::leave_room(call),
        "members" => rooms::members(call),
        "move-members" => rooms::move_members(call),
        "send-binary-to-room" => rooms::send_binary_to_room(call),
        "send-direct" => rooms::send_direct(call),
        "send-except" => rooms::send_except(call),
        "send-to-others" => rooms::send_to_others(call),
        "send-to-room" => rooms::send_to_room(call),
        "send-to-rooms" => rooms::send_to_rooms(call),
        "sockets" => rooms::sockets(call),

        "online" => presence::online(call),

        "kick-me" => disconnects::kick_me(call),
        "kick-room" => disconnects::kick_room(call),
        "watch-room" => disconnects::watch_room(call),

        _ => call.socket.faults().handle_unknown(&call),
    };
    if let Err(failure) = handled {
        failure.report(&socket, ack.as_deref());
    }
}
