//! Faults that carry out an event in the main namespace, whatever namespace the event came in.

use std::sync::Arc;

use super::topic::faults;
use crate::reference::socket::{Call, Peer, Socket};

faults!(ElsewhereFault {
    Ask = "ask-in-main-namespace": "The server asks a client of another namespace in the main namespace.";
    AskRoom = "ask-room-in-main-namespace": "The server asks the room of the same name in the main namespace, whatever namespace the event came in.";
    Direct = "direct-in-main-namespace": "The server looks for the recipient of a direct message in the main namespace.";
    Join = "join-in-main-namespace": "The server puts the client into the room of the same name in the main namespace, whatever namespace the event came in.";
    KickMe = "kick-me-in-main-namespace": "The server disconnects a client of another namespace from the main namespace.";
    KickRoom = "kick-room-in-main-namespace": "The server disconnects the room of the same name in the main namespace, whatever namespace the event came in.";
    Leave = "leave-in-main-namespace": "The server takes the client out of the room of the same name in the main namespace, whatever namespace the event came in.";
    Members = "members-in-main-namespace": "The server counts the members of the room of the same name in the main namespace, whatever namespace the event came in.";
    Messages = "messages-in-main-namespace": "The server sends messages to rooms and broadcasts in the main namespace, whatever namespace they came in.";
    Move = "move-in-main-namespace": "The server moves the members of the room of the same name in the main namespace, whatever namespace the event came in.";
    Sockets = "sockets-in-main-namespace": "The server counts the sockets of the main namespace, whatever namespace is asked about.";
    Watch = "watch-in-main-namespace": "The server makes the client watch the room of the same name in the main namespace, whatever namespace the event came in.";
    WhoAmI = "whoami-in-main-namespace": "The server looks up a client's namespace and rooms in the main namespace.";
});

/// Makes the server handle an event in the main namespace if the fault for this event is active.
/// The acknowledgement is still sent in the namespace that the event came in.
pub(super) fn move_to_main(call: &mut Call) {
    let socket = &call.socket;
    let active = fault_of(&call.name).is_some_and(|fault| socket.faults().has(fault));
    if !active || socket.namespace().name() == "/" {
        return;
    }
    let session = Arc::clone(socket.session());
    let main = Peer::of(&session).and_then(|peer| peer.namespaces().find("/", session.faults()));
    if let Some(main) = main {
        call.socket = Socket::new(&session, &main, socket.user().clone());
    }
}

/// Returns the fault that handles the event `operation` in the main namespace; `None` if no fault
/// does.
fn fault_of(operation: &str) -> Option<ElsewhereFault> {
    Some(match operation {
        "ask" => ElsewhereFault::Ask,
        "ask-room" => ElsewhereFault::AskRoom,
        "join-room" => ElsewhereFault::Join,
        "kick-me" => ElsewhereFault::KickMe,
        "kick-room" => ElsewhereFault::KickRoom,
        "leave-room" => ElsewhereFault::Leave,
        "members" => ElsewhereFault::Members,
        "move-members" => ElsewhereFault::Move,
        "send-direct" => ElsewhereFault::Direct,
        "sockets" => ElsewhereFault::Sockets,
        "watch-room" => ElsewhereFault::Watch,
        "whoami" => ElsewhereFault::WhoAmI,
        "announce"
        | "announce-except"
        | "announce-local"
        | "announce-to-room"
        | "announce-volatile"
        | "send-binary-to-room"
        | "send-except"
        | "send-to-others"
        | "send-to-room"
        | "send-to-rooms" => ElsewhereFault::Messages,
        _ => return None,
    })
}
