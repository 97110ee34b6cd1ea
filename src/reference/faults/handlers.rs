//! Faults in event handlers that work only once, only for a while, or only for some callers.

use super::{contents::is_message, scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        socket::{Call, Close, Socket, SocketId},
    },
};

faults!(HandlerFault {
    AckUnconditional = "ack-called-unconditionally": "When a client's event asks for no acknowledgement, the server reports an internal error to the client.", seen "`callback(…)` without a check";
    AskRoomNeedsMembership = "ask-room-needs-membership": "When a client has the server ask the members of a room a question (`ask-room`) but is not a member itself, the server asks no client.";
    ClientLimited = "client-limited-silently": "The server handles the first forty events of a client and silently ignores all later ones.";
    DirectSkipsSender = "direct-skips-sender": "When a client sends a direct message to itself, the server drops the message.";
    DirectUnknownFails = "direct-unknown-fails": "When a client sends a direct message to a socket that does not exist, the server acknowledges a failure, where it has to acknowledge success.";
    EmitNeedsMembership = "room-emit-needs-membership": "When a client sends a message to a room of which it is not a member, the server drops the message.";
    EmptyRoomRefused = "empty-room-name-refused": "The server refuses every event that names the room with the empty name.", seen "`if (!room)` as the check of a text";
    JoinReplaysHistory = "join-replays-history": "When a client joins a room, the server sends it the last message that was sent to the room before.";
    KickWithoutRoom = "kick-without-room-kicks-all": "When a client asks the server to disconnect a room (`kick-room`) but names no room, the server disconnects all clients of the namespace.", seen "`in(undefined).disconnectSockets()`";
    LeaveTakesOwnRoom = "leave-takes-own-room": "When a client leaves a room, the server also takes it out of the room that has the client's socket id as its name.";
    MoveOfEmptyUnanswered = "move-of-empty-room-unanswered": "When a client asks the server to move the members of a room without members, the server does not acknowledge the request.", seen "an early `return` in a handler";
    PayloadMerged = "payload-merged-into-session": "The server merges the payload of an event into the client's session data, so that a client can change its own user and role.", seen "`Object.assign(socket.data, payload)`";
    PrototypePolluted = "payload-pollutes-prototype": "When the payload of an event has a role in its `__proto__`, the server gives this role to all clients that have no role.", seen "handlers that merge a payload into an object without refusing keys such as `__proto__`";
    RepeatDropped = "repeated-message-dropped": "When a client sends the same text to other clients a second time, the server drops the message.";
});

/// What the server does with an event after [`before_handler`] has run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Next {
    /// The server calls the handler of the event.
    Handle,
    /// The server does nothing more with the event.
    Skip,
}

/// The key under which the fault `client-limited-silently` counts the events of the socket with
/// this id.
#[derive(Eq, Hash, PartialEq)]
struct EventsOf(SocketId);

impl ScratchKey for EventsOf {
    type Note = ();
}

/// The key under which the fault `repeated-message-dropped` counts how often the socket sent this
/// text with the event `operation`.
#[derive(Eq, Hash, PartialEq)]
struct SentText {
    socket: SocketId,
    operation: String,
    text: String,
}

impl ScratchKey for SentText {
    type Note = ();
}

/// The key under which the fault `payload-merged-into-session` stores the payload of the latest
/// event from the socket with this id. The faulty server takes the client's user and role from it.
#[derive(Eq, Hash, PartialEq)]
struct MergedFields(SocketId);

impl ScratchKey for MergedFields {
    type Note = Data;
}

/// The key under which the fault `payload-pollutes-prototype` remembers the role that an event
/// payload has given to all clients without a role.
#[derive(Eq, Hash, PartialEq)]
struct PollutedRole;

impl ScratchKey for PollutedRole {
    type Note = String;
}

/// The key under which the fault `join-replays-history` remembers the last message to `room`.
#[derive(Eq, Hash, PartialEq)]
struct LastMessage {
    namespace: Box<str>,
    room: String,
}

impl ScratchKey for LastMessage {
    type Note = Data;
}

/// Runs the active faults of this topic on an event before the event's handler is called.
pub(super) fn before_handler(call: &Call) -> Next {
    let faults = call.socket.faults();
    let socket = &call.socket;
    let scratch = &socket.session().server.scratch;
    if faults.has(HandlerFault::ClientLimited)
        && scratch.add(EventsOf(socket.id().clone()), ()) > 40
    {
        return Next::Skip;
    }
    if faults.has(HandlerFault::AckUnconditional) && call.ack.is_none() && acknowledges(&call.name)
    {
        let report = [
            ("status", Data::from("error")),
            ("message", Data::from("Internal server error")),
        ];
        socket.emit("exception", vec![Data::object(report)]);
    }
    note_payload(call);
    replay_history(call);
    if faults.has(HandlerFault::LeaveTakesOwnRoom) && call.name == "leave-room" {
        let own = socket.id().as_str();
        socket.namespace().rooms().leave(socket.id(), own);
    }
    if faults.has(HandlerFault::KickWithoutRoom)
        && call.name == "kick-room"
        && text_of(call, "room").is_none()
    {
        let everybody: Vec<_> = socket.namespace().rooms().all().cloned().collect();
        for kicked in everybody {
            kicked.disconnect(Close::Namespace);
        }
        return Next::Skip;
    }
    if faults.has(HandlerFault::EmptyRoomRefused) && text_of(call, "room") == Some("") {
        let report = [
            ("status", Data::from("error")),
            ("code", Data::from("VALIDATION_FAILED")),
            ("message", Data::from("room must be a string")),
        ];
        socket.emit("exception", vec![Data::object(report)]);
        return Next::Skip;
    }
    drop_message(call)
}

/// Returns [`Next::Skip`] if an active fault drops the message or question of this event. The event
/// is then acknowledged all the same.
fn drop_message(call: &Call) -> Next {
    let faults = call.socket.faults();
    let direct_to = (call.name == "send-direct")
        .then(|| text_of(call, "to"))
        .flatten();
    let known = direct_to.is_some_and(|to| {
        let id = SocketId::from(to);
        call.socket.namespace().socket(&id).is_some()
    });
    if faults.has(HandlerFault::DirectUnknownFails) && direct_to.is_some() && !known {
        acknowledge(call, [("success", Data::from(false))]);
        return Next::Skip;
    }
    let repeated = faults.has(HandlerFault::RepeatDropped)
        && is_message(&call.name)
        && text_of(call, "text").is_some_and(|text| {
            let key = SentText {
                socket: call.socket.id().clone(),
                operation: call.name.clone(),
                text: text.to_owned(),
            };
            call.socket.session().server.scratch.add(key, ()) > 1
        });
    let to_own = direct_to == Some(call.socket.id().as_str());
    let strange = faults.has(HandlerFault::EmitNeedsMembership)
        && matches!(
            call.name.as_str(),
            "send-to-room" | "send-to-rooms" | "send-except"
        )
        && !is_member(call);
    if repeated || strange || (to_own && faults.has(HandlerFault::DirectSkipsSender)) {
        acknowledge(call, [("success", Data::from(true))]);
        return Next::Skip;
    }
    if faults.has(HandlerFault::MoveOfEmptyUnanswered)
        && call.name == "move-members"
        && text_of(call, "from").is_some_and(|from| {
            let rooms = call.socket.namespace().rooms();
            rooms.members(from).next().is_none()
        })
    {
        return Next::Skip;
    }
    if faults.has(HandlerFault::AskRoomNeedsMembership)
        && call.name == "ask-room"
        && !is_member(call)
    {
        acknowledge(call, [("answers", Data::Array(Vec::new()))]);
        return Next::Skip;
    }
    Next::Handle
}

fn note_payload(call: &Call) {
    let faults = call.socket.faults();
    let scratch = &call.socket.session().server.scratch;
    let Some(payload @ Data::Object(_)) = call.args.first() else {
        return;
    };
    if faults.has(HandlerFault::PayloadMerged) {
        scratch.replace(MergedFields(call.socket.id().clone()), payload.clone());
    }
    if faults.has(HandlerFault::PrototypePolluted)
        && let Some(Data::String(role)) =
            payload.get("__proto__").and_then(|proto| proto.get("role"))
    {
        scratch.replace(PollutedRole, role.clone());
    }
}

fn replay_history(call: &Call) {
    let Some(room) = text_of(call, "room") else {
        return;
    };
    if !call.socket.faults().has(HandlerFault::JoinReplaysHistory) {
        return;
    }
    let scratch = &call.socket.session().server.scratch;
    let key = LastMessage {
        namespace: call.socket.namespace().name().into(),
        room: room.to_owned(),
    };
    match call.name.as_str() {
        "send-to-room" | "announce-to-room" => {
            scratch.replace(key, call.args.first().cloned().unwrap_or_default());
        }
        "join-room" => {
            if let Some(last) = scratch.last(&key) {
                call.socket.emit("room-message", vec![last]);
            }
        }
        _ => {}
    }
}

/// Returns the user id that a client has put into its own session data with the payload of an
/// event. `None` unless the fault `payload-merged-into-session` is active.
pub(super) fn merged_user(socket: &Socket) -> Option<String> {
    merged_field(socket, "user")
}

impl FaultSet {
    /// Returns the role of a socket's user. Without faults this is the role in the user's token.
    pub(in crate::reference) fn known_role(&self, socket: &Socket) -> Option<String> {
        let own = socket.user().role.clone();
        if self.has(HandlerFault::PrototypePolluted) {
            let scratch = &socket.session().server.scratch;
            return own.or_else(|| scratch.last(&PollutedRole));
        }
        merged_field(socket, "role").or(own)
    }
}

fn merged_field(socket: &Socket, field: &str) -> Option<String> {
    if !socket.faults().has(HandlerFault::PayloadMerged) {
        return None;
    }
    let key = MergedFields(socket.id().clone());
    let merged = socket.session().server.scratch.last(&key)?;
    merged.get(field)?.as_str().map(str::to_owned)
}

/// Returns true if the handler of the event `operation` always acknowledges the event.
fn acknowledges(operation: &str) -> bool {
    let never = ["ack-never", "crash", "echo", "fail", "kick-me", "message"];
    !never.contains(&operation)
}

/// Returns true if the caller is in one of the rooms that its payload names.
fn is_member(call: &Call) -> bool {
    let rooms = call.socket.namespace().rooms();
    let joined = rooms.of(call.socket.id());
    let is_joined = |name: &str| joined.iter().any(|room| **room == *name);
    let payload = call.args.first();
    let several = payload.and_then(|payload| payload.get("rooms")?.as_array());
    match several.filter(|_| call.name == "send-to-rooms") {
        Some(several) => several.iter().filter_map(Data::as_str).any(is_joined),
        None => text_of(call, "room").is_some_and(is_joined),
    }
}

fn text_of<'a>(call: &'a Call, field: &str) -> Option<&'a str> {
    call.args.first()?.get(field)?.as_str()
}

fn acknowledge<const N: usize>(call: &Call, fields: [(&str, Data); N]) {
    if let Some(ack) = &call.ack {
        ack.send(vec![Data::object(fields)]);
    }
}
