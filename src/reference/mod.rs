//! The bundled server: Engine.IO, Socket.IO and the contract application of `docs/contract.md`.
//!
//! The server and the runner share the codecs of [`crate::wire`], and nothing else. Where a fault can
//! change what the server does, the server calls a hook: a method of [`FaultSet`] in `faults/`.
//!
//! The modules, from the wire to the application: `http` routes requests, `engine` holds sessions and
//! their transports, `socket` holds namespaces and the sockets in them, `rooms` selects the recipients
//! of messages, `app` implements the contract.

mod app;
mod arrivals;
mod config;
mod connection;
mod engine;
mod faults;
mod http;
mod rooms;
mod server;
mod shared;
mod socket;
mod tasks;
mod upgrade_slot;

pub use config::{Config, Contract, Parser, UnknownSetting};
pub use faults::{FAULTS, Fault, FaultSet};
pub use server::Server;
