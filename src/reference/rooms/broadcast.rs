//! Sending one event to many sockets.

use std::sync::Arc;

use tokio::sync::oneshot::Receiver;

use super::Selection;
use crate::{
    data::Data,
    reference::{
        engine::{Ending, Sent},
        socket::{Answer, Socket, encode_packet},
    },
    wire::socket_io::{AckId, Packet},
};

/// A question to many clients, and the receivers of their answers.
#[derive(Debug)]
pub(in crate::reference) struct AskedClients {
    /// The acknowledgement id of the question, the same for all clients.
    pub(in crate::reference) id: AckId,
    /// Each socket that was asked, and the receiver of its answer.
    pub(in crate::reference) waiting: Vec<(Arc<Socket>, Receiver<Answer>)>,
}

/// Sends an event to the sockets that `selection` matches, in the namespace of `from`.
pub(in crate::reference) fn broadcast(
    from: &Arc<Socket>,
    selection: &Selection,
    name: &str,
    args: Vec<Data>,
) {
    broadcast_packet(from, selection, event(from, None, name, args));
}

/// Sends a packet to the sockets that `selection` matches, in the namespace of `from`.
pub(in crate::reference) fn broadcast_packet(
    from: &Arc<Socket>,
    selection: &Selection,
    packet: Packet,
) {
    deliver(from, selection, packet, |_| {});
}

/// Sends a question to the sockets that `selection` matches. All of them get the same
/// acknowledgement id, as in the JavaScript server.
pub(in crate::reference) fn ask(
    from: &Arc<Socket>,
    selection: &Selection,
    name: &str,
    args: Vec<Data>,
) -> AskedClients {
    let id = from.faults().choose_id(|| from.namespace().next_question());
    let mut waiting = Vec::new();
    deliver(
        from,
        selection,
        event(from, Some(id), name, args),
        |socket| {
            waiting.push((Arc::clone(socket), socket.ask(id)));
        },
    );
    AskedClients { id, waiting }
}

fn event(from: &Socket, id: Option<AckId>, name: &str, args: Vec<Data>) -> Packet {
    Packet::Event {
        namespace: from.namespace().name().to_owned(),
        id,
        name: name.to_owned(),
        args,
    }
}

/// Encodes the packet once and puts it into the queue of every recipient.
///
/// The rooms stay locked until the packet is in all queues. So a socket that leaves a room after
/// this call gets the packet, and a socket that left before does not.
fn deliver(
    from: &Arc<Socket>,
    selection: &Selection,
    mut packet: Packet,
    mut before: impl FnMut(&Arc<Socket>),
) {
    let recovery = from.namespace().recovery();
    let missable =
        recovery.and_then(|recovery| recovery.add_offset(selection, &mut packet, from.faults()));
    let sent = from.faults().alter_content_sent(selection, &packet);
    let outbound = encode_packet(&sent, &from.session().server);
    let outbound = from.faults().alter_sent_messages(selection, outbound);
    let rooms = from.namespace().rooms();
    if let Some(recovery) = recovery {
        recovery.keep_event(missable, from.faults());
    }
    let recipients = from.faults().choose_recipients(from, &rooms, selection);
    let mut overflowed = Vec::new();
    for socket in &recipients {
        before(socket);
        let queued = from
            .faults()
            .choose_messages(socket, &recipients, &outbound);
        match socket.push(queued, selection.delivery) {
            Sent::Overflow => overflowed.push(socket),
            Sent::Dropped => socket.faults().lose_next(socket, selection),
            Sent::Queued => {}
        }
    }
    // The lock on the rooms is released first: closing a session takes its sockets out of their
    // rooms, which needs the same lock.
    drop(rooms);
    for socket in overflowed {
        socket.session().close(Ending::QueueOverflow);
    }
    from.faults()
        .leak_after_delivery(from, selection, &packet, &outbound, &recipients);
}
