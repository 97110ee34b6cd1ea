//! Waiting that ends at once when the server sends illegal data. Such a server fails the scenario in any case, and the
//! illegal data explains the failure better than a timeout.

use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::{Waited, find_waiting, wait_in};
use crate::{
    client::{Ended, EndedHow, Entry, Layer, What},
    runner::{
        clients::{Client, Link},
        findings::StepResult,
        journal::received::Sort,
        judgement::invariants,
        play::attempt::Attempt,
    },
    wire::{engine_io::PacketType, socket_io::Packet},
};

/// The first entry that ends a wait.
enum Seen<T> {
    /// An entry for which `pick` returned a value.
    Picked(T),
    /// The index of an entry that may be illegal.
    Suspect(usize),
    /// The close packet with which the server ended the session.
    Closed,
}

/// Waits as [`wait_in`] does. On a connection that speaks Socket.IO, also ends at the server's close packet, although
/// the server may keep the stream open after it.
///
/// # Errors
///
/// Returns the breach if the server has sent, or sends meanwhile, data that its protocol forbids, or an acknowledgement
/// with an id that the client has not used.
pub(in crate::runner) async fn wait_lawfully<T>(
    attempt: &Attempt<'_>,
    (client, link): (&Client, &Link),
    from: usize,
    deadline: Instant,
    mut pick: impl FnMut(usize, &Entry) -> Option<T> + Send,
) -> StepResult<Waited<T>> {
    let journal = link.connection.journal();
    let mut from = from;
    loop {
        let mut lawful = link.lawful.load(Ordering::Relaxed);
        let start = from.min(lawful);
        let waited = wait_in(journal, start, deadline, |index, entry| {
            if index >= from
                && let Some(found) = pick(index, entry)
            {
                return Some(Seen::Picked(found));
            }
            if index >= lawful {
                // `lawful` does not move past this packet, so that later waits find it too.
                if closes_session(link, entry) {
                    return Some(Seen::Closed);
                }
                if is_suspect(link, entry) {
                    return Some(Seen::Suspect(index));
                }
                lawful = index + 1;
            }
            None
        })
        .await;
        link.lawful.fetch_max(lawful, Ordering::Relaxed);
        let index = match waited {
            Waited::Found(Seen::Picked(found)) => return Ok(Waited::Found(found)),
            Waited::Found(Seen::Suspect(index)) => index,
            Waited::Found(Seen::Closed) => return Ok(Waited::Ended(closed_by_packet())),
            Waited::Ended(ended) => return Ok(Waited::Ended(ended)),
            Waited::TimedOut => return Ok(Waited::TimedOut),
        };
        if let Some(finding) = invariants::illegal_at(attempt, client, link, index) {
            return Err(finding.breach());
        }
        link.lawful.fetch_max(index + 1, Ordering::Relaxed);
        from = from.max(index + 1);
    }
}

/// Waits until `pick` returns a value for a journal entry. Passes to `pick` the entries of one kind, from index `from`
/// on, that no step has claimed or answered, and then all entries that come later.
///
/// # Errors
///
/// Returns the breach if the server has sent or sends illegal data, as [`wait_lawfully`] does.
pub(in crate::runner) async fn wait_for<T>(
    attempt: &Attempt<'_>,
    at: (&Client, &Link),
    sort: Sort<'_>,
    from: usize,
    deadline: Instant,
    mut pick: impl FnMut(usize, &Entry) -> Option<T> + Send,
) -> StepResult<Waited<T>> {
    match find_waiting(at.1, sort, from, &mut pick) {
        Ok(waited) => Ok(waited),
        Err(next) => wait_lawfully(attempt, at, next, deadline, pick).await,
    }
}

/// Returns true if an entry is the close packet with which the server ends a session (Engine.IO v4, "close").
fn closes_session(link: &Link, entry: &Entry) -> bool {
    link.layer == Layer::SocketIo
        && matches!(&entry.what, What::Packet(packet) if packet.kind == PacketType::Close)
}

/// Returns the end of a connection whose server has sent a close packet.
fn closed_by_packet() -> Ended {
    Ended {
        how: EndedHow::ClosePacket,
        code: None,
        reason: String::new(),
        by_us: false,
        kept_open: false,
    }
}

/// Returns true if an entry may be illegal. Looks only at the entry and at the number of ids that the client has used,
/// because the journal is locked.
fn is_suspect(link: &Link, entry: &Entry) -> bool {
    match &entry.what {
        What::Illegal { .. } => true,
        What::Socket(Packet::Ack { id, .. }) => {
            link.layer == Layer::SocketIo && !link.has_allotted(*id)
        }
        What::Bytes(_)
        | What::Ended(_)
        | What::Frame(_)
        | What::Http(_)
        | What::Message(_)
        | What::Oversize(_)
        | What::Packet(_)
        | What::Sent(_)
        | What::Socket(
            Packet::Connect { .. }
            | Packet::ConnectError { .. }
            | Packet::Disconnect { .. }
            | Packet::Event { .. },
        ) => false,
    }
}
