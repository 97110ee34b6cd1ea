//! Faults that carry out an event in the main namespace, whatever namespace the event came in.

use std::sync::Arc;

use super::topic::faults;
use crate::reference::socket::{Call, Peer, Socket};

faults!(ElsewhereFault {
    Ask = "ask-in-main-namespace": "When a client of another namespace has the server ask it a question (`ask`), the server sends the question in the main namespace.";
    AskRoom = "ask-room-in-main-namespace": "When a client of another namespace has the server ask the members of a room a question (`ask-room`), the server asks the room of the same name in the main namespace.";
    Direct = "direct-in-main-namespace": "When a client of another namespace sends a direct message (`send-direct`), the server looks for the recipient in the main namespace.";
    Join = "join-in-main-namespace": "When a client of another namespace joins a room (`join-room`), the server puts it into the room of the same name in the main namespace.";
    KickMe = "kick-me-in-main-namespace": "When a client asks to be disconnected from another namespace (`kick-me`), the server disconnects it from the main namespace.";
    KickRoom = "kick-room-in-main-namespace": "When a client asks the server to disconnect a room of another namespace (`kick-room`), the server disconnects the room of the same name in the main namespace.";
    Leave = "leave-in-main-namespace": "When a client leaves a room of another namespace (`leave-room`), the server takes it out of the room of the same name in the main namespace.";
    Members = "members-in-main-namespace": "When a client asks how many members a room of another namespace has (`members`), the server counts the room of the same name in the main namespace.";
    Messages = "messages-in-main-namespace": "When a client of another namespace sends a message to rooms or to the whole namespace, the server sends the message in the main namespace.";
    Move = "move-in-main-namespace": "When a client asks the server to move the members of a room of another namespace (`move-members`), the server moves those of the same room name in the main namespace.";
    Sockets = "sockets-in-main-namespace": "When a client asks how many sockets another namespace has (`sockets`), the server counts the sockets of the main namespace.";
    Watch = "watch-in-main-namespace": "When a client asks to watch a room of another namespace (`watch-room`), the server makes it watch the room of the same name in the main namespace.";
    WhoAmI = "whoami-in-main-namespace": "When a client of another namespace asks for its namespace and its rooms (`whoami`), the server answers with those of the main namespace.";
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
