//! The bundled server: Engine.IO, Socket.IO and the contract application of `docs/contract.md`.
//!
//! It shares the codecs of [`crate::wire`] with the runner, nothing else. Wherever a fault can make
//! it misbehave, it asks its [`FaultSet`] through one of the hooks in `faults/`.
//!
//! From the wire inwards: `http` routes requests, `engine` owns sessions and their transports,
//! `socket` the namespaces and packets on a session, `rooms` who receives what, `app` the contract.

mod app;
mod config;
mod connection;
mod engine;
mod faults;
mod http;
mod rooms;
mod server;
mod socket;
mod tasks;

pub use config::{Config, Contract, Parser, UnknownSetting};
pub use faults::{FAULTS, Fault, FaultSet};
pub use server::Server;
