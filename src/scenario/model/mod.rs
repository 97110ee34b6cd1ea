//! What a scenario is once it is loaded: everything resolved that can be resolved without a target.
//!
//! A [`Scenario`] that exists is runnable: its clients, variables, requirement and fault ids were
//! checked. Field names are those of the language, see `docs/language.md`.

mod accepted;
mod events;
mod http;
mod raw;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

pub use self::{accepted::Accepted, events::*, http::*, raw::*};
use super::{SourceFile, Span, Template};

/// How binding the source of a requirement is (RFC 2119).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// A breach fails the scenario.
    Must,
    /// A breach is a warning.
    Should,
    /// A breach is a warning.
    May,
}

/// When a scenario is selected.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Tier {
    /// Runs always.
    #[default]
    Core,
    /// Runs always; a second look at what core covers.
    Extended,
    /// Reported, never failed.
    Info,
    /// Must outwait a timer of the server; only with `--include slow`.
    Slow,
    /// Can end an unpatched server; only with `--include destructive`.
    Destructive,
}

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Transport {
    /// HTTP long-polling all the way.
    Polling,
    /// Long-polling first, then over to WebSocket.
    Upgrade,
    /// WebSocket from the start.
    WebSocket,
}

/// The name of a simulated client within one scenario.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClientName(pub Arc<str>);

impl fmt::Display for ClientName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One scenario, ready to run; a row of `each:` is a scenario of its own.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Stable id: `rooms/to-excludes-sender`, or `auth/bad-token-refused[expired]` for a row.
    pub id: String,
    /// Former ids, which baselines may still name.
    pub aliases: Vec<String>,
    /// One sentence: what is right.
    pub title: String,
    /// What a user loses when this fails.
    pub why: Option<String>,
    /// How binding the source is.
    pub level: Level,
    /// When it is selected.
    pub tier: Tier,
    /// Requirement ids.
    pub verifies: Vec<String>,
    /// Faults of the reference server that must turn it red.
    pub catches: Vec<String>,
    /// Capabilities the target must have.
    pub needs: Vec<String>,
    /// Transports it is written for; empty where it runs over any.
    pub transports: Vec<Transport>,
    /// Nothing else may run at the same time on this target.
    pub exclusive: bool,
    /// Overrides the calibrated settle time.
    pub settle: Option<Duration>,
    /// Overrides the target's default deadline.
    pub within: Option<Duration>,
    /// Invariants that are switched off (`invariant/one-ack`).
    pub without: Vec<String>,
    /// Variables from `vars:` and the row of `each:`, in order; later ones may use earlier ones.
    pub variables: Vec<(String, Template)>,
    /// The clients, in order of declaration, groups unfolded.
    pub clients: Vec<ClientSpec>,
    /// The steps, `background:` first.
    pub steps: Vec<Step>,
    /// The file.
    pub source: Arc<SourceFile>,
    /// The scenario's entry.
    pub span: Span,
    /// The row of `each:` that this is.
    pub row: Option<Span>,
}

/// One client of a scenario.
#[derive(Clone, Debug)]
pub struct ClientSpec {
    /// Its name; members of a group are `watchers[1]`, `watchers[2]`, ….
    pub name: ClientName,
    /// Whether it connects before step 1.
    pub connect: bool,
    /// How it connects.
    pub options: ConnectOptions,
    /// Where it is declared.
    pub span: Span,
}

/// Everything that shapes a connection. All empty means: as the target's manifest says.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The namespace; `/` where nothing is said.
    pub namespace: Option<Template>,
    /// The auth payload of the CONNECT packet.
    pub auth: Option<Template>,
    /// Query parameters of the handshake request.
    pub query: Vec<(String, Template)>,
    /// Headers of the handshake request.
    pub headers: Vec<(String, Template)>,
    /// The `Origin` header.
    pub origin: Option<Template>,
    /// The transport, where the scenario fixes it for this client.
    pub transport: Option<Transport>,
    /// Protocol revision, 4 unless said otherwise.
    pub eio: Option<u8>,
    /// Path in place of the target's.
    pub path: Option<Template>,
    /// `false`: pings are not answered.
    pub heartbeat: Option<bool>,
    /// permessage-deflate is offered.
    pub deflate: Option<bool>,
    /// Packets are msgpack.
    pub msgpack: Option<bool>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line that a failure underlines: the verb's.
    pub span: Span,
    /// Who acts or observes; empty for steps without an actor.
    pub actors: Vec<ClientName>,
    /// What happens, and what must come of it.
    pub action: Action,
    /// Overrides the deadline.
    pub within: Option<WaitBound>,
    /// The observation must not come earlier than this after the step began.
    pub after: Option<WaitBound>,
    /// A breach of this step alone counts as this level.
    pub level: Option<Level>,
}

impl Step {
    /// Whether this step, or one inside its block, is like that.
    pub fn any(&self, wanted: &dyn Fn(&Self) -> bool) -> bool {
        wanted(self)
            || match &self.action {
                Action::Parallel(steps) | Action::Repeat { steps, .. } => {
                    steps.iter().any(|step| step.any(wanted))
                }
                _ => false,
            }
    }

    /// Whether a wrong server could fail this step.
    pub fn can_fail(&self) -> bool {
        match &self.action {
            Action::Alive
            | Action::Call(_)
            | Action::Check(_)
            | Action::Closed(_)
            | Action::Connect(_)
            | Action::Deliver(_)
            | Action::Expect(_)
            | Action::Never(_)
            | Action::Open(_)
            | Action::Receive(_) => true,
            Action::Bytes(_)
            | Action::Disconnect(_)
            | Action::Frame(_)
            | Action::Reading(_)
            | Action::Reply(_) => false,
            Action::Emit(emit) => emit.refused.is_some(),
            Action::Http(http) => !http.response.strict.is_empty(),
            Action::Parallel(steps) | Action::Repeat { steps, .. } => {
                steps.iter().any(Self::can_fail)
            }
            Action::Send(send) => !send.response.strict.is_empty(),
        }
    }
}

/// A bound on a wait: fixed, or an expression that gives milliseconds or a duration text.
#[derive(Clone, Debug)]
pub enum WaitBound {
    /// An expression, evaluated when the step starts.
    Computed(Template),
    /// Written out.
    Fixed(Duration),
}

/// The verbs.
#[derive(Clone, Debug)]
pub enum Action {
    /// A bystander still answers: the server survived.
    Alive,
    /// Raw bytes on the TCP stream.
    Bytes(SendBytes),
    /// An event with an ack id, and its reply.
    Call(Call),
    /// An expression that must be true.
    Check(Check),
    /// The connection ends, or stays open.
    Closed(Accepted<Closed>),
    /// Join a namespace, opening the connection if there is none.
    Connect(Connect),
    /// The delivery set of one event over all clients of the scenario.
    Deliver(Deliver),
    /// Leave the namespace, or drop the connection.
    Disconnect(Disconnect),
    /// An event without an ack id.
    Emit(Emit),
    /// This client receives an event.
    Expect(Expect),
    /// One WebSocket frame.
    Frame(SendFrame),
    /// One HTTP request and its response.
    Http(Http),
    /// This client does not receive an event.
    Never(Never),
    /// An Engine.IO session or bare connection by hand.
    Open(Open),
    /// Steps side by side.
    Parallel(Vec<Step>),
    /// The client stops reading, or goes on.
    Reading(Reading),
    /// The next packet, frame or bytes on a connection opened by hand.
    Receive(Receive),
    /// A block n times; `$index` counts from 1.
    Repeat {
        /// How often; an expression that gives a whole number up to 100,000.
        times: Template,
        /// The block.
        steps: Vec<Step>,
    },
    /// Answer an event of the server that asks for an acknowledgement.
    Reply(Reply),
    /// One Engine.IO packet, or several in one payload.
    Send(Send),
}

/// `check:`.
#[derive(Clone, Debug)]
pub struct Check {
    /// Must give true.
    pub expression: Template,
    /// `because:` what it means when it does not.
    pub because: Option<String>,
}

/// Ids known elsewhere, by name: used to offer the nearest one.
pub type Names = BTreeMap<String, String>;
