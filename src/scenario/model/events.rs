//! Steps in the words of Socket.IO: namespaces, events, acknowledgements.

use std::time::Duration;

use super::{Accepted, ClientName, ConnectOptions, FramePattern};
use crate::scenario::{Matcher, Template};

/// `connect: /namespace`.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// The namespace, and the options of a new connection.
    pub options: ConnectOptions,
    /// How the server must answer.
    pub answer: Accepted<ConnectAnswer>,
}

/// How a server must answer `connect`.
#[derive(Clone, Debug)]
pub enum ConnectAnswer {
    /// `refused:` a refusal in the target's dialect, normalised to `{code, message, status, field}`.
    Refused(Matcher),
    /// `rejected:` CONNECT_ERROR with this payload (`{message, data}`).
    Rejected(Matcher),
    /// CONNECT. With `reply:`, its payload must match.
    Joined(Option<Matcher>),
}

impl Default for ConnectAnswer {
    fn default() -> Self {
        Self::Joined(None)
    }
}

/// `disconnect:`.
#[derive(Clone, Debug, Default)]
pub struct Disconnect {
    /// `namespace:`; the client's own where nothing is said.
    pub namespace: Option<Template>,
    /// `how:`.
    pub how: DisconnectHow,
}

/// Ways to leave.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DisconnectHow {
    /// `close`: an Engine.IO close packet, then the transport ends.
    Close,
    /// `leave`: a Socket.IO DISCONNECT packet; the connection stays.
    #[default]
    Leave,
    /// `drop`: the TCP connection ends without a word.
    Drop,
    /// `half`: the client's side of the TCP connection ends; what the server still says is heard.
    Half,
    /// `reset`: the TCP connection is reset.
    Reset,
}

/// An operation: an event name, or a name that the target's bindings translate.
#[derive(Clone, Debug)]
pub struct Operation {
    /// As written in the scenario.
    pub name: Template,
    /// `with:` one argument; bindings may rename its fields.
    pub with: Option<Template>,
    /// `args:` all arguments, in place of `with`.
    pub args: Option<Vec<Template>>,
    /// `namespace:` where the client is in several.
    pub namespace: Option<Template>,
}

/// `emit:`.
#[derive(Clone, Debug)]
pub struct Emit {
    /// The event.
    pub operation: Operation,
    /// `refused:` exactly one report, to the caller only, and no ack.
    pub refused: Option<Matcher>,
}

/// `call:`.
#[derive(Clone, Debug)]
pub struct Call {
    /// The event.
    pub operation: Operation,
    /// What must come back.
    pub answer: Accepted<Answer>,
}

/// What a call is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Some ack, whatever it holds.
    Any,
    /// `no-reply: true`: no ack ever.
    None,
    /// `refused:` as the target's dialect reports refusals.
    Refused(Matcher),
    /// `reply:` an ack with exactly this one argument.
    Reply(Matcher),
    /// `replies:` an ack with these arguments.
    Replies(Vec<Matcher>),
}

impl Answer {
    /// Returns what the arguments of the ack must be. `None` if the answer does not say so.
    pub const fn arguments(&self) -> Option<&[Matcher]> {
        match self {
            Self::Reply(expected) => Some(std::slice::from_ref(expected)),
            Self::Replies(expected) => Some(expected.as_slice()),
            Self::Any | Self::None | Self::Refused(_) => None,
        }
    }
}

/// Which event an observation is about.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// The event or a name in the target's bindings; `*` for any event.
    pub name: Template,
    /// `with:` the first argument.
    pub with: Option<Matcher>,
    /// `args:` all arguments.
    pub args: Option<Vec<Matcher>>,
    /// `namespace:`.
    pub namespace: Option<Template>,
}

/// `expect:`.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The event.
    pub event: Accepted<EventPattern>,
    /// `count:` how many; 1 by default.
    pub count: usize,
    /// `order:` whether other events may come first; `any` by default.
    pub order: Order,
    /// `acknowledged: true`: the event asks for an ack (then `reply:` can answer it).
    pub asks_ack: Option<bool>,
}

/// Whether something else may come before what a step waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// `any`: something else may come first.
    Any,
    /// `strict`: what the step waits for must come next.
    Strict,
}

/// `never:`.
#[derive(Clone, Debug)]
pub enum Never {
    /// No such event.
    Event(EventPattern),
    /// `{frame: {…}}`: no such WebSocket frame, beyond those that steps have received.
    Frame(FramePattern),
}

/// `deliver:`.
#[derive(Clone, Debug)]
pub struct Deliver {
    /// The event.
    pub event: EventPattern,
    /// `to:` who gets it; nobody else does.
    pub to: Vec<ClientName>,
    /// `count:` how often each gets it, 1 unless said otherwise.
    pub count: usize,
}

/// `reply:` answers the last unanswered event of this name that asked for an ack.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The event answered.
    pub event: EventPattern,
    /// `with:` or `values:` the ack's arguments.
    pub values: Vec<Template>,
    /// How.
    pub how: ReplyHow,
}

/// Ways to answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReplyHow {
    /// Once.
    #[default]
    Once,
    /// `twice: true`.
    Twice,
    /// `late: 200ms`: after this time.
    Late(Duration),
    /// `withhold: true`: the event is taken, no ack is sent.
    Withhold,
    /// `wrong-id: true`: an ack with an id that nobody asked for.
    WrongId,
}
