//! Faults in the handling of clients' events (Socket.IO v5, "Packet types", EVENT).

use std::{sync::Arc, time::Duration};

use super::{
    connect::send_raw, contents, elsewhere, handlers, mixing, recipients::RecipientFault,
    robustness, scratch::ScratchKey, shortening, topic::faults,
};
use crate::{
    data::Data,
    reference::{
        FaultSet,
        app::Failure,
        engine::Ending,
        rooms::{Selection, broadcast},
        socket::{Call, Socket},
    },
    wire::socket_io::{AckId, Packet},
};

faults!(EventFault {
    BinaryOvertaken = "binary-events-overtaken": "The server handles an event with bytes only after events that the same client has sent later.";
    EmptyArgumentsPadded = "event-empty-arguments-padded": "When a client sends an event without arguments, the server adds a null argument to its reply.", seen "socketioxide, python-socketio";
    EmptyNameHandled = "event-empty-name-handled": "When a client sends an event with an empty name, the server handles it as the event `message`.";
    ExtraArgumentsDropped = "event-extra-arguments-dropped": "When a client's event has several arguments, the server drops all but the first.", seen "socketioxide 0.18.9";
    LargeOvertaken = "large-events-overtaken": "The server handles a large event only after events that the same client has sent later.";
    NameHitsPrototype = "event-name-hits-prototype": "When a client sends an event named like a member of every JavaScript object, such as `constructor`, the server takes that member for the handler and fails.", seen "handler tables that are plain objects";
    NamesCaseInsensitive = "event-names-case-insensitive": "The server looks for the handler of an event without regard to upper and lower case in the event's name.";
    NamesMatchPrefix = "event-names-match-prefix": "The server handles events whose names only begin with `message`, such as `messages`, as the event `message`.";
    NamesTrimmed = "event-names-trimmed": "The server ignores blanks at the start and the end of an event's name.";
    NullArgumentsDropped = "event-null-arguments-dropped": "When arguments of a client's event are null, the server drops these arguments.";
    Reordered = "events-reordered": "The server handles the events of one client in another order than the client sent them.", seen "python-socketio with async_handlers";
    ReplyReachesEverybody = "reply-reaches-everybody": "The server sends the reply to one client's event to all clients of the namespace.";
    ReservedNameHandled = "event-reserved-name-handled": "When a client sends an event with a reserved name, such as `connect`, the server handles it, where it has to close the connection.";
    UnknownCloses = "event-unknown-closes": "When a client sends an event for which there is no handler, the server closes the connection.";
    WrongNamespaceReply = "event-wrong-namespace-reply": "The server sends its reply to an event in the main namespace, whatever namespace the event came in.";
});

/// The key under which the fault `events-reordered` counts the events of the session with this id.
#[derive(Eq, Hash, PartialEq)]
struct EventCount(Box<str>);

impl ScratchKey for EventCount {
    type Note = ();
}

impl FaultSet {
    /// Returns true if the fault `event-reserved-name-handled` is active.
    pub(in crate::reference) fn allows_reserved_names(&self) -> bool {
        self.has(EventFault::ReservedNameHandled)
    }

    /// Handles an event. Without faults the server handles each event unchanged, in the order in
    /// which the client sent the events.
    pub(in crate::reference) fn handle_in_order(&self, mut call: Call, handle: fn(Call)) {
        if self.is_empty() {
            handle(call);
            return;
        }
        if self.has(EventFault::NullArgumentsDropped) {
            call.args.retain(|arg| *arg != Data::Null);
        }
        if self.has(EventFault::ExtraArgumentsDropped) {
            call.args.truncate(1);
        }
        call.name = alter_name(&call);
        shortening::shorten(&mut call);
        contents::alter_contents(&mut call);
        mixing::keep_announcing(&mut call);
        elsewhere::move_to_main(&mut call);
        if handlers::before_handler(&call) == handlers::Next::Skip {
            return;
        }
        robustness::crash_on_event(&call);
        if self.has(EventFault::Reordered) {
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
        let overtaken = (self.has(EventFault::LargeOvertaken) && size(&call) > 5000)
            || (self.has(EventFault::BinaryOvertaken) && call.args.iter().any(Data::has_bytes));
        if overtaken {
            let server = Arc::clone(&call.socket.session().server);
            server.tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                handle(call);
            });
            return;
        }
        super::acks::handle_event(call, handle);
    }

    /// Handles an event that has no handler. Without faults the server does nothing.
    pub(in crate::reference) fn handle_unknown(&self, call: &Call) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        if self.has(EventFault::UnknownCloses) {
            call.socket.session().close(Ending::ParseError);
        }
        if self.has(EventFault::NameHitsPrototype) && super::INHERITED.contains(&call.name.as_str())
        {
            if let Some(ack) = &call.ack {
                ack.send(Vec::new());
            }
            call.socket.session().close(Ending::ParseError);
        }
        super::acks::acknowledge_unhandled(call);
        Ok(())
    }

    /// Sends the reply to `message` or `echo` to the caller, in its namespace, with the arguments
    /// of the event.
    pub(in crate::reference) fn reply(
        &self,
        socket: &Arc<Socket>,
        name: &str,
        mut args: Vec<Data>,
    ) {
        if self.is_empty() {
            socket.emit(name, args);
            return;
        }
        if super::mixing::reply_to_latest_caller(socket, name, &args) {
            return;
        }
        if self.has(EventFault::EmptyArgumentsPadded) && args.is_empty() {
            args.push(Data::Null);
        }
        if self.has(EventFault::ReplyReachesEverybody) {
            broadcast(socket, &Selection::everybody(), name, args);
            return;
        }
        if self.has(RecipientFault::PrivateReachesIdRoom) {
            broadcast(socket, &Selection::to([socket.id().as_str()]), name, args);
            return;
        }
        if self.has(EventFault::WrongNamespaceReply) {
            let packet = Packet::Event {
                namespace: "/".to_owned(),
                id: None::<AckId>,
                name: name.to_owned(),
                args,
            };
            send_raw(socket.session(), &packet);
            return;
        }
        if self.has(RecipientFault::NamespaceLeak) {
            socket
                .siblings()
                .iter()
                .for_each(|sibling| sibling.emit(name, args.clone()));
        }
        socket.emit(name, args);
    }
}

/// Returns the name under which the server looks for a handler. Without faults this is the name of
/// the event.
fn alter_name(call: &Call) -> String {
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
