//! The client whose event should cause a delivery, and what the server sent back to it.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    attempt::Attempt,
    cast::{Client, Link},
    evidence,
    message_packet::sent_packet,
    refusal_reports,
};
use crate::{
    client::{Entry, Outgoing, What},
    scenario::ClientName,
    wire::{
        socket_io::{AckId, Packet},
        websocket::OpCode,
    },
};

/// The event that a client of the scenario sent, if it is the last thing that any client sent.
#[derive(Debug)]
pub(super) struct Sender {
    /// The client that sent the event.
    pub(super) client: Arc<Client>,
    link: Arc<Link>,
    /// The index of the event in the journal.
    index: usize,
    namespace: String,
    id: Option<AckId>,
    /// The name of the event, as it went over the wire.
    event: String,
}

/// What the server did in return for an event, other than accepting it.
#[derive(Debug)]
pub(super) struct Rejection {
    /// What the server did, as a clause: "the server refused sender's `send-to-room`".
    pub(super) clause: String,
    /// The name of the sender.
    pub(super) sender: ClientName,
    /// What the sender received.
    pub(super) received: String,
}

impl Sender {
    /// Returns the event that was sent last; `None` if something else was sent after it, which may be the cause of what
    /// follows.
    pub(super) fn last(attempt: &Attempt<'_>) -> Option<Self> {
        let mut last: Option<(Instant, Option<Self>)> = None;
        for client in attempt.cast.all() {
            for link in client.links() {
                let Some((at, sender)) = last_sent(client, &link) else {
                    continue;
                };
                if last.as_ref().is_none_or(|(latest, _)| *latest <= at) {
                    last = Some((at, sender));
                }
            }
        }
        last?.1
    }

    /// Returns what the server did in return so far; `None` if it accepted the event or has not answered.
    pub(super) fn rejection(&self, attempt: &Attempt<'_>) -> Option<Rejection> {
        let entries = self.link.connection.journal().entries();
        let mut answers = entries.iter().skip(self.index + 1);
        answers.find_map(|entry| self.answer(attempt, entry))?
    }

    /// Returns what an entry answers to the event: `Some(None)` if it accepts it, `None` if it is no answer.
    fn answer(&self, attempt: &Attempt<'_>, entry: &Entry) -> Option<Option<Rejection>> {
        let name = &self.client.spec.name;
        let event = &self.event;
        let manifest = &attempt.target.manifest;
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

    /// Waits until the server has rejected the event; never returns if it accepts it.
    pub(super) async fn rejected(&self, attempt: &Attempt<'_>) -> Rejection {
        let journal = self.link.connection.journal();
        let mut from = self.index + 1;
        loop {
            let (answer, seen) = {
                let entries = journal.entries();
                let mut new = entries.iter().skip(from);
                let answer = new.find_map(|entry| self.answer(attempt, entry));
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

/// Returns when the link last sent something that is not the runner's own, and the event if it was one.
fn last_sent(client: &Arc<Client>, link: &Arc<Link>) -> Option<(Instant, Option<Sender>)> {
    let fences = link.state().fences.clone();
    let entries = link.connection.journal().entries();
    entries.iter().enumerate().rev().find_map(|(index, entry)| {
        let What::Sent(outgoing) = &entry.what else {
            return None;
        };
        if evidence::belongs_to_fence(entry, &fences) || is_background(link, outgoing) {
            return None;
        }
        let sender = match sent_packet(link, outgoing) {
            Some(Packet::Event {
                namespace,
                id,
                name,
                ..
            }) => Some(Sender {
                client: Arc::clone(client),
                link: Arc::clone(link),
                index,
                namespace,
                id,
                event: name,
            }),
            _ => None,
        };
        Some((entry.at, sender))
    })
}

/// Returns true for traffic that goes on beside the steps: the heartbeat, polls, and attachments of an event.
fn is_background(link: &Link, outgoing: &Outgoing) -> bool {
    match outgoing {
        Outgoing::Bytes(_) => false,
        Outgoing::Frame(frame) => match frame.opcode {
            OpCode::Ping | OpCode::Pong => true,
            OpCode::Binary => !link.msgpack,
            OpCode::Close | OpCode::Continuation | OpCode::Reserved(_) | OpCode::Text => false,
        },
        Outgoing::Http { .. } => true,
        Outgoing::Packet(text) => {
            matches!(text.as_str(), "2" | "3") || (text.starts_with('b') && !link.msgpack)
        }
    }
}
