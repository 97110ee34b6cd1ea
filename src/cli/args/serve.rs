//! `serve`.

use std::{net::IpAddr, time::Duration};

use clap::{Args, ValueEnum};

use super::value;

/// `serve`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ServeArgs {
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = 3000)]
    pub(in crate::cli) port: u16,

    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(in crate::cli) host: IpAddr,

    /// Time between pings
    #[arg(long, value_name = "DURATION", value_parser = value::some_time, default_value = "25s")]
    pub(in crate::cli) ping_interval: Duration,

    /// Time a pong may take
    #[arg(long, value_name = "DURATION", value_parser = value::some_time, default_value = "20s")]
    pub(in crate::cli) ping_timeout: Duration,

    /// Largest polling body or WebSocket message
    #[arg(long, value_name = "BYTES", value_parser = value::some_bytes, default_value = "1000000")]
    pub(in crate::cli) max_payload: u64,

    /// Path of the endpoint [default: /socket.io/, of bare Engine.IO /engine.io/, of a plain WebSocket /]
    #[arg(long)]
    pub(in crate::cli) path: Option<String>,

    /// Origin that CORS allows, `*` for any; without one, no CORS headers are sent [repeatable]
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub(in crate::cli) origins: Vec<String>,

    /// Deliberate fault [repeatable]
    #[arg(long = "fault", value_name = "ID")]
    pub(in crate::cli) faults: Vec<String>,

    /// Application that runs on the server
    #[arg(long, value_name = "NAME", default_value = "sockspec")]
    pub(in crate::cli) contract: ContractName,

    /// List the faults and leave
    #[arg(long)]
    pub(in crate::cli) list_faults: bool,
}

/// An application of the reference server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum ContractName {
    /// The application of docs/contract.md
    Sockspec,
    /// The fixture of the official protocol suites
    Official,
    /// A bare Engine.IO server that echoes messages
    Engine,
    /// A plain WebSocket endpoint that echoes messages
    Websocket,
}
