//! Faults in the acknowledgements of clients' events (Socket.IO v5, "Acknowledgement").

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    blocked_connections::block_connection, connect::send_raw, late_work, questions, robustness,
    scratch::ScratchKey, timers, topic::faults,
};
use crate::{
    clock,
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Outbound, Session},
        rooms::{Selection, broadcast_packet},
        shared::Shared,
        socket::{Ack, Call, Socket, SocketId},
    },
    wire::{
        engine_io,
        socket_io::{AckId, Packet},
    },
};

/// The delay of faults that act too late, such as `late-second-ack`.
pub(super) const LATE: Duration = Duration::from_millis(50);

faults!(AckFault {
    AfterDisconnect = "ack-after-disconnect": "The server sends the acknowledgement of an event even if the client has left the namespace meanwhile.";
    BeforeEffect = "ack-before-effect": "When a client asks to join a room (`join-room`), the server acknowledges before it puts the client into the room.";
    DropsFalsy = "ack-drops-falsy": "When the value of an acknowledgement is null, 0, false or \"\", the server acknowledges without arguments.", seen "`if (result)` in a reply path";
    ErrorSwallowed = "ack-error-swallowed": "When the handler of an event answers with an error value, the server does not send the acknowledgement.";
    FirstArgumentOnly = "ack-first-argument-only": "When a handler acknowledges an event with several arguments, the server sends only the first of them.";
    FlattensArrays = "ack-flattens-arrays": "When a handler acknowledges an event with one array, the server sends the array's items as separate arguments.", seen "results spread into the callback";
    ForUnknownEvent = "ack-for-unknown-event": "The server acknowledges an event for which the application has no handler.";
    IdThirtyTwoBits = "ack-id-32-bits": "When the acknowledgement id of an event is longer than 32 bits, the server acknowledges with only the lowest 32 bits of the id.";
    IdZeroIgnored = "ack-id-zero-ignored": "When a client's event has the acknowledgement id 0, the server does not acknowledge the event.", seen "`if (id)` in a dispatcher";
    InOrderAsked = "acks-answered-in-order-asked": "The server sends each acknowledgement with the id of the client's oldest event that waits for one, not with the id of the event that it handled.";
    LateAtOnce = "ack-late-at-once": "When a client asks for an acknowledgement after a delay (`ack-late`), the server acknowledges at once.";
    LateNever = "ack-late-never": "When a client asks for an acknowledgement after a delay (`ack-late`), the server never acknowledges.";
    LateSecond = "late-second-ack": "The server sends every acknowledgement a second time, 50 ms after the first.";
    Missing = "ack-missing": "The server does not send any acknowledgements of clients' events.";
    NeverAnswered = "ack-never-answered": "When a handler leaves an event unacknowledged on purpose (`ack-never`), the server acknowledges the event nevertheless.";
    NothingPadded = "ack-nothing-padded": "When a handler acknowledges an event without arguments, the server adds an empty object as an argument.";
    NothingUnanswered = "ack-nothing-unanswered": "When a handler acknowledges an event without arguments, the server does not send the acknowledgement.", seen "NestJS";
    PayloadNotArray = "ack-payload-not-array": "The server sends the payload of an ACK packet as an object with one value, where it has to be an array of all arguments.";
    PrecedesEvent = "ack-precedes-event": "When a client asks the server to send a message to other clients, the server acknowledges before it sends the message.";
    SlowHandlerBlocks = "slow-handler-blocks-connection": "While a slow handler works on one event of a client, the server handles no other event from the same connection.";
    SlowHandlersQueue = "slow-handlers-queue": "The server handles slow events of different clients one after the other, so that one slow event delays the events of other clients.", seen "one lock around all handlers";
    ToEverybody = "ack-to-everybody": "The server sends the acknowledgement of a client's event also to the other members of the client's rooms.";
    Twice = "ack-twice": "The server sends every acknowledgement twice.";
    ValueWrapped = "ack-value-wrapped": "The server sends the value of an acknowledgement inside an object, as its field `data`.";
    WithoutRequest = "ack-without-request": "The server acknowledges events for which the client has not asked for an acknowledgement.";
    WrongId = "ack-wrong-id": "The server adds 1 to the id of every acknowledgement that it sends.";
    WrongNamespace = "ack-wrong-namespace": "The server sends the acknowledgement of an event in another namespace than the one in which the event came.";
});

/// The key under which the fault `acks-answered-in-order-asked` remembers, for one socket, the ids
/// of the acknowledgement requests that the server has not answered.
#[derive(Eq, Hash, PartialEq)]
struct UnansweredRequests(SocketId);

impl ScratchKey for UnansweredRequests {
    type Note = AckId;
}

/// The key under which the fault `slow-handlers-queue` remembers the time at which the handlers of
/// all earlier slow requests have finished.
#[derive(Eq, Hash, PartialEq)]
struct HandlersBusyUntil;

impl ScratchKey for HandlersBusyUntil {
    type Note = Instant;
}

impl FaultSet {
    /// Returns true if an active fault lets a handler acknowledge one event a second time. Without
    /// faults the second acknowledgement is ignored.
    pub(in crate::reference) fn allows_second_ack(&self) -> bool {
        self.has(AckFault::Twice)
            || self.has(AckFault::LateSecond)
            || questions::reports_again(self)
    }

    /// Sends an acknowledgement. Without faults the caller gets it once, with the id that the
    /// caller gave. Faults suppress it, change it or send it again.
    pub(in crate::reference) fn send_ack(&self, socket: &Arc<Socket>, packet: Packet) {
        if self.is_empty() {
            socket.send(&packet);
            return;
        }
        robustness::crash_on_late_answer(socket);
        if let Some(next) = late_work::find_next_for_ack(socket) {
            next.send(&packet);
            return;
        }
        if self.has(AckFault::Missing) {
            return;
        }
        let packet = alter_ack(socket, packet);
        let Packet::Ack { id, args, .. } = &packet else {
            return;
        };
        if self.has(AckFault::NothingUnanswered) && args.is_empty() {
            return;
        }
        if self.has(AckFault::PayloadNotArray) {
            send_without_array(socket, *id, args);
            return;
        }
        if self.has(AckFault::WrongNamespace)
            || (self.has(AckFault::AfterDisconnect) && !socket.is_connected())
        {
            send_raw(socket.session(), &packet);
            return;
        }
        socket.send(&packet);
        if self.has(AckFault::Twice) {
            socket.send(&packet);
        }
        if self.has(AckFault::ToEverybody) {
            let rooms = socket.namespace().rooms().of(socket.id()).to_vec();
            let selection =
                Selection::to(rooms.iter().map(|room| &**room)).except([socket.id().as_str()]);
            broadcast_packet(socket, &selection, packet.clone());
        }
        if self.has(AckFault::LateSecond) {
            let late = Arc::clone(socket);
            socket.session().server.tasks.spawn(async move {
                tokio::time::sleep(LATE).await;
                late.send(&packet);
            });
        }
    }

    /// Returns the values with which `echo` and `message-with-ack` acknowledge. Without faults
    /// these are `args`.
    pub(in crate::reference) fn alter_ack_values(&self, mut args: Vec<Data>) -> Vec<Data> {
        if self.is_empty() {
            return args;
        }
        if self.has(AckFault::FirstArgumentOnly) {
            args.truncate(1);
        }
        if self.has(AckFault::DropsFalsy) && args.first().is_some_and(questions::is_falsy) {
            args.clear();
        }
        if self.has(AckFault::FlattensArrays)
            && let [Data::Array(items)] = args.as_slice()
        {
            args = items.clone();
        }
        if self.has(AckFault::ValueWrapped) {
            args = vec![Data::object([(
                "data",
                args.into_iter().next().unwrap_or_default(),
            )])];
        }
        args
    }

    /// Returns true if the fault `ack-error-swallowed` is active.
    pub(in crate::reference) fn swallows_errors(&self) -> bool {
        self.has(AckFault::ErrorSwallowed)
    }

    /// Returns the delay before the server acknowledges `ack-late`; `None` means never. Without
    /// faults this is `after`.
    pub(in crate::reference) fn delay_of_ack_late(&self, after: Duration) -> Option<Duration> {
        if self.has(AckFault::LateNever) {
            None
        } else if self.has(AckFault::LateAtOnce) {
            Some(Duration::ZERO)
        } else {
            Some(timers::limit_delay(self, after))
        }
    }

    /// Makes the server handle no other message of the connection for at least `pause`, while a
    /// handler works, if the fault `slow-handler-blocks-connection` is active.
    pub(in crate::reference) fn block_during_handler(&self, session: &Session, pause: Duration) {
        block_connection(session, AckFault::SlowHandlerBlocks, pause);
    }

    /// Returns how long a slow handler takes. Without faults this is `after`; the fault
    /// `slow-handlers-queue` adds the time that the handlers of earlier events still need.
    pub(in crate::reference) fn delay_behind_others(
        &self,
        server: &Shared,
        after: Duration,
    ) -> Duration {
        if !self.has(AckFault::SlowHandlersQueue) {
            return after;
        }
        let now = clock::now();
        let free = server.scratch.last(&HandlersBusyUntil);
        let until = free.map_or(now, |free| free.max(now)) + after;
        server.scratch.replace(HandlersBusyUntil, until);
        until - now
    }

    /// Acknowledges an event that its handler left unacknowledged if the fault `ack-never-answered`
    /// is active.
    pub(in crate::reference) fn acknowledge_unanswered(&self, call: &Call) {
        if self.has(AckFault::NeverAnswered)
            && let Some(ack) = &call.ack
        {
            ack.send(Vec::new());
        }
    }

    /// Returns true if the fault `ack-precedes-event` is active.
    pub(in crate::reference) fn acknowledges_first(&self) -> bool {
        self.has(AckFault::PrecedesEvent)
    }
}

/// Handles an event, and acknowledges it if its client asked for that. Faults ignore, add or record
/// the client's request for an acknowledgement.
pub(super) fn handle_event(mut call: Call, handle: fn(Call)) {
    let faults = call.socket.faults();
    if faults.has(AckFault::IdZeroIgnored)
        && call.ack.as_ref().is_some_and(|ack| ack.id() == AckId(0))
    {
        call.ack = None;
    }
    if faults.has(AckFault::WithoutRequest) && call.ack.is_none() {
        call.ack = Some(Arc::new(Ack::new(Arc::clone(&call.socket), AckId(0))));
    }
    if faults.has(AckFault::InOrderAsked)
        && let Some(ack) = &call.ack
    {
        let key = UnansweredRequests(call.socket.id().clone());
        call.socket.session().server.scratch.add(key, ack.id());
    }
    handle(call);
}

/// Returns an acknowledgement, changed as the active faults demand.
fn alter_ack(socket: &Socket, packet: Packet) -> Packet {
    let faults = socket.faults();
    let Packet::Ack {
        mut namespace,
        mut id,
        mut args,
    } = packet
    else {
        return packet;
    };
    if faults.has(AckFault::NothingPadded) && args.is_empty() {
        args.push(Data::object([("", Data::Null); 0]));
    }
    if faults.has(AckFault::WrongId) {
        id = AckId(id.0 + 1);
    }
    if faults.has(AckFault::IdThirtyTwoBits) {
        id = AckId(id.0 & 0xffff_ffff);
    }
    if faults.has(AckFault::InOrderAsked) {
        let key = UnansweredRequests(socket.id().clone());
        let oldest = socket.session().server.scratch.take_first(&key);
        id = oldest.unwrap_or(id);
    }
    if faults.has(AckFault::WrongNamespace) {
        namespace = match namespace.as_str() {
            "/" => "/custom".to_owned(),
            _ => "/".to_owned(),
        };
    }
    Packet::Ack {
        namespace,
        id,
        args,
    }
}

fn send_without_array(socket: &Socket, id: AckId, args: &[Data]) {
    let value = args.first().cloned().unwrap_or(Data::Null);
    let namespace = match socket.namespace().name() {
        "/" => String::new(),
        name => format!("{name},"),
    };
    let text = format!("3{namespace}{id}{}", Data::object([("value", value)]));
    let packet = engine_io::Packet::text(engine_io::PacketType::Message, text);
    socket.push(Outbound::new(vec![packet]), Delivery::Assured);
}

/// Acknowledges an event without a handler if the fault `ack-for-unknown-event` is active.
pub(super) fn acknowledge_unhandled(call: &Call) {
    if call.socket.faults().has(AckFault::ForUnknownEvent)
        && let Some(ack) = &call.ack
    {
        ack.send(Vec::new());
    }
}

/// Returns true if the fault `ack-before-effect` is active.
pub(super) fn joins_later(faults: &FaultSet) -> bool {
    faults.has(AckFault::BeforeEffect)
}
