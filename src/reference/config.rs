//! Settings of one server.

use std::time::Duration;

use super::FaultSet;

/// Which application runs on the server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Contract {
    /// A bare Engine.IO server that echoes messages.
    Engine,
    /// The fixture of the official protocol suites on top of ours: `auth` is emitted on connection.
    Official,
    /// The application of `docs/contract.md`.
    #[default]
    Sockspec,
}

/// Settings of one server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The Engine.IO path.
    pub path: String,
    /// Time between pings.
    pub ping_interval: Duration,
    /// Time a pong may take.
    pub ping_timeout: Duration,
    /// Bytes of one polling body or one WebSocket message.
    pub max_payload: u64,
    /// Time in which a client must join a namespace.
    pub connect_timeout: Duration,
    /// Time in which an upgrade must end.
    pub upgrade_timeout: Duration,
    /// Origins that CORS allows; empty for any.
    pub origins: Vec<String>,
    /// Transports offered.
    pub polling: bool,
    /// Transports offered.
    pub websocket: bool,
    /// Whether revision 3 is served.
    pub eio3: bool,
    /// The application.
    pub contract: Contract,
    /// Faults switched on.
    pub faults: FaultSet,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: "/socket.io/".to_owned(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
            connect_timeout: Duration::from_secs(45),
            upgrade_timeout: Duration::from_secs(10),
            origins: Vec::new(),
            polling: true,
            websocket: true,
            eio3: false,
            contract: Contract::default(),
            faults: FaultSet::default(),
        }
    }
}
