//! Faults that handle packets for a namespace that the client has not joined. Each does so only
//! over one transport, in one encoding or for one kind of packet.

use std::sync::{Arc, Weak};

use super::{scratch::ScratchKey, topic::faults};
use crate::{
    data::Data,
    reference::{
        FaultSet, Parser,
        engine::{Session, TransportKind},
        socket::{Membership, Peer, Socket, User},
    },
    wire::socket_io::Packet,
};

faults!(GateFault {
    AnswerOfGone = "answer-after-leaving-counts": "After a client has left a namespace, the server still accepts the client's acknowledgement of an earlier event from there.";
    BytesAnswerOfGone = "bytes-answer-after-leaving-counts": "After a client has left a namespace, the server still accepts the client's acknowledgement of an earlier event from there if it contains bytes.";
    OutsiderAfterUpgrade = "outsider-handled-after-upgrade": "After an upgrade to WebSocket, the server handles events for namespaces that the client has not joined.";
    OutsiderByPolling = "outsider-handled-by-polling": "Over long-polling, the server handles events for namespaces that the client has not joined.";
    OutsiderBytes = "outsider-bytes-handled": "The server handles an event for a namespace that the client has not joined if the event contains bytes.";
    OutsiderInMsgpack = "outsider-handled-in-msgpack": "With the msgpack parser, the server handles events for namespaces that the client has not joined.";
    OutsiderRequest = "outsider-request-handled": "The server handles an event for a namespace that the client has not joined if the event asks for an acknowledgement.";
});

/// The key under which a fault remembers the socket with which the session `sid` last left
/// `namespace`.
#[derive(Eq, Hash, PartialEq)]
struct LeftSocket {
    sid: Box<str>,
    namespace: Box<str>,
}

impl ScratchKey for LeftSocket {
    type Note = Weak<Socket>;
}

/// The key under which the fault `outsider-handled-after-upgrade` remembers that the session with
/// this id has upgraded to WebSocket.
#[derive(Eq, Hash, PartialEq)]
struct HasUpgraded(Box<str>);

impl ScratchKey for HasUpgraded {
    type Note = ();
}

impl FaultSet {
    /// Records the socket that leaves, for the faults that accept acknowledgements of clients that
    /// have left.
    pub(super) fn note_left_socket(&self, socket: &Socket) {
        if !self.has(GateFault::AnswerOfGone) && !self.has(GateFault::BytesAnswerOfGone) {
            return;
        }
        let session = socket.session();
        let name = socket.namespace().name();
        let membership = Peer::of(session).and_then(|peer| peer.membership(name));
        if let Some(Membership::Joined(joined)) = membership {
            let key = left_key(session, name);
            session.server.scratch.replace(key, Arc::downgrade(&joined));
        }
    }

    /// Records that the session has upgraded, for the fault `outsider-handled-after-upgrade`.
    pub(super) fn note_upgraded(&self, session: &Session) {
        if self.has(GateFault::OutsiderAfterUpgrade) {
            let key = HasUpgraded(session.sid.clone());
            session.server.scratch.replace(key, ());
        }
    }
}

/// Returns true if the packet acknowledges an event of the server to a client that has left the
/// namespace since, and an active fault makes the server accept such a late acknowledgement.
pub(super) fn takes_answer_of_gone(session: &Session, packet: &Packet) -> bool {
    let Packet::Ack {
        namespace,
        id,
        args,
    } = packet
    else {
        return false;
    };
    let faults = session.faults();
    let takes = faults.has(GateFault::AnswerOfGone)
        || (faults.has(GateFault::BytesAnswerOfGone) && args.iter().any(Data::has_bytes));
    if !takes {
        return false;
    }
    let left = session.server.scratch.last(&left_key(session, namespace));
    let socket = left.as_ref().and_then(Weak::upgrade);
    if let Some(socket) = &socket {
        socket.resolve(*id, args.clone());
    }
    socket.is_some()
}

/// Returns the socket that handles an event for a namespace that the client has not joined. `None`
/// if no active fault handles such an event.
pub(super) fn admit_outsider(
    session: &Arc<Session>,
    peer: &Peer,
    packet: &Packet,
) -> Option<Arc<Socket>> {
    let Packet::Event {
        namespace,
        id,
        args,
        ..
    } = packet
    else {
        return None;
    };
    let faults = session.faults();
    let upgraded = HasUpgraded(session.sid.clone());
    let polls = session.transport() == TransportKind::Polling;
    let admitted = (faults.has(GateFault::OutsiderBytes) && args.iter().any(Data::has_bytes))
        || (faults.has(GateFault::OutsiderByPolling) && polls)
        || (faults.has(GateFault::OutsiderRequest) && id.is_some())
        || (faults.has(GateFault::OutsiderInMsgpack)
            && session.server.config.parser == Parser::Msgpack)
        || session.server.scratch.count(&upgraded) > 0;
    if !admitted {
        return None;
    }
    let namespace = peer.namespaces().find(namespace, faults)?;
    Some(Socket::new(session, &namespace, User::default()))
}

fn left_key(session: &Session, namespace: &str) -> LeftSocket {
    LeftSocket {
        sid: session.sid.clone(),
        namespace: namespace.into(),
    }
}
