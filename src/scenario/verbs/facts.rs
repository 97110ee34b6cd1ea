//! What other parts of the program need to know about a step without a `match` on its verb.

use crate::scenario::{
    ClientName, ConnectOptions, EventPattern, Incoming, Matcher, Operation, Template,
};

/// Properties of one step that other code needs. The file of each verb computes them; the loader, the plan of a run and
/// the runner read them.
#[derive(Clone, Debug)]
pub struct Facts<'s> {
    /// What the step waits for.
    pub awaits: Awaits<'s>,
    /// The connections that the step opens, or that have to be open before it.
    pub connection: ConnectionUse<'s>,
    /// What the step does on the wire.
    pub wire: WireUse,
    /// What the step does with the namespaces of its clients.
    pub membership: MembershipUse,
    /// Packets and frames whose content the scenario gives completely, as opposed to those that sockspec builds from an
    /// event's name and arguments.
    pub written: Vec<Written<'s>>,
    /// The name of the event that the step sends. Bindings in the target's manifest can replace it.
    pub operation: Option<&'s Template>,
    /// The event that the step sends, with its arguments.
    pub request: Option<&'s Operation>,
    /// The number of times that a block runs its steps. `None` if the step is no `repeat` block.
    pub rounds: Option<&'s Template>,
    /// The names of events that the step expects or answers.
    pub named: Vec<&'s Template>,
    /// The first argument that the step expects of an event or of the answer to a request, with the name of the event or
    /// request.
    pub demanded: Vec<(&'s Template, &'s Matcher)>,
    /// How the server may answer the event that the step sends.
    pub answer: AnswerUse,
    /// The event that the step forbids, and the clients for which it is forbidden.
    pub excluded: Option<(&'s EventPattern, Observers)>,
    /// The code of the close frame that the step expects.
    pub close_code: Option<&'s Matcher>,
    /// True if the step can join a namespace although it is no `connect` step, for example because the scenario writes
    /// out a CONNECT packet.
    pub may_join: bool,
    /// True if the step is a block whose steps run at the same time.
    pub at_the_same_time: bool,
}

/// What a step waits for.
#[derive(Clone, Copy, Debug)]
pub enum Awaits<'s> {
    /// A response, whatever it is, so the step can't fail.
    AnyResponse,
    /// The end of the connection of each client that `as:` names.
    ConnectionEnd,
    /// That the connection of each client that `as:` names stays open.
    ConnectionOpen,
    /// An event.
    Event(&'s EventPattern),
    /// The next packet, frame or bytes.
    Incoming(&'s Incoming),
    /// A DISCONNECT packet, which ends a namespace.
    NamespaceEnd,
    /// Nothing: the step returns at once.
    Nothing,
    /// The absence of a packet, an event or a frame. The step fails if the forbidden one arrives.
    Silence,
    /// A specific response or event. The step fails if a wrong server does not send it.
    Something,
}

impl Awaits<'_> {
    /// Returns true if the server can make the step fail.
    pub const fn can_fail(self) -> bool {
        match self {
            Self::ConnectionEnd
            | Self::ConnectionOpen
            | Self::Event(_)
            | Self::Incoming(_)
            | Self::NamespaceEnd
            | Self::Silence
            | Self::Something => true,
            Self::AnyResponse | Self::Nothing => false,
        }
    }
}

/// The connections that a step opens or needs.
#[derive(Clone, Copy, Debug)]
pub enum ConnectionUse<'s> {
    /// The clients that the step names (`as:`) have to be connected.
    Actors,
    /// The clients that the step names (`as:`) have to be connected. If it names none, the runner connects an
    /// additional client.
    Bystander,
    /// The clients in this list have to be connected, such as those that receive an event.
    Clients(&'s [ClientName]),
    /// The clients that the step names (`as:`) join a namespace. Each one without a connection opens one.
    Joins(&'s ConnectOptions),
    /// No client has to be connected.
    None,
    /// The clients that the step names (`as:`) open a connection on which the scenario writes out the packets itself.
    Opens(&'s ConnectOptions),
}

impl<'s> ConnectionUse<'s> {
    /// Returns the options of the connection that the step may open. Returns `None` if the step opens no connection.
    pub const fn options(self) -> Option<&'s ConnectOptions> {
        match self {
            Self::Joins(options) | Self::Opens(options) => Some(options),
            Self::Actors | Self::Bystander | Self::Clients(_) | Self::None => None,
        }
    }
}

/// What a step does on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WireUse {
    /// The step sends nothing and only examines what has arrived.
    Observes,
    /// The step opens or closes a connection, or it sends something and itself waits for the answer.
    Other,
    /// The step sends one packet, frame or request. The server may end the connection in response.
    Sends,
    /// The step sends packets, frames or bytes that the scenario writes out, and does not wait for an answer.
    SendsByHand,
}

impl WireUse {
    /// Returns true if the step sends something (`Sends` or `SendsByHand`) and leaves the server's reaction to later
    /// steps.
    pub const fn sends(self) -> bool {
        match self {
            Self::Sends | Self::SendsByHand => true,
            Self::Observes | Self::Other => false,
        }
    }
}

/// What a step does with the namespaces of the clients that it names (`as:`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MembershipUse {
    /// The clients answer a request of the server.
    Answers,
    /// The server refuses the clients.
    IsRefused,
    /// The clients join a namespace.
    Joins,
    /// The clients join a namespace or are refused, and the step reads the payload of the reply.
    JoinsAndReads,
    /// The clients leave a namespace or end their connection.
    Leaves,
    /// Nothing that needs or changes a namespace.
    None,
    /// The clients send an event.
    Sends,
}

/// How the server may answer an event that a step sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnswerUse {
    /// In any way of which the runner can tell.
    Any,
    /// The server must not answer.
    Forbidden,
    /// The server has to report a refusal although the event asks for no acknowledgement.
    RefusalWithoutAck,
}

/// A packet or frame that the scenario writes out itself.
#[derive(Clone, Copy, Debug)]
pub enum Written<'s> {
    /// The text of a packet that the step expects.
    Expected(&'s Matcher),
    /// A text to send whose length has to stay the same. So the runner does not replace the event names in it by those
    /// of the target's bindings, which can be longer or shorter.
    Fixed(&'s Template),
    /// A packet that the step expects, as an object with the parts of the packet (`type`, `namespace`, `id`, `data`).
    Parts(&'s Matcher),
    /// A packet to send, or the payload of a frame to send.
    Sent(&'s Template),
}

/// The clients for which an event is forbidden.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Observers {
    /// The clients that the step names (`as:`).
    Actors,
    /// Every client of the scenario.
    Everybody,
}

impl<'s> Facts<'s> {
    pub(super) const fn new(
        awaits: Awaits<'s>,
        connection: ConnectionUse<'s>,
        wire: WireUse,
    ) -> Self {
        Self {
            awaits,
            connection,
            wire,
            membership: MembershipUse::None,
            written: Vec::new(),
            operation: None,
            request: None,
            rounds: None,
            named: Vec::new(),
            demanded: Vec::new(),
            answer: AnswerUse::Any,
            excluded: None,
            close_code: None,
            may_join: false,
            at_the_same_time: false,
        }
    }

    /// Returns the facts about a block whose steps run one after the other, such as `repeat`. The block by itself sends
    /// and checks nothing; only the steps inside it do.
    pub(in crate::scenario) const fn of_block() -> Self {
        Self::new(Awaits::Nothing, ConnectionUse::None, WireUse::Other)
    }

    pub(super) fn writes(mut self, written: impl IntoIterator<Item = Written<'s>>) -> Self {
        self.written.extend(written);
        self
    }

    /// Marks a block whose steps run several times.
    pub(in crate::scenario) const fn repeats(mut self, rounds: &'s Template) -> Self {
        self.rounds = Some(rounds);
        self
    }

    /// Marks a block whose steps run at the same time.
    pub(in crate::scenario) const fn at_the_same_time(mut self) -> Self {
        self.at_the_same_time = true;
        self
    }

    pub(super) fn demands(
        mut self,
        demanded: impl IntoIterator<Item = (&'s Template, &'s Matcher)>,
    ) -> Self {
        self.demanded.extend(demanded);
        self
    }

    pub(super) fn names(mut self, events: impl IntoIterator<Item = &'s Template>) -> Self {
        self.named.extend(events);
        self
    }

    pub(super) const fn calls(mut self, request: &'s Operation) -> Self {
        self.operation = Some(&request.name);
        self.request = Some(request);
        self.with_membership(MembershipUse::Sends)
    }

    pub(super) const fn with_answer(mut self, answer: AnswerUse) -> Self {
        self.answer = answer;
        self
    }

    pub(super) const fn with_membership(mut self, membership: MembershipUse) -> Self {
        self.membership = membership;
        self
    }

    pub(super) const fn excludes(mut self, event: &'s EventPattern, observers: Observers) -> Self {
        self.excluded = Some((event, observers));
        self
    }

    pub(super) const fn may_join(mut self) -> Self {
        self.may_join = true;
        self
    }
}
