//! The verbs of the scenario language. The list below is the only list of all verbs.
//!
//! Each verb has a file in this folder with its model, its description and its reader, and a line in the list. A file
//! in `runner/steps` executes the verb. The tables of verbs in `docs/language.md` are generated from the descriptions.

mod alive;
mod bytes;
mod call;
mod check;
mod closed;
mod connect;
mod deliver;
mod disconnect;
#[cfg(test)]
mod docs;
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
    facts::{AnswerUse, Awaits, ConnectionUse, Facts, MembershipUse, Observers, WireUse, Written},
    frame::SendFrame,
    http::Http,
    model::{Actors, Chapter, EventUse, Options, ValueType, VerbSpec},
    never::Never,
    open::{HandshakePattern, Open, OpenLayer},
    reading::Reading,
    receive::Receive,
    reply::{Reply, ReplyHow},
    send::{PacketTemplate, Send},
};
use super::{Accepted, Parallel, Repeat, Sequence, Step};

/// Reads one step after its verb has been found.
pub(in crate::scenario) trait ReadVerb {
    /// Reads a step whose verb is not a block (`parallel`, `repeat`).
    fn read<T: VerbModel>(self) -> Option<T>;

    /// Reads a `parallel` step.
    fn parallel(self) -> Option<Parallel>;

    /// Reads a `repeat` step.
    fn repeat(self) -> Option<Repeat>;

    /// Reads a `steps` step.
    fn sequence(self) -> Option<Sequence>;
}

verbs! {
    verbs {
        /// Checks that the server still answers a client and accepts a new one.
        Alive(Alive) = "alive",
        /// Sends raw bytes on the TCP stream.
        Bytes(SendBytes) = "bytes",
        /// Sends an event with an ack id and waits for the ack.
        Call(Call) = "call",
        /// Checks that an expression is true.
        Check(Check) = "check",
        /// Waits until the connection ends, or checks that it stays open.
        Closed(Accepted<Closed>) = "closed",
        /// Joins a namespace, and opens a connection if the client has none.
        Connect(Connect) = "connect",
        /// Checks which clients of the scenario receive an event.
        Deliver(Deliver) = "deliver",
        /// Leaves a namespace, or ends the connection.
        Disconnect(Disconnect) = "disconnect",
        /// Sends an event without an ack id.
        Emit(Emit) = "emit",
        /// Waits until a client receives an event.
        Expect(Expect) = "expect",
        /// Sends one WebSocket frame.
        Frame(SendFrame) = "frame",
        /// Sends one HTTP request and checks its response.
        Http(Http) = "http",
        /// Checks that a client does not receive an event.
        Never(Never) = "never",
        /// Opens an Engine.IO session, a WebSocket or a TCP connection on which later steps write out every packet.
        Open(Open) = "open",
        /// Makes a client stop reading from its connection, or resume reading.
        Reading(Reading) = "reading",
        /// Checks the next packet, frame or bytes that arrive on a connection that `open` opened.
        Receive(Receive) = "receive",
        /// Sends the ack of an event that requested one.
        Reply(Reply) = "reply",
        /// Sends Engine.IO packets whose text the step writes out.
        Send(Send) = "send",
    }
    blocks {
        /// Runs steps at the same time.
        Parallel(Parallel) = "parallel", read by parallel,
        /// Runs a block of steps several times.
        Repeat(Repeat) = "repeat", read by repeat,
        /// Runs steps one after the other.
        Steps(Sequence) = "steps", read by sequence,
    }
}
