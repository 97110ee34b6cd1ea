//! Faults that silently shorten or convert what a client sends.

use std::sync::Arc;

use super::topic::faults;
use crate::{data::Data, reference::socket::Call};

faults!(ShorteningFault {
    CodeAsText = "error-code-as-text": "The server sends the code of an error as text, even if the code is a number.", seen "`String(error.code)`";
    EchoAtMostFive = "echo-at-most-5-arguments": "The server acknowledges an `echo` with at most five arguments.";
    EchoBackAlone = "echo-back-first-argument-only": "The answer to an `echo` without an acknowledgement id holds only the first argument.";
    ExceptAtMostThree = "except-at-most-3-rooms": "When a message excepts more than three rooms, the server leaves out only the members of the first three.";
    MessageAtMostSix = "message-with-ack-at-most-6-arguments": "The server acknowledges a `message-with-ack` with at most six arguments.";
    RoomsAtMostEight = "rooms-emit-at-most-8": "When a client sends a message to more than eight rooms, the server sends it only to the members of the first eight.";
});

/// Shortens or converts the arguments of an event before it is handled, as the active faults
/// demand.
pub(super) fn shorten(call: &mut Call) {
    let socket = Arc::clone(&call.socket);
    let faults = socket.faults();
    let name = call.name.as_str();
    if faults.has(ShorteningFault::EchoAtMostFive) && name == "echo" {
        call.args.truncate(5);
    }
    if faults.has(ShorteningFault::EchoBackAlone) && name == "echo" && call.ack.is_none() {
        call.args.truncate(1);
    }
    if faults.has(ShorteningFault::MessageAtMostSix) && name == "message-with-ack" {
        call.args.truncate(6);
    }
    let Some(Data::Object(fields)) = call.args.first_mut() else {
        return;
    };
    if faults.has(ShorteningFault::RoomsAtMostEight)
        && name == "send-to-rooms"
        && let Some(Data::Array(rooms)) = fields.get_mut("rooms")
    {
        rooms.truncate(8);
    }
    if faults.has(ShorteningFault::ExceptAtMostThree)
        && let Some(Data::Array(rooms)) = fields.get_mut("except")
    {
        rooms.truncate(3);
    }
    if faults.has(ShorteningFault::CodeAsText)
        && matches!(name, "ack-error" | "fail")
        && let Some(code @ Data::Number(_)) = fields.get_mut("code")
    {
        *code = Data::from(code.to_string());
    }
}
