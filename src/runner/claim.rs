//! Claims that something never comes.

use std::sync::Arc;

use super::{
    cast::{Client, Link},
    sought::Sought,
};
use crate::{
    scenario::{FramePattern, Level, Span},
    wire::socket_io::AckId,
};

/// One claim, held to the end of the scenario.
#[derive(Debug)]
pub(super) struct Silence {
    /// Who must not receive it.
    pub(super) client: Arc<Client>,
    /// What.
    pub(super) never: Never,
    /// The step that claims it.
    pub(super) span: Span,
    /// The step's own level.
    pub(super) level: Option<Level>,
}

/// What must not come.
#[derive(Debug)]
pub(super) enum Never {
    /// An ack of this id.
    Ack {
        /// On which connection.
        link: Arc<Link>,
        /// The namespace of the question.
        namespace: String,
        /// The id of the question.
        id: AckId,
        /// How many are right: those that a step has seen.
        allowed: usize,
    },
    /// An unclaimed event like this.
    Event {
        /// The event.
        sought: Sought,
        /// What it means if it comes, with the client's name in front: "receives it although …".
        meaning: &'static str,
    },
    /// A frame like this, from this entry on.
    Frame {
        /// On which connection.
        link: Arc<Link>,
        /// The first entry that counts.
        from: usize,
        /// What it looks like.
        pattern: FramePattern,
    },
    /// Any packet beyond the heartbeat and the close packet, from this entry on.
    Packet {
        /// On which connection.
        link: Arc<Link>,
        /// The first entry that counts.
        from: usize,
    },
    /// An unclaimed report of a refusal.
    Refusal,
}
