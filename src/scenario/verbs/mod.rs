//! The verbs of the language, and the only list of them.
//!
//! A verb is one file here, with its model, its keys and its reader, and one line in the list below. What the runner does
//! for it is one file in `runner/steps`.

mod alive;
mod bytes;
mod call;
mod check;
mod closed;
mod connect;
mod deliver;
mod disconnect;
mod emit;
mod expect;
mod facts;
mod frame;
mod http;
mod list;
mod model;
mod never;
mod open;
mod reading;
mod receive;
mod reply;
mod send;

use self::list::verbs;
pub(super) use self::model::VerbModel;
pub use self::{
    alive::Alive,
    bytes::SendBytes,
    call::{Answer, Call},
    check::Check,
    closed::{CloseHow, Closed},
    connect::{Connect, ConnectAnswer},
    deliver::Deliver,
    disconnect::{Disconnect, DisconnectHow},
    emit::Emit,
    expect::Expect,
    facts::{Awaits, ConnectionUse, Facts, Observers, WireUse, Written},
    frame::SendFrame,
    http::Http,
    model::{Actors, Options, VerbSpec},
    never::Never,
    open::{HandshakePattern, Open, OpenLayer},
    reading::Reading,
    receive::{Incoming, Receive},
    reply::{Reply, ReplyHow},
    send::{PacketTemplate, Send},
};
use super::{Accepted, Parallel, Repeat, Step};

/// Reads one step, whose verb is known.
pub(in crate::scenario) trait ReadVerb {
    /// Reads a step that holds no others.
    fn read<T: VerbModel>(self) -> Option<T>;

    /// Reads `parallel`.
    fn parallel(self) -> Option<Parallel>;

    /// Reads `repeat`.
    fn repeat(self) -> Option<Repeat>;
}

verbs! {
    verbs {
        /// A bystander still gets answers, and somebody new gets in.
        Alive(Alive) = "alive",
        /// Raw bytes on the TCP stream.
        Bytes(SendBytes) = "bytes",
        /// An event with an ack id, and its ack.
        Call(Call) = "call",
        /// An expression that must be true.
        Check(Check) = "check",
        /// The connection ends, or stays open.
        Closed(Accepted<Closed>) = "closed",
        /// Joins a namespace, and opens a connection if there is none.
        Connect(Connect) = "connect",
        /// The clients that receive an event, over all clients of the scenario.
        Deliver(Deliver) = "deliver",
        /// Leaves a namespace, or ends the connection.
        Disconnect(Disconnect) = "disconnect",
        /// An event without an ack id.
        Emit(Emit) = "emit",
        /// A client receives an event.
        Expect(Expect) = "expect",
        /// One WebSocket frame.
        Frame(SendFrame) = "frame",
        /// One HTTP request, and its response.
        Http(Http) = "http",
        /// A client does not receive an event.
        Never(Never) = "never",
        /// An Engine.IO session or a bare connection by hand.
        Open(Open) = "open",
        /// A client stops reading, or goes on.
        Reading(Reading) = "reading",
        /// The next packet, frame or bytes on a connection by hand.
        Receive(Receive) = "receive",
        /// The ack of an event that asks for one.
        Reply(Reply) = "reply",
        /// Engine.IO packets by hand.
        Send(Send) = "send",
    }
    blocks {
        /// Steps side by side.
        Parallel(Parallel) = "parallel", read by parallel,
        /// A block of steps several times.
        Repeat(Repeat) = "repeat", read by repeat,
    }
}
