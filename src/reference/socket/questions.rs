//! The events of the server that a client has to acknowledge (Socket.IO v5, "Acknowledgement").

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::{data::Data, wire::socket_io::AckId};

/// The values with which a client acknowledges an event of the server.
pub(in crate::reference) type Answer = Vec<Data>;

/// The questions of the server (events that it asks a client to acknowledge) that the client has
/// not answered.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<HashMap<AckId, oneshot::Sender<Answer>>>);

impl Questions {
    /// Adds a question with this acknowledgement id. The receiver gets the client's answer.
    pub(super) fn ask(&self, id: AckId) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(id, sender);
        receiver
    }

    /// Resolves the question with this id with the client's answer. Ignores the answer if there is
    /// no such question.
    pub(super) fn answer(&self, id: AckId, answer: Answer) {
        let sender = self.lock().remove(&id);
        if let Some(sender) = sender {
            // If the question has timed out, nobody waits for the answer any more.
            let _ = sender.send(answer);
        }
    }

    /// Removes the question with this id, so that a late answer is ignored.
    pub(super) fn withdraw(&self, id: AckId) {
        self.lock().remove(&id);
    }

    /// Returns the ids of the questions that the client has not answered, oldest first.
    pub(super) fn waiting(&self) -> Vec<AckId> {
        let mut ids: Vec<_> = self.lock().keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AckId, oneshot::Sender<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
