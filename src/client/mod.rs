//! Virtual clients: connections over WebSocket, long-polling and bare TCP. They never decide whether a server is
//! right.
//!
//! A [`Connection`] is one Engine.IO session, bare WebSocket or TCP stream. Its [`Journal`] holds all traffic in
//! order. The connection answers heartbeats and decodes packets; the runner judges them.

mod budget;
mod command;
mod connection;
mod cookies;
mod describe;
mod dial;
mod ending;
mod endpoint;
mod envelopes;
mod exceeded;
mod failure;
mod footprint;
mod handshake;
mod http;
mod illegal;
mod journal;
mod link;
mod maybe_tls;
mod options;
mod poll_payloads;
mod polling;
mod posts;
mod recorder;
mod requests;
mod session;
mod tcp;
mod tls;
mod upgrade;
mod wait;
mod websocket;

pub use budget::Budget;
pub use command::{DropHow, Reading};
pub use connection::{Connection, Unopened};
pub use cookies::Cookies;
pub use dial::reach;
pub use endpoint::Endpoint;
pub use envelopes::Envelopes;
pub use exceeded::Exceeded;
pub use failure::{ConnectFailure, HttpFailure};
pub use http::{HttpRequest, HttpResponse, request};
pub use illegal::{Illegal, IllegalEngineIo, IllegalWebSocket};
pub use journal::{Ended, EndedHow, Entry, Journal, Outgoing, What};
pub use options::{Bounds, Layer, Options, TransportChoice};
pub use tls::{TlsPolicy, TlsPolicyError, Verification};
