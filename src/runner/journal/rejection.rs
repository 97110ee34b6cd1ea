//! Which requests the server rejected, so that the event of a `deliver` step can't come.

use std::sync::Arc;

use futures_util::future::select_all;

use super::requests::{Author, Fate, Rejected, SentRequest};
use crate::{
    client::{Entry, What},
    runner::{
        clients::{Client, Link},
        findings::evidence,
        matching::event_pattern::Sought,
        play::attempt::Attempt,
    },
    targets::causes,
    text::join_names,
    wire::socket_io::Packet,
};

/// The limit on connections that a `deliver` step watches for a rejection. With more senders, the step waits for its
/// whole time.
const WATCHED: usize = 16;

/// The limit on rejections that one sentence names.
const NAMED: usize = 3;

/// Why an event did not come: what the server did instead of accepting the requests that cause the event.
#[derive(Debug)]
pub(in crate::runner) struct Rejection {
    /// What the server did, as a clause: "the server refused sender's `send-to-room`".
    pub(in crate::runner) clause: String,
    /// What the senders received: "sender received: 42[…]", one line for each rejection.
    pub(in crate::runner) received: String,
}

/// A request of a client, and what became of it.
struct Judged {
    client: Arc<Client>,
    link: Arc<Link>,
    request: SentRequest,
    fate: Fate,
    /// The length of the journal when the fate was read from it.
    seen: usize,
}

/// What the requests so far say about the awaited event.
enum Outlook {
    /// The server rejected every request that can cause the event.
    Hopeless(Rejection),
    /// One of these connections can still bring a rejection. Each comes with the length of its journal.
    Open(Vec<(Arc<Link>, usize)>),
    /// The event can come until the deadline.
    Possible,
}

/// Returns which requests the server rejected, for a sentence about the event that did not come. Prefers the requests
/// that cause the event.
pub(in crate::runner) fn rejection(attempt: &Attempt<'_>, event: &str) -> Option<Rejection> {
    if reports_refusals(attempt, event) {
        return None;
    }
    let all = judged(attempt, event);
    let causes: Vec<_> = all.iter().filter(|judged| judged.causes(event)).collect();
    // After a `deliver` step, the requests before it explain no later event that they don't cause.
    let since = attempt.notes().delivered;
    let others = all.iter().filter(|judged| judged.request.number >= since);
    clause(&causes).or_else(|| clause(&others.collect::<Vec<_>>()))
}

/// The operation by which a client becomes a member of a room.
const JOIN: &str = "join-room";

/// The operation by which a client leaves a room.
const LEAVE: &str = "leave-room";

/// An operation that sends to the members of a room.
const SEND: &str = "send-to-room";

/// Returns a clause about a message to a room that did not come, if the server acknowledged the client's join, rejected
/// no request, and never sent the client such a message: the client may be no member.
pub(in crate::runner) fn doubt(
    attempt: &Attempt<'_>,
    link: &Link,
    sought: &Sought,
) -> Option<String> {
    if !causes(SEND, &sought.spoken) || rejection(attempt, &sought.spoken).is_some() {
        return None;
    }
    let mut guard = link.state();
    let state = &mut *guard;
    let entries = link.connection.journal().entries();
    let mut received = entries.iter();
    let is_message = |entry: &Entry| matches!(&entry.what, What::Socket(Packet::Event { name, .. }) if *name == sought.event);
    if received.any(is_message) {
        return None;
    }
    state.requests.read(&attempt.target.manifest, &entries);
    let fates = state.requests.fates(&state.received);
    let has_joined = fates.into_iter().any(|(request, fate)| {
        let event = request.event.as_ref();
        event.is_some_and(|event| event.spoken == JOIN) && fate == Fate::Accepted
    });
    has_joined.then(|| format!(", although the server acknowledged its `{JOIN}`"))
}

/// Returns a clause about a message to a room that came to a client, if the server acknowledged that the client left a
/// room, and the client joined none after that.
pub(in crate::runner) fn departure(
    attempt: &Attempt<'_>,
    link: &Link,
    sought: &Sought,
) -> Option<String> {
    if !causes(SEND, &sought.spoken) {
        return None;
    }
    let mut guard = link.state();
    let state = &mut *guard;
    let entries = link.connection.journal().entries();
    state.requests.read(&attempt.target.manifest, &entries);
    let fates = state.requests.fates(&state.received);
    let accepted = fates
        .into_iter()
        .filter(|(_, fate)| *fate == Fate::Accepted);
    let names = accepted
        .filter_map(|(request, _)| request.event.as_ref().map(|event| event.spoken.as_str()));
    let last = names.rev().find(|name| [JOIN, LEAVE].contains(name));
    (last == Some(LEAVE)).then(|| format!(", although the server acknowledged its `{LEAVE}`"))
}

/// Waits until the server has rejected every request that can cause the event.
///
/// Never returns if the event can still come.
pub(in crate::runner) async fn all_rejected(attempt: &Attempt<'_>, event: &str) -> Rejection {
    loop {
        match outlook(attempt, event) {
            Outlook::Hopeless(rejection) => return rejection,
            Outlook::Open(links) => {
                let growths = links
                    .iter()
                    .map(|(link, length)| Box::pin(link.connection.journal().longer_than(*length)));
                select_all(growths).await;
            }
            Outlook::Possible => return std::future::pending().await,
        }
    }
}

/// Returns the only client whose request can have caused the event, or else the client with the last request. `None`
/// if several clients can have caused the event.
pub(in crate::runner) fn only_sender(attempt: &Attempt<'_>, event: &str) -> Option<Arc<Client>> {
    let all = judged(attempt, event);
    let mut causes = all.iter().filter(|judged| judged.causes(event));
    let Some(first) = causes.next() else {
        let last = last(attempt, &all).filter(|last| last.request.event.is_some());
        return last.map(|last| Arc::clone(&last.client));
    };
    causes
        .all(|other| Arc::ptr_eq(&other.client, &first.client))
        .then(|| Arc::clone(&first.client))
}

/// Records that the event was delivered: the oldest request that can have caused it needs no further delivery.
pub(in crate::runner) fn note_delivery(attempt: &Attempt<'_>, event: &str) {
    let all = judged(attempt, event);
    let mut causes = all
        .iter()
        .filter(|judged| judged.causes(event) && !matches!(judged.fate, Fate::Rejected(_)));
    if let Some(cause) = causes.next() {
        cause.link.state().requests.forget(cause.request.number);
    }
    let mut notes = attempt.notes();
    notes.delivered = notes.requests;
}

fn outlook(attempt: &Attempt<'_>, event: &str) -> Outlook {
    if reports_refusals(attempt, event) {
        return Outlook::Possible;
    }
    let all = judged(attempt, event);
    let mut decisive: Vec<_> = all.iter().filter(|judged| judged.causes(event)).collect();
    if decisive.is_empty() {
        decisive.extend(last(attempt, &all));
    }
    // The content of a packet that the scenario wrote by hand is unknown: it may cause the event.
    let unknown = |judged: &&Judged| {
        judged.request.event.is_none() && judged.request.number >= attempt.notes().delivered
    };
    decisive.extend(all.iter().filter(unknown));
    let open: Vec<_> = decisive
        .iter()
        .filter(|judged| !judged.fate.is_surely_rejected())
        .map(|judged| (Arc::clone(&judged.link), judged.seen))
        .collect();
    let may_be_accepted = decisive
        .iter()
        .any(|judged| matches!(judged.fate, Fate::Accepted));
    match clause(&decisive) {
        _ if may_be_accepted || open.len() > WATCHED => Outlook::Possible,
        Some(rejection) if open.is_empty() => Outlook::Hopeless(rejection),
        _ if decisive.is_empty() => Outlook::Possible,
        _ => Outlook::Open(open),
    }
}

/// Returns true if the event is the target's report of a refusal: a refusal is then what the scenario awaits.
fn reports_refusals(attempt: &Attempt<'_>, event: &str) -> bool {
    attempt.target.manifest.dialect.errors.event() == Some(event)
}

/// Returns the requests that the clients have sent, in the order of the steps, and what became of them. Leaves out
/// refusals that a step expected.
fn judged(attempt: &Attempt<'_>, event: &str) -> Vec<Judged> {
    let mut all = Vec::new();
    for client in attempt.declared.all() {
        for link in client.links() {
            let mut guard = link.state();
            let state = &mut *guard;
            if state.requests.is_empty() {
                continue;
            }
            let seen = {
                let entries = link.connection.journal().entries();
                state.requests.read(&attempt.target.manifest, &entries);
                entries.len()
            };
            let fates = state.requests.fates(&state.received);
            for (request, fate) in fates {
                // A request such as `kick-me` causes its event by the end of the connection.
                let ends = matches!(
                    &fate,
                    Fate::Rejected(answer)
                        if matches!(answer.how, Rejected::Disconnected(_) | Rejected::Ended)
                );
                let fate = match fate {
                    Fate::RefusedAsExpected => continue,
                    Fate::Rejected(_) if ends && event == MEMBER_LEFT => Fate::Open,
                    fate => fate,
                };
                all.push(Judged {
                    client: Arc::clone(client),
                    link: Arc::clone(&link),
                    request: request.clone(),
                    fate,
                    seen,
                });
            }
        }
    }
    all.sort_by_key(|judged| judged.request.number);
    all
}

/// The event that the application sends because a connection ended.
const MEMBER_LEFT: &str = "member-left";

/// Returns the last request, unless a later step did something else that can cause an event, such as a CONNECT.
fn last<'j>(attempt: &Attempt<'_>, all: &'j [Judged]) -> Option<&'j Judged> {
    let other = attempt.notes().other_cause;
    all.last().filter(|last| last.request.number >= other)
}

impl Judged {
    /// Returns true if the request causes the event by the contract.
    fn causes(&self, event: &str) -> bool {
        let request = self.request.event.as_ref();
        request.is_some_and(|request| causes(&request.spoken, event))
    }
}

/// Returns the rejections among these requests as one clause, with what the clients received. `None` if the server
/// rejected none of them.
fn clause(requests: &[&Judged]) -> Option<Rejection> {
    let mut clauses: Vec<String> = Vec::new();
    let mut received: Vec<String> = Vec::new();
    for judged in requests {
        let Fate::Rejected(answer) = &judged.fate else {
            continue;
        };
        let name = &judged.client.spec.name;
        let clause = match &answer.how {
            Rejected::Refused => format!("the server refused {}", judged.describe()),
            Rejected::OneOf(events) => format!(
                "the server refused one of {name}'s requests {}",
                join_names(events.iter().map(|event| format!("`{event}`")))
            ),
            Rejected::Disconnected(namespace) => {
                format!("the server disconnected {name} from {namespace}")
            }
            Rejected::Ended => format!("the server ended {name}'s connection"),
        };
        if !clauses.contains(&clause) {
            clauses.push(clause);
            let answer = evidence::came_at(&judged.link, answer.index);
            received.push(format!("{name} received: {answer}"));
        }
    }
    if clauses.is_empty() {
        return None;
    }
    let more = clauses.len().saturating_sub(NAMED);
    clauses.truncate(NAMED);
    received.truncate(NAMED);
    if more > 0 {
        clauses.push(format!("{more} more requests"));
    }
    Some(Rejection {
        clause: join_names(clauses),
        received: received.join("\n"),
    })
}

impl Judged {
    /// Returns the request inside a sentence: "sender's `send-to-room`".
    fn describe(&self) -> String {
        let name = &self.client.spec.name;
        match (&self.request.event, self.request.author) {
            (Some(event), Author::Runner) => format!("{name}'s `{}`", event.spoken),
            (Some(event), Author::Scenario) => {
                format!(
                    "{name}'s `{}`, a packet that the scenario writes by hand",
                    event.spoken
                )
            }
            (None, _) => format!("a packet of {name} that the scenario writes by hand"),
        }
    }
}
