//! The arguments of `serve`.

use std::{net::IpAddr, time::Duration};

use clap::{ArgAction, Args, ValueEnum};

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

    /// Time between two heartbeat pings, such as `300ms`; a number without a unit is milliseconds
    #[arg(long, value_name = "DURATION", value_parser = value::milliseconds_or_duration, default_value = "25s")]
    pub(in crate::cli) ping_interval: Duration,

    /// Time that a client has to answer a ping
    #[arg(long, value_name = "DURATION", value_parser = value::milliseconds_or_duration, default_value = "20s")]
    pub(in crate::cli) ping_timeout: Duration,

    /// Largest polling request body or WebSocket message, in bytes
    #[arg(long, value_name = "BYTES", value_parser = value::nonzero_bytes, default_value = "1000000")]
    pub(in crate::cli) max_payload: u64,

    /// Time in which a client has to join a namespace
    #[arg(long, value_name = "DURATION", value_parser = value::milliseconds_or_duration, default_value = "45s")]
    pub(in crate::cli) connect_timeout: Duration,

    /// Time in which an upgrade to WebSocket has to be complete
    #[arg(long, value_name = "DURATION", value_parser = value::milliseconds_or_duration, default_value = "10s")]
    pub(in crate::cli) upgrade_timeout: Duration,

    /// Path of the endpoint [default: /socket.io/; `engine` /engine.io/; `websocket` and `--envelope` /]
    #[arg(long, alias = "eio-path", value_parser = value::path)]
    pub(in crate::cli) path: Option<String>,

    /// Origin that CORS allows, `*` for any origin; without this option no CORS headers are sent (repeatable)
    #[arg(long = "origin", alias = "cors-origin", value_name = "ORIGIN")]
    pub(in crate::cli) origins: Vec<String>,

    #[command(flatten)]
    pub(in crate::cli) features: FeatureArgs,

    /// Switch on a deliberate fault (repeatable)
    #[arg(long = "fault", value_name = "ID")]
    pub(in crate::cli) faults: Vec<String>,

    /// Switch on the faults of this kind of server, in addition to those of `--fault`
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) preset: Option<PresetName>,

    /// Application that the server runs
    #[arg(long, value_name = "NAME", default_value = "sockspec")]
    pub(in crate::cli) contract: ContractName,

    /// List the faults and exit
    #[arg(long)]
    pub(in crate::cli) list_faults: bool,
}

/// The features of the server that can be switched.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct FeatureArgs {
    /// Transports that the server offers
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values = ["polling", "websocket"])]
    pub(in crate::cli) transports: Vec<OfferedTransport>,

    /// Whether a polling session can upgrade to WebSocket
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set)]
    pub(in crate::cli) allow_upgrades: bool,

    /// Also serve Engine.IO revision 3
    #[arg(long)]
    pub(in crate::cli) allow_eio3: bool,

    /// Accept offers of WebSocket compression
    #[arg(long)]
    pub(in crate::cli) deflate: bool,

    /// Name of the cookie with the session id
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) cookie: Option<String>,

    /// Encoding of Socket.IO packets
    #[arg(long, value_name = "NAME", default_value = "json")]
    pub(in crate::cli) parser: ParserName,

    /// Speak a plain WebSocket, with events in envelopes of this form, in place of Socket.IO
    #[arg(long, value_name = "NAME", value_parser = ["array", "json-rpc", "object"])]
    pub(in crate::cli) envelope: Option<String>,

    /// How long a client that lost its connection can recover its session
    #[arg(long, value_name = "DURATION", value_parser = value::milliseconds_or_duration)]
    pub(in crate::cli) recovery: Option<Duration>,

    /// Secret that signs JSON web tokens
    #[arg(long, value_name = "SECRET", default_value = "sockspec-secret")]
    pub(in crate::cli) jwt_secret: String,
}

/// A transport that the reference server can offer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum OfferedTransport {
    /// HTTP long-polling
    Polling,
    /// WebSocket
    Websocket,
}

/// An encoding of Socket.IO packets.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum ParserName {
    /// Text and attachments
    Json,
    /// msgpack
    Msgpack,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::cli::args::Arguments;

    /// Each environment variable that docs/contract.md lists as a setting, such as `PING_INTERVAL`, is an option of
    /// `serve`.
    #[test]
    fn every_setting_of_the_contract_is_an_option() {
        let page = include_str!("../../../docs/contract.md");
        let (_, settings) = page.split_once("## Settings").unwrap();
        let (names, _) = settings.split_once("| capability").unwrap();
        let names = names.split('`').skip(1).step_by(2);
        let names: Vec<String> = names
            .filter(|name| {
                name.chars()
                    .all(|c| c.is_ascii_uppercase() || c == '_' || c == '3')
            })
            .map(|name| name.to_lowercase().replace('_', "-"))
            .collect();
        assert!(names.len() > 12, "{names:?}");
        let command = Arguments::command();
        let serve = command.find_subcommand("serve").unwrap();
        for name in &names {
            let has = |argument: &clap::Arg| {
                argument.get_long() == Some(name)
                    || argument
                        .get_all_aliases()
                        .is_some_and(|aliases| aliases.contains(&name.as_str()))
            };
            assert!(serve.get_arguments().any(has), "serve has no --{name}");
        }
    }
}

/// A set of faults that occur together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum PresetName {
    /// The mistakes of chat servers as tutorials write them
    Tutorial,
}

impl PresetName {
    /// Returns the ids of the faults.
    pub(in crate::cli) fn faults(self) -> &'static [&'static str] {
        match self {
            Self::Tutorial => TUTORIAL,
        }
    }
}

/// The mistakes of chat servers as tutorials write them.
const TUTORIAL: &[&str] = &[
    // The author of a message is what the client says.
    "from-field-spoofed",
    // Every client can join the room of another client, and reads its private messages.
    "private-messages-reach-id-room",
    // `io.to([])` sends to everybody.
    "rooms-emit-to-none-reaches-everybody",
    // A handler forgets its acknowledgement.
    "ack-late-never",
    // `io.to(room)` in place of `socket.to(room)`, and `io.emit` in place of `socket.broadcast`.
    "room-emit-echoes-to-sender",
    "broadcast-echoes-to-sender",
    // Lists of members and of online users are not updated when a client disconnects.
    "disconnect-keeps-membership",
    "online-after-disconnect",
    // The error handler sends what it caught.
    "stack-trace-leaked",
];
