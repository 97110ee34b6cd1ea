//! One event to many.

use std::sync::Arc;

use tokio::sync::oneshot::Receiver;

use super::Selection;
use crate::{
    data::Data,
    reference::{
        engine::{Ending, Sent},
        faults,
        socket::{Answer, Socket, outbound},
    },
    wire::socket_io::{AckId, Packet},
};

/// A question to many clients, and where their answers come.
#[derive(Debug)]
pub(in crate::reference) struct Asked {
    /// The id that all of them answer to.
    pub(in crate::reference) id: AckId,
    /// Who was asked.
    pub(in crate::reference) waiting: Vec<(Arc<Socket>, Receiver<Answer>)>,
}

/// Sends an event to those in the namespace of `from` whom `selection` means.
pub(in crate::reference) fn broadcast(
    from: &Arc<Socket>,
    selection: &Selection,
    name: &str,
    args: Vec<Data>,
) {
    broadcast_packet(from, selection, event(from, None, name, args));
}

/// The same with a packet of any kind.
pub(in crate::reference) fn broadcast_packet(
    from: &Arc<Socket>,
    selection: &Selection,
    packet: Packet,
) {
    deliver(from, selection, packet, |_| {});
}

/// The same, asking each for an acknowledgement under one id, as the JavaScript server does it.
pub(in crate::reference) fn ask(
    from: &Arc<Socket>,
    selection: &Selection,
    name: &str,
    args: Vec<Data>,
) -> Asked {
    let id = faults::questions::choose_id(from, || from.namespace().next_question());
    let mut waiting = Vec::new();
    deliver(
        from,
        selection,
        event(from, Some(id), name, args),
        |socket| {
            waiting.push((Arc::clone(socket), socket.ask(id)));
        },
    );
    Asked { id, waiting }
}

fn event(from: &Socket, id: Option<AckId>, name: &str, args: Vec<Data>) -> Packet {
    Packet::Event {
        namespace: from.namespace().name().to_owned(),
        id,
        name: name.to_owned(),
        args,
    }
}

/// Encodes the packet once and puts it into every recipient's queue.
///
/// The rooms stay locked until it is in all of them: who leaves a room afterwards has it, who left
/// before does not.
fn deliver(
    from: &Arc<Socket>,
    selection: &Selection,
    mut packet: Packet,
    mut before: impl FnMut(&Arc<Socket>),
) {
    let recovery = from.namespace().recovery();
    let missable =
        recovery.and_then(|recovery| recovery.stamp(selection, &mut packet, from.faults()));
    let outbound = outbound(&packet, &from.session().server);
    let rooms = from.namespace().rooms();
    if let Some(recovery) = recovery {
        recovery.note(missable, from.faults());
    }
    let recipients = faults::recipients::choose_recipients(from, &rooms, selection);
    let mut overflowed = Vec::new();
    for socket in &recipients {
        before(socket);
        match socket.push(Arc::clone(&outbound), selection.delivery) {
            Sent::Overflow => overflowed.push(socket),
            Sent::Dropped => faults::recipients::lose_next(socket, selection),
            Sent::Queued => {}
        }
    }
    // Ending a session takes its sockets out of their rooms, so the rooms must be free for it.
    drop(rooms);
    for socket in overflowed {
        socket.session().close(Ending::QueueOverflow);
    }
    faults::recipients::leak_after_delivery(from, selection, &packet, &outbound, &recipients);
}
