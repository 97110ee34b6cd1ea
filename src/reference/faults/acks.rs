//! Acknowledgements of clients' events (Socket.IO v5, "Acknowledgement").

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    blocked_connections::block_connection, connect::send_raw, questions, robustness,
    scratch::ScratchKey, topic::faults,
};
use crate::{clock, 
    data::Data,
    reference::{
        FaultSet,
        engine::{Delivery, Outbound, Session},
        rooms::{Selection, broadcast_packet},
        server::Shared,
        socket::{Ack, Call, Socket, SocketId},
    },
    wire::{
        engine_io,
        socket_io::{AckId, Packet},
    },
};

/// How late a defect that acts late acts.
pub(super) const LATE: Duration = Duration::from_millis(50);

faults!(AckFault {
    AfterDisconnect = "ack-after-disconnect": "An acknowledgement is sent after its client has left the namespace.";
    BeforeEffect = "ack-before-effect": "join-room is acknowledged before it takes effect.";
    DropsFalsy = "ack-drops-falsy": "The values 0, false and \"\" are acknowledged as nothing.", seen "`if (result)` in a reply path";
    ErrorSwallowed = "ack-error-swallowed": "An error is not acknowledged.";
    FirstArgumentOnly = "ack-first-argument-only": "Only the first argument is acknowledged.";
    FlattensArrays = "ack-flattens-arrays": "An array is acknowledged as several arguments.", seen "results spread into the callback";
    ForUnknownEvent = "ack-for-unknown-event": "An event without a handler is acknowledged.";
    IdThirtyTwoBits = "ack-id-32-bits": "Acknowledgement ids have 32 bits.";
    IdZeroIgnored = "ack-id-zero-ignored": "The id 0 is taken for none.", seen "`if (id)` in a dispatcher";
    InOrderAsked = "acks-answered-in-order-asked": "An acknowledgement has the id of the oldest request that waits.";
    LateAtOnce = "ack-late-at-once": "ack-late is acknowledged at once.";
    LateNever = "ack-late-never": "An answer that takes time is never sent.";
    LateSecond = "late-second-ack": "Every acknowledgement comes again after 50 ms.";
    Missing = "ack-missing": "Nothing is acknowledged.";
    NeverAnswered = "ack-never-answered": "What a handler leaves without an acknowledgement gets one.";
    NothingPadded = "ack-nothing-padded": "An acknowledgement without arguments gets an empty object.";
    NothingUnanswered = "ack-nothing-unanswered": "A handler without a result is not acknowledged.", seen "NestJS";
    PayloadNotArray = "ack-payload-not-array": "The payload of an ACK is its first argument in place of an array.";
    PrecedesEvent = "ack-precedes-event": "A room message is acknowledged before it is sent.";
    SlowHandlerBlocks = "slow-handler-blocks-connection": "While a handler works, no other event of its connection is handled.";
    SlowHandlersQueue = "slow-handlers-queue": "Of requests that take time one waits for the other, whoever asked.", seen "one lock around all handlers";
    ToEverybody = "ack-to-everybody": "An ACK is also sent to the members of the caller's rooms.";
    Twice = "ack-twice": "Every acknowledgement is sent twice.";
    ValueWrapped = "ack-value-wrapped": "The value acknowledged is wrapped in an object.";
    WithoutRequest = "ack-without-request": "An event that asks for no acknowledgement gets one.";
    WrongId = "ack-wrong-id": "An acknowledgement has the next id.";
    WrongNamespace = "ack-wrong-namespace": "An acknowledgement comes in another namespace.";
});

/// The ids of the requests of a socket that have no acknowledgement yet.
#[derive(Eq, Hash, PartialEq)]
struct UnansweredRequests(SocketId);

impl ScratchKey for UnansweredRequests {
    type Note = AckId;
}

/// When the handlers of the server have finished the slow requests so far.
#[derive(Eq, Hash, PartialEq)]
struct HandlersBusyUntil;

impl ScratchKey for HandlersBusyUntil {
    type Note = Instant;
}

/// A second acknowledgement of one event is not sent.
pub(in crate::reference) fn repeats(faults: &FaultSet) -> bool {
    faults.has(AckFault::Twice)
        || faults.has(AckFault::LateSecond)
        || questions::reports_again(faults)
}

/// An event is handled with the acknowledgement that it asks for.
pub(super) fn dispatch(mut call: Call, handle: fn(Call)) {
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

/// An acknowledgement is sent once, to the caller, under the id that it gave.
pub(in crate::reference) fn send(socket: &Arc<Socket>, packet: Packet) {
    let faults = socket.faults();
    if faults.is_empty() {
        socket.send(&packet);
        return;
    }
    robustness::answer(socket);
    if faults.has(AckFault::Missing) {
        return;
    }
    let packet = altered(socket, packet);
    let Packet::Ack { id, args, .. } = &packet else {
        return;
    };
    if faults.has(AckFault::NothingUnanswered) && args.is_empty() {
        return;
    }
    if faults.has(AckFault::PayloadNotArray) {
        send_without_array(socket, *id, args);
        return;
    }
    if faults.has(AckFault::WrongNamespace)
        || (faults.has(AckFault::AfterDisconnect) && !socket.is_connected())
    {
        send_raw(socket.session(), &packet);
        return;
    }
    socket.send(&packet);
    if faults.has(AckFault::Twice) {
        socket.send(&packet);
    }
    if faults.has(AckFault::ToEverybody) {
        let rooms = socket.namespace().rooms().of(socket.id()).to_vec();
        let selection =
            Selection::to(rooms.iter().map(|room| &**room)).except([socket.id().as_str()]);
        broadcast_packet(socket, &selection, packet.clone());
    }
    if faults.has(AckFault::LateSecond) {
        let late = Arc::clone(socket);
        socket.session().server.tasks.spawn(async move {
            tokio::time::sleep(LATE).await;
            late.send(&packet);
        });
    }
}

fn altered(socket: &Socket, packet: Packet) -> Packet {
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

/// The values of `echo` and `message-with-ack` are what came.
pub(in crate::reference) fn values(socket: &Socket, mut args: Vec<Data>) -> Vec<Data> {
    let faults = socket.faults();
    if faults.is_empty() {
        return args;
    }
    if faults.has(AckFault::FirstArgumentOnly) {
        args.truncate(1);
    }
    if faults.has(AckFault::DropsFalsy) && args.first().is_some_and(questions::is_falsy) {
        args.clear();
    }
    if faults.has(AckFault::FlattensArrays)
        && let [Data::Array(items)] = args.as_slice()
    {
        args = items.clone();
    }
    if faults.has(AckFault::ValueWrapped) {
        args = vec![Data::object([(
            "data",
            args.into_iter().next().unwrap_or_default(),
        )])];
    }
    args
}

/// An error is a value like any other.
pub(in crate::reference) fn swallows_errors(faults: &FaultSet) -> bool {
    faults.has(AckFault::ErrorSwallowed)
}

/// An answer that takes time comes after it; `None` where it never comes.
pub(in crate::reference) fn late(faults: &FaultSet, after: Duration) -> Option<Duration> {
    if faults.has(AckFault::LateNever) {
        None
    } else if faults.has(AckFault::LateAtOnce) {
        Some(Duration::ZERO)
    } else {
        Some(after)
    }
}

/// Other events of a connection are handled while one takes its time.
pub(in crate::reference) fn takes_time(session: &Session, pause: Duration) {
    block_connection(session, AckFault::SlowHandlerBlocks, pause);
}

/// Requests that take time take it side by side.
pub(in crate::reference) fn queued(server: &Shared, after: Duration) -> Duration {
    if !server.faults().has(AckFault::SlowHandlersQueue) {
        return after;
    }
    let now = clock::now();
    let free = server.scratch.last(&HandlersBusyUntil);
    let until = free.map_or(now, |free| free.max(now)) + after;
    server.scratch.replace(HandlersBusyUntil, until);
    until - now
}

/// What a handler leaves without an acknowledgement has none.
pub(in crate::reference) fn left_open(call: &Call) {
    if call.socket.faults().has(AckFault::NeverAnswered)
        && let Some(ack) = &call.ack
    {
        ack.send(Vec::new());
    }
}

/// An event without a handler is not acknowledged.
pub(super) fn unhandled(call: &Call) {
    if call.socket.faults().has(AckFault::ForUnknownEvent)
        && let Some(ack) = &call.ack
    {
        ack.send(Vec::new());
    }
}

/// What is sent is sent before it is acknowledged.
pub(in crate::reference) fn acknowledges_first(faults: &FaultSet) -> bool {
    faults.has(AckFault::PrecedesEvent)
}

/// A room is joined before that is acknowledged.
pub(super) fn joins_later(faults: &FaultSet) -> bool {
    faults.has(AckFault::BeforeEffect)
}
