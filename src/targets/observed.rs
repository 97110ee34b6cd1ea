//! What a probe sees of a server that is no capability: how the server treats clients that present no login, and how
//! much it accepts.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{rules::Rule, unanswered::Unanswered};
use crate::wire::websocket::CloseReason;

/// What a probe sees of a server that is no capability. Empty for a server that was not probed.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Why no client can connect: the server answers the handshake of a client that presents no login with this error.
    /// `None` if a client can connect.
    pub refuses_strangers: Option<String>,
    /// Whether the server speaks only revision 3 of Engine.IO, as Socket.IO 1 and 2 do.
    pub is_revision_3_only: bool,
    /// How a plain WebSocket endpoint closes clients that do not log in.
    pub closes_strangers: Vec<StrangerClose>,
    /// The time after which the server ended an Engine.IO session that joined no namespace; `None` if the probe saw no
    /// such end.
    pub connect_timeout: Option<Duration>,
    /// The events that the server sends to every client, and that the manifest of the target does not list.
    pub unlisted_greetings: Vec<String>,
    /// The number of clients that the server accepts at the same time; `None` if the probe found no limit.
    pub clients_at_once: Option<usize>,
    /// The size in bytes of the largest message that a plain WebSocket endpoint returned, although larger messages were
    /// sent; `None` if the probe found no limit.
    pub largest_message: Option<u64>,
    /// The kinds of requests that the server never answers.
    pub unanswered: BTreeSet<Unanswered>,
    /// The rules of the application that the probe saw, and what it saw of each.
    pub rules: BTreeMap<Rule, String>,
}

/// The clients of a probe that a plain WebSocket endpoint closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strangers {
    /// Clients that sent nothing, and perhaps also the one that sent a text.
    Silent,
    /// Only the client that sent a text.
    Speaker,
}

/// How a plain WebSocket endpoint closed a client that did not log in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StrangerClose {
    /// The code and the reason in the close frame.
    pub close: CloseReason,
    /// The time between the handshake and the close frame.
    pub after: Duration,
    /// Which clients the server closed in this way.
    pub of: Strangers,
}

impl StrangerClose {
    /// The time up to which a client counts as closed at once: before a scenario can send anything of use.
    const AT_ONCE: Duration = Duration::from_millis(150);

    /// Returns true if the server closes a client at once.
    pub fn is_at_once(&self) -> bool {
        self.after <= Self::AT_ONCE
    }
}
