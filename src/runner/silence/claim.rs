//! Claims of silence: that a client does not receive something.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    client::{Entry, What},
    data::Data,
    runner::{
        clients::{Client, Link},
        findings::failure_kind::FailureKind,
        matching::event_pattern::Sought,
    },
    scenario::{ClientName, FramePattern, Level, Span},
    text::humanize,
    wire::socket_io::{AckId, Packet},
};

/// A claim that a client does not receive something until the end of the scenario.
#[derive(Debug)]
pub(in crate::runner) struct Silence {
    /// The client that the claim is about.
    pub(in crate::runner) client: Arc<Client>,
    /// The traffic that is forbidden for the client.
    pub(in crate::runner) never: Never,
    /// The step that makes the claim.
    pub(in crate::runner) span: Span,
    /// The level that the step sets, if it differs from the scenario's.
    pub(in crate::runner) level: Option<Level>,
    /// How long the runner watches for forbidden traffic. `None` if the step has no `within`; the runner then watches
    /// for the settle time of the target.
    pub(in crate::runner) watch: Option<Watch>,
}

/// The time for which a step with `within` watches for forbidden traffic.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::runner) struct Watch {
    /// The time at which the runner stops watching for forbidden traffic.
    pub(in crate::runner) until: Instant,
    /// How long the runner watches for forbidden traffic, counted from the start of the step.
    pub(in crate::runner) length: Duration,
}

/// The traffic that a claim forbids for a client.
#[derive(Debug)]
pub(in crate::runner) enum Never {
    /// More answers to one request than the server may send: acknowledgements, or events with the result.
    Ack {
        /// The connection on which the client sent the request.
        link: Arc<Link>,
        /// The request, which is an event that asks for an acknowledgement.
        request: Request,
        /// The number of answers that the server may send.
        allowed: usize,
        /// The answers that count.
        counted: Counted,
        /// How far the runner has searched the journal of the connection for answers.
        checked: Checked,
    },
    /// An event that matches a pattern and that no step has claimed, that is, received as expected.
    Event {
        /// The pattern of the event that is forbidden.
        sought: Sought,
        /// Why the event is forbidden.
        reason: Unwanted,
    },
    /// A frame that matches a pattern, at or after a position in the journal.
    Frame {
        /// The connection on which the frame is forbidden.
        link: Arc<Link>,
        /// How far the runner has searched the journal of the connection. The claim does not cover entries from before
        /// the step.
        checked: Checked,
        /// The pattern of the frame that is forbidden.
        pattern: FramePattern,
    },
    /// Any packet except heartbeats and the close packet, at or after a position in the journal.
    Packet {
        /// The connection on which the packet is forbidden.
        link: Arc<Link>,
        /// How far the runner has searched the journal of the connection. The claim does not cover entries that earlier
        /// steps have read.
        checked: Checked,
    },
    /// A report that the server refused something, unless a step has received this report as expected.
    Refusal,
}

/// The answers to a request that a claim counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::runner) enum Counted {
    /// All answers.
    All,
    /// The answers that report no failure.
    Successes,
}

/// How far a claim has been checked. Each check starts where the last check of the same claim ended, so that all checks
/// of a claim together read the journal once.
#[derive(Debug, Default)]
pub(in crate::runner) struct Checked {
    /// The index of the first journal entry that was not checked.
    next: AtomicUsize,
    /// The number of answers that the checks so far have found.
    pub(in crate::runner) found: AtomicUsize,
}

impl Checked {
    /// Returns the state of a claim before its first check. The claim covers the entries from index `from` on.
    pub(in crate::runner) fn before(from: usize) -> Self {
        Self {
            next: AtomicUsize::new(from),
            found: AtomicUsize::default(),
        }
    }

    /// Returns the journal entries that no check of this claim has read yet, with their indices, and counts them as
    /// checked.
    pub(super) fn unchecked<'e>(
        &self,
        entries: &'e [Entry],
    ) -> impl Iterator<Item = (usize, &'e Entry)> + use<'e> {
        let next = self.next.swap(entries.len(), Ordering::Relaxed);
        entries.iter().enumerate().skip(next)
    }
}

/// An event that asks for an acknowledgement.
#[derive(Clone, Debug)]
pub(in crate::runner) struct Request {
    /// The event's name in the scenario, which is the contract's name.
    pub(in crate::runner) event: String,
    /// The namespace of the request.
    pub(in crate::runner) namespace: String,
    /// The ack id of the request.
    pub(in crate::runner) id: AckId,
    /// The target's name of the event that brings the result of the request; `None` if the target only acknowledges the
    /// request.
    pub(in crate::runner) replied: Option<String>,
}

impl Request {
    /// Returns the arguments of the acknowledgement if the entry acknowledges this request.
    pub(in crate::runner) fn acknowledgement<'e>(&self, entry: &'e Entry) -> Option<&'e [Data]> {
        match &entry.what {
            What::Socket(Packet::Ack {
                namespace,
                id,
                args,
            }) if *id == self.id && *namespace == self.namespace => Some(args),
            _ => None,
        }
    }

    /// Returns the arguments of the event if the entry is an event that can bring the result of this request.
    pub(in crate::runner) fn result<'e>(&self, entry: &'e Entry) -> Option<&'e [Data]> {
        match &entry.what {
            What::Socket(Packet::Event {
                namespace,
                name,
                args,
                ..
            }) if Some(name) == self.replied.as_ref() && *namespace == self.namespace => Some(args),
            _ => None,
        }
    }
}

/// Why an event is forbidden for a client.
#[derive(Clone, Debug)]
pub(in crate::runner) enum Unwanted {
    /// The scenario forbids the event.
    Forbidden,
    /// Only other clients may receive the event. Holds their names.
    NotAReceiver(Arc<[ClientName]>),
    /// The client sent the event, and only other clients may receive it. Holds their names.
    Own(Arc<[ClientName]>),
    /// The client has already received the event as often as it has to.
    Repeated {
        /// How often the client has to receive the event.
        count: usize,
    },
}

impl Unwanted {
    /// Returns the kind of failure if the client receives the unwanted event.
    pub(in crate::runner) fn kind(&self) -> FailureKind {
        match self {
            Self::Forbidden | Self::NotAReceiver(_) | Self::Own(_) => {
                FailureKind::DeliveredToOutsider
            }
            Self::Repeated { .. } => FailureKind::DeliveredTwice,
        }
    }

    /// Returns the gist of the finding: its sentence without the names and the number of the receivers.
    pub(in crate::runner) fn gist(&self, name: &ClientName, sought: &Sought, left: &str) -> String {
        let event = sought.name();
        match self {
            Self::Forbidden | Self::NotAReceiver(_) => {
                format!("{name} received {event}{left}; it must not receive it.")
            }
            Self::Own(_) => format!("{name} received its own {event}; it must not receive it."),
            Self::Repeated { .. } => format!("{name} received {event} more often than expected."),
        }
    }

    /// Returns the sentence of the finding that a client has received a forbidden event. `extra` is the
    /// number of such events, and `left` a clause about a client that has left the room.
    pub(in crate::runner) fn sentence(
        &self,
        name: &ClientName,
        sought: &Sought,
        extra: usize,
        left: &str,
    ) -> String {
        let event = sought.name();
        match self {
            Self::Forbidden => format!("{name} received {event}{left}; it must not receive it."),
            Self::NotAReceiver(receivers) => {
                format!("{name} received {event}{left}; {}.", only(receivers))
            }
            Self::Own(receivers) => {
                format!("{name} received its own {event}; {}.", only(receivers))
            }
            Self::Repeated { count } => format!(
                "{name} received {event} {}; expected exactly {}.",
                humanize::times(count + extra),
                humanize::times(*count)
            ),
        }
    }
}

/// Returns a clause that says which clients may receive an event.
fn only(receivers: &[ClientName]) -> String {
    match receivers {
        [] => "no client may receive it".to_owned(),
        [only] => format!("only {only} may receive it"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(ToString::to_string).collect();
            format!("only {} and {last} may receive it", first.join(", "))
        }
    }
}
