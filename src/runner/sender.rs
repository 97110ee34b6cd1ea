//! The client whose event causes a delivery, and the server's answer to that client.

use std::sync::Arc;

use super::{
    clients::{Client, Link},
    evidence, refusal_reports,
};
use crate::{
    client::{Entry, What},
    scenario::ClientName,
    targets::Manifest,
    wire::socket_io::{AckId, Packet},
};

/// An event that a step sent.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// The client that sent the event.
    pub(super) client: Arc<Client>,
    /// The connection that carried the event.
    pub(super) link: Arc<Link>,
    /// The index of the first journal entry that can hold the server's answer to the event.
    pub(super) from: usize,
    /// The name of the event in the scenario.
    pub(super) event: String,
    /// The namespace of the event.
    pub(super) namespace: String,
    /// The ack id, if the event asks for an acknowledgement.
    pub(super) id: Option<AckId>,
}

/// The server's answer to an event that it did not accept.
#[derive(Debug)]
pub(super) struct Rejection {
    /// What the server did, as a clause: "the server refused sender's `send-to-room`".
    pub(super) clause: String,
    /// The name of the client that sent the rejected event.
    pub(super) sender: ClientName,
    /// What the sender of the event received as the server's answer.
    pub(super) received: String,
}

impl Sender {
    /// Returns the server's rejection so far; `None` if the server accepted the event or has not answered.
    pub(super) fn rejection(&self, manifest: &Manifest) -> Option<Rejection> {
        let entries = self.link.connection.journal().entries();
        let mut answers = entries.iter().skip(self.from);
        answers.find_map(|entry| self.answer(manifest, entry))?
    }

    /// Returns the server's answer that an entry holds: `Some(Some(…))` if the server rejects the event, `Some(None)`
    /// if the server accepts it, `None` if the entry is no answer.
    fn answer(&self, manifest: &Manifest, entry: &Entry) -> Option<Option<Rejection>> {
        let name = &self.client.spec.name;
        let event = &self.event;
        let rejected = |clause: String| {
            Some(Some(Rejection {
                clause,
                sender: name.clone(),
                received: evidence::line(entry),
            }))
        };
        let refused = || rejected(format!("the server refused {name}'s `{event}`"));
        match &entry.what {
            What::Socket(Packet::Ack {
                namespace,
                id,
                args,
            }) if *namespace == self.namespace && Some(*id) == self.id => {
                match manifest.dialect.refusal_in_ack(args) {
                    Some(_) => refused(),
                    None => Some(None),
                }
            }
            What::Socket(Packet::Disconnect { namespace }) if *namespace == self.namespace => {
                rejected(format!("the server disconnected {name} from {namespace}"))
            }
            What::Ended(ended) if !ended.by_us => {
                rejected(format!("the server ended {name}'s connection"))
            }
            _ if refusal_reports::in_event(manifest, entry).is_some() => refused(),
            _ => None,
        }
    }

    /// Waits until the server has rejected the event. Never returns if the server accepts the event.
    pub(super) async fn rejected(&self, manifest: &Manifest) -> Rejection {
        let journal = self.link.connection.journal();
        let mut from = self.from;
        loop {
            let (answer, seen) = {
                let entries = journal.entries();
                let mut new = entries.iter().skip(from);
                let answer = new.find_map(|entry| self.answer(manifest, entry));
                (answer, entries.len())
            };
            match answer {
                Some(Some(rejection)) => return rejection,
                Some(None) => return std::future::pending().await,
                None => {}
            }
            from = seen;
            journal.longer_than(seen).await;
        }
    }
}
