//! The arguments of `serve`.

use std::{net::IpAddr, time::Duration};

use clap::{Args, ValueEnum};

use super::value;

/// The arguments of `serve`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ServeArgs {
    /// Port to listen on; 0 picks a free port
    #[arg(long, default_value_t = 3000)]
    pub(in crate::cli) port: u16,

    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(in crate::cli) host: IpAddr,

    /// Time between two heartbeat pings
    #[arg(long, value_name = "DURATION", value_parser = value::nonzero_duration, default_value = "25s")]
    pub(in crate::cli) ping_interval: Duration,

    /// Time that a client has to answer a ping
    #[arg(long, value_name = "DURATION", value_parser = value::nonzero_duration, default_value = "20s")]
    pub(in crate::cli) ping_timeout: Duration,

    /// Largest polling request body or WebSocket message, in bytes
    #[arg(long, value_name = "BYTES", value_parser = value::nonzero_bytes, default_value = "1000000")]
    pub(in crate::cli) max_payload: u64,

    /// Path of the endpoint [default: /socket.io/; `engine` /engine.io/; `websocket` /]
    #[arg(long, value_parser = value::path)]
    pub(in crate::cli) path: Option<String>,

    /// Origin that CORS allows, `*` for any origin; without this option no CORS headers are sent [repeatable]
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub(in crate::cli) origins: Vec<String>,

    /// Switch on a deliberate fault [repeatable]
    #[arg(long = "fault", value_name = "ID")]
    pub(in crate::cli) faults: Vec<String>,

    /// Application that the server runs
    #[arg(long, value_name = "NAME", default_value = "sockspec")]
    pub(in crate::cli) contract: ContractName,

    /// List the faults and exit
    #[arg(long)]
    pub(in crate::cli) list_faults: bool,
}

/// An application that the reference server can run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum ContractName {
    /// The application of docs/contract.md
    Sockspec,
    /// The server that the official Socket.IO test suite expects
    Official,
    /// A bare Engine.IO server that echoes messages
    Engine,
    /// A plain WebSocket endpoint that echoes messages
    Websocket,
}
