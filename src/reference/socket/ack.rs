//! Acknowledgements of the server for events of clients (Socket.IO v5, "Acknowledgement").

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::Socket;
use crate::{
    data::Data,
    wire::socket_io::{AckId, Packet},
};

/// A client's request to acknowledge an event. The server answers each request once.
#[derive(Debug)]
pub(in crate::reference) struct Ack {
    socket: Arc<Socket>,
    id: AckId,
    answered: AtomicBool,
}

impl Ack {
    /// Returns the request with the acknowledgement id `id`, made by the client of `socket`.
    pub(in crate::reference) fn new(socket: Arc<Socket>, id: AckId) -> Self {
        Self {
            socket,
            id,
            answered: AtomicBool::new(false),
        }
    }

    /// Returns the acknowledgement id that the client has given its event.
    pub(in crate::reference) fn id(&self) -> AckId {
        self.id
    }

    /// Sends the acknowledgement to the client. Further calls on the same request have no effect.
    pub(in crate::reference) fn send(&self, args: Vec<Data>) {
        let again = self.answered.swap(true, Ordering::AcqRel);
        if again && !self.socket.faults().allows_second_ack() {
            return;
        }
        let packet = Packet::Ack {
            namespace: self.socket.namespace().name().to_owned(),
            id: self.id,
            args,
        };
        self.socket.faults().send_ack(&self.socket, packet);
    }
}
