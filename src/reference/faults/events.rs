//! Events of clients (Socket.IO v5, "Packet types", EVENT).

use std::{sync::Arc, time::Duration};

use super::{
    connect::send_raw, recipients::RecipientFault, robustness, scratch::ScratchKey, topic::faults,
};
use crate::{
    data::Data,
    reference::{
        app::Failure,
        engine::{Ending, Session},
        rooms::{Selection, broadcast},
        socket::{Call, Socket},
    },
    wire::socket_io::{AckId, Packet},
};

faults!(EventFault {
    EmptyArgumentsPadded = "event-empty-arguments-padded": "An event without arguments is answered with a null.", seen "socketioxide, python-socketio";
    EmptyNameHandled = "event-empty-name-handled": "The event with the empty name has a handler.";
    ExtraArgumentsDropped = "event-extra-arguments-dropped": "Only the first argument is looked at.", seen "socketioxide 0.18.9";
    LargeOvertaken = "large-events-overtaken": "Events that come behind a large one of their client are handled first.";
    NameHitsPrototype = "event-name-hits-prototype": "Names that every object has are taken for handlers.", seen "handler tables that are plain objects";
    NamesCaseInsensitive = "event-names-case-insensitive": "Event names are compared without case.";
    NamesMatchPrefix = "event-names-match-prefix": "A name that begins with a handler's is handled by it.";
    NamesTrimmed = "event-names-trimmed": "Blanks around event names are cut off.";
    NullArgumentsDropped = "event-null-arguments-dropped": "Arguments that are null are left out.";
    Reordered = "events-reordered": "Events of one client overtake each other.", seen "python-socketio with async_handlers";
    ReplyReachesEverybody = "reply-reaches-everybody": "What one client is answered goes to all.";
    ReservedNameHandled = "event-reserved-name-handled": "Reserved event names are events like others.";
    UnknownCloses = "event-unknown-closes": "An event without a handler ends the connection.";
    WrongNamespaceReply = "event-wrong-namespace-reply": "What is answered in a namespace comes in the main one.";
});

/// One note for each event of the session with this id.
#[derive(Eq, Hash, PartialEq)]
struct EventCount(Box<str>);

impl ScratchKey for EventCount {
    type Note = ();
}

/// Reserved names end the connection.
pub(in crate::reference) fn allows_reserved_names(session: &Session) -> bool {
    session.faults().has(EventFault::ReservedNameHandled)
}

/// Events are handled one after the other, as they are.
pub(in crate::reference) fn dispatch(mut call: Call, handle: fn(Call)) {
    let faults = call.socket.faults();
    if faults.is_empty() {
        handle(call);
        return;
    }
    if faults.has(EventFault::NullArgumentsDropped) {
        call.args.retain(|arg| *arg != Data::Null);
    }
    if faults.has(EventFault::ExtraArgumentsDropped) {
        call.args.truncate(1);
    }
    call.name = name(&call);
    robustness::event(&call);
    if faults.has(EventFault::Reordered) {
        let socket = Arc::clone(&call.socket);
        let session = socket.session();
        let key = EventCount(session.sid.clone());
        let nth = session.server.scratch.add(key, ());
        if nth % 2 == 1 {
            session.server.tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                handle(call);
            });
            return;
        }
    }
    let size = |call: &Call| {
        call.args
            .iter()
            .map(|arg| arg.to_string().len())
            .sum::<usize>()
    };
    if faults.has(EventFault::LargeOvertaken) && size(&call) > 5000 {
        let server = Arc::clone(&call.socket.session().server);
        server.tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            handle(call);
        });
        return;
    }
    super::acks::dispatch(call, handle);
}

fn name(call: &Call) -> String {
    let faults = call.socket.faults();
    let name = call.name.as_str();
    if faults.has(EventFault::EmptyNameHandled) && name.is_empty() {
        return "message".to_owned();
    }
    if faults.has(EventFault::NamesCaseInsensitive) {
        return name.to_lowercase();
    }
    if faults.has(EventFault::NamesTrimmed) {
        return name.trim().to_owned();
    }
    if faults.has(EventFault::NamesMatchPrefix)
        && name.starts_with("message")
        && !name.starts_with("message-with-ack")
    {
        return "message".to_owned();
    }
    name.to_owned()
}

/// An event without a handler does nothing.
pub(in crate::reference) fn unhandled(call: &Call) -> Result<(), Failure> {
    let faults = call.socket.faults();
    if faults.is_empty() {
        return Ok(());
    }
    if faults.has(EventFault::UnknownCloses) {
        call.socket.session().close(Ending::ParseError);
    }
    let inherited = [
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "toString",
        "valueOf",
    ];
    if faults.has(EventFault::NameHitsPrototype) && inherited.contains(&call.name.as_str()) {
        if let Some(ack) = &call.ack {
            ack.send(Vec::new());
        }
        call.socket.session().close(Ending::ParseError);
    }
    super::acks::unhandled(call);
    Ok(())
}

/// `message` is answered to its sender, in its namespace, with the arguments that it had.
pub(in crate::reference) fn reply(socket: &Arc<Socket>, name: &str, mut args: Vec<Data>) {
    let faults = socket.faults();
    if faults.is_empty() {
        socket.emit(name, args);
        return;
    }
    if faults.has(EventFault::EmptyArgumentsPadded) && args.is_empty() {
        args.push(Data::Null);
    }
    if faults.has(EventFault::ReplyReachesEverybody) {
        broadcast(socket, &Selection::everybody(), name, args);
        return;
    }
    if faults.has(EventFault::WrongNamespaceReply) {
        let packet = Packet::Event {
            namespace: "/".to_owned(),
            id: None::<AckId>,
            name: name.to_owned(),
            args,
        };
        send_raw(socket.session(), &packet);
        return;
    }
    if faults.has(RecipientFault::NamespaceLeak) {
        socket
            .siblings()
            .iter()
            .for_each(|sibling| sibling.emit(name, args.clone()));
    }
    socket.emit(name, args);
}
