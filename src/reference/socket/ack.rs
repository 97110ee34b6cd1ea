//! Acknowledgements in both directions (Socket.IO v5, "Acknowledgement").

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::oneshot;

use super::Socket;
use crate::{
    data::Data,
    wire::socket_io::{AckId, Packet},
};

/// A client's request to acknowledge an event. It is answered once.
#[derive(Debug)]
pub(in crate::reference) struct Ack {
    socket: Arc<Socket>,
    id: AckId,
    answered: AtomicBool,
}

/// The values with which a client acknowledges an event of the server.
pub(in crate::reference) type Answer = Vec<Data>;

/// The questions of the server that a client has not answered.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<HashMap<AckId, oneshot::Sender<Answer>>>);

impl Ack {
    /// Returns the request `id` of the client of `socket`.
    pub(in crate::reference) fn new(socket: Arc<Socket>, id: AckId) -> Self {
        Self {
            socket,
            id,
            answered: AtomicBool::new(false),
        }
    }

    /// Returns the id that the client gave.
    pub(in crate::reference) fn id(&self) -> AckId {
        self.id
    }

    /// Sends the acknowledgement. Further calls have no effect.
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

impl Questions {
    /// Adds a question; the receiver gets its answer.
    pub(super) fn ask(&self, id: AckId) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(id, sender);
        receiver
    }

    /// Resolves a question with its answer. An answer without a question is ignored.
    pub(super) fn answer(&self, id: AckId, answer: Answer) {
        let sender = self.lock().remove(&id);
        if let Some(sender) = sender {
            // The receiver may be gone, because the question has timed out.
            let _ = sender.send(answer);
        }
    }

    /// Removes a question, so that a late answer is ignored.
    pub(super) fn withdraw(&self, id: AckId) {
        self.lock().remove(&id);
    }

    /// Returns the ids of the open questions, oldest first.
    pub(super) fn waiting(&self) -> Vec<AckId> {
        let mut ids: Vec<_> = self.lock().keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AckId, oneshot::Sender<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
