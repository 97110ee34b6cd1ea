//! Claims that something does not come.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    cast::{Client, Link},
    failure_kind::FailureKind,
    sought::Sought,
};
use crate::{
    scenario::{ClientName, FramePattern, Level, Span},
    wire::socket_io::AckId,
};

/// A claim that something does not come, valid until the end of the scenario.
#[derive(Debug)]
pub(super) struct Silence {
    /// The client that must not receive it.
    pub(super) client: Arc<Client>,
    /// What must not come.
    pub(super) never: Never,
    /// The step that makes the claim.
    pub(super) span: Span,
    /// The step's own level.
    pub(super) level: Option<Level>,
    /// How long the runner has to watch. `None` if the step has no `within`: then the settle time is enough.
    pub(super) watch: Option<Watch>,
}

/// The time for which a step with `within` watches.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Watch {
    /// The end of the time.
    pub(super) until: Instant,
    /// The length of the time, counted from the start of the step.
    pub(super) length: Duration,
}

/// What must not come.
#[derive(Debug)]
pub(super) enum Never {
    /// An acknowledgement of one request, beyond the allowed number.
    Ack {
        /// The connection.
        link: Arc<Link>,
        /// The request.
        request: Request,
        /// The number of acknowledgements that are right.
        allowed: usize,
    },
    /// An event like this that no step has claimed.
    Event {
        /// The event.
        sought: Sought,
        /// Why it must not come.
        reason: Unwanted,
    },
    /// A frame like this, from this entry on.
    Frame {
        /// The connection.
        link: Arc<Link>,
        /// The first entry that counts.
        from: usize,
        /// What the frame looks like.
        pattern: FramePattern,
    },
    /// Any packet beyond the heartbeat and the close packet, from this entry on.
    Packet {
        /// The connection.
        link: Arc<Link>,
        /// The first entry that counts.
        from: usize,
    },
    /// A report of a refusal that no step has claimed.
    Refusal,
}

/// An event that asks for an acknowledgement.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Its name on the wire.
    pub(super) event: String,
    /// Its namespace.
    pub(super) namespace: String,
    /// Its id.
    pub(super) id: AckId,
}

/// Why an event must not reach a client.
#[derive(Clone, Debug)]
pub(super) enum Unwanted {
    /// The scenario says so.
    Forbidden,
    /// Other clients have to receive it; their names.
    NotAReceiver(Vec<ClientName>),
    /// The client sent it, and only other clients have to receive it; their names.
    Own(Vec<ClientName>),
    /// The client has received it as often as it has to.
    Repeated {
        /// How often it has to come.
        count: usize,
    },
}

impl Unwanted {
    /// Returns the kind of failure if the event comes.
    pub(super) fn kind(&self) -> FailureKind {
        match self {
            Self::Forbidden | Self::NotAReceiver(_) | Self::Own(_) => {
                FailureKind::DeliveredToOutsider
            }
            Self::Repeated { .. } => FailureKind::DeliveredTwice,
        }
    }

    /// Returns the sentence for a client that received the event.
    pub(super) fn sentence(&self, name: &ClientName, sought: &Sought) -> String {
        let event = sought.name();
        match self {
            Self::Forbidden => format!("{name} received {event}; it must not receive it."),
            Self::NotAReceiver(receivers) => {
                format!("{name} received {event}; {}.", only(receivers))
            }
            Self::Own(receivers) => {
                format!("{name} received its own {event}; {}.", only(receivers))
            }
            Self::Repeated { count: 1 } => {
                format!("{name} received {event} twice; it has to come once.")
            }
            Self::Repeated { count } => {
                format!(
                    "{name} received {event} more than {count} times; it has to come {count} times."
                )
            }
        }
    }
}

/// Says who may receive an event.
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
