//! What other parts of the program need to know about a step without a `match` on its verb.

use crate::scenario::{ClientName, ConnectOptions, EventPattern, Matcher, Template};

/// Facts about one step. The file of each verb provides them. The loader's checks, the plan and the runner read them.
#[derive(Clone, Debug)]
pub struct Facts<'s> {
    /// What the step waits for.
    pub awaits: Awaits,
    /// Which connections the step opens or needs.
    pub connection: ConnectionUse<'s>,
    /// What the step does on the wire.
    pub wire: WireUse,
    /// Packets and frames that the scenario writes out itself, as opposed to those that sockspec builds.
    pub written: Vec<Written<'s>>,
    /// The name of the event that the step sends. Bindings in the target's manifest can replace it.
    pub operation: Option<&'s Template>,
    /// The event that must not arrive, and the clients that must not receive it.
    pub excluded: Option<(&'s EventPattern, Observers)>,
    /// True if packets that the step writes out can join a namespace without `connect`.
    pub may_join: bool,
}

/// What a step waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Awaits {
    /// A response, whatever it is, so the step can't fail.
    AnyResponse,
    /// The end of the actor's connection.
    ConnectionEnd,
    /// Nothing: the step returns at once.
    Nothing,
    /// The proof that a packet, an event or a frame does not arrive.
    Silence,
    /// A specific response or event, which a wrong server may fail to send.
    Something,
}

impl Awaits {
    /// Returns true if the server can make the step fail.
    pub const fn can_fail(self) -> bool {
        match self {
            Self::ConnectionEnd | Self::Silence | Self::Something => true,
            Self::AnyResponse | Self::Nothing => false,
        }
    }
}

/// The connections that a step opens or needs.
#[derive(Clone, Copy, Debug)]
pub enum ConnectionUse<'s> {
    /// The actors have to be connected.
    Actors,
    /// The actors have to be connected. If the step names no actors, the runner connects an additional client.
    Bystander,
    /// These clients have to be connected.
    Clients(&'s [ClientName]),
    /// The actors join a namespace. Each actor without a connection opens one.
    Joins(&'s ConnectOptions),
    /// No client has to be connected.
    None,
    /// The actors open a connection on which the scenario writes out the packets itself.
    Opens(&'s ConnectOptions),
}

impl<'s> ConnectionUse<'s> {
    /// Returns the options of the connection that the step may open.
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
    /// The step sends something and waits for the answer itself, or it opens or closes a connection.
    Other,
    /// The step sends one packet, frame or request. The server may end the connection in response.
    Sends,
    /// The step sends bytes that the scenario writes out, and waits for nothing.
    SendsByHand,
}

impl WireUse {
    /// Returns true for `Sends` and `SendsByHand`, after which a later step waits for the server's reaction.
    pub const fn sends(self) -> bool {
        match self {
            Self::Sends | Self::SendsByHand => true,
            Self::Observes | Self::Other => false,
        }
    }
}

/// A packet or frame that the scenario writes out itself.
#[derive(Clone, Copy, Debug)]
pub enum Written<'s> {
    /// The text of a packet that the step expects.
    Expected(&'s Matcher),
    /// A text to send whose length has to stay the same. Bindings in the target's manifest do not rename an event in
    /// it, because a new name would change the length.
    Fixed(&'s Template),
    /// A packet that the step expects, as an object with the parts of the packet (`type`, `namespace`, `id`, `data`).
    Parts(&'s Matcher),
    /// A packet to send, or the payload of a frame to send.
    Sent(&'s Template),
}

/// The clients that must not receive an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Observers {
    /// The actors of the step.
    Actors,
    /// Every client of the scenario.
    Everybody,
}

impl<'s> Facts<'s> {
    pub(super) const fn new(awaits: Awaits, connection: ConnectionUse<'s>, wire: WireUse) -> Self {
        Self {
            awaits,
            connection,
            wire,
            written: Vec::new(),
            operation: None,
            excluded: None,
            may_join: false,
        }
    }

    /// Returns the facts about a block (`parallel`, `repeat`), which only runs the steps inside it.
    pub(super) const fn of_block() -> Self {
        Self::new(Awaits::Nothing, ConnectionUse::None, WireUse::Other)
    }

    pub(super) fn writes(mut self, written: impl IntoIterator<Item = Written<'s>>) -> Self {
        self.written.extend(written);
        self
    }

    pub(super) const fn calls(mut self, operation: &'s Template) -> Self {
        self.operation = Some(operation);
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
