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
    /// A plain WebSocket endpoint, without Engine.IO, that echoes messages.
    WebSocket,
}

/// How packets travel in Engine.IO messages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Parser {
    /// Text, with attachments beside it (`socket.io-parser`).
    #[default]
    Json,
    /// One binary message each (`socket.io-msgpack-parser`).
    Msgpack,
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
    /// Origins that CORS allows: `*` allows any, an empty list sends no CORS headers at all.
    pub origins: Vec<String>,
    /// Whether HTTP long-polling is offered.
    pub polling: bool,
    /// Whether WebSocket is offered.
    pub websocket: bool,
    /// Whether a polling session may go over to WebSocket.
    pub upgrades: bool,
    /// The name of a cookie that tells a polling client its session id; none is set without it.
    pub cookie: Option<String>,
    /// Whether revision 3 is served.
    pub eio3: bool,
    /// Whether WebSocket messages are compressed for clients that offer it.
    pub deflate: bool,
    /// The key that tokens are signed with.
    pub jwt_secret: String,
    /// Bytes that may wait for one slow client; more of them end its connection.
    pub max_queue: usize,
    /// How packets travel.
    pub parser: Parser,
    /// How long a client that lost its connection can come back to its session; `None` where it can't.
    pub recovery: Option<Duration>,
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
            upgrades: true,
            cookie: None,
            eio3: false,
            deflate: false,
            jwt_secret: "sockspec-secret".to_owned(),
            max_queue: 16 * 1024 * 1024,
            parser: Parser::default(),
            recovery: None,
            contract: Contract::default(),
            faults: FaultSet::default(),
        }
    }
}

impl Config {
    /// The defaults of one application; what is no Socket.IO server has its own path.
    pub fn new(contract: Contract) -> Self {
        let path = match contract {
            Contract::Engine => "/engine.io/",
            Contract::Official | Contract::Sockspec => "/socket.io/",
            Contract::WebSocket => "/",
        };
        Self {
            path: path.to_owned(),
            contract,
            ..Self::default()
        }
    }

    /// Sets one setting by its name in `docs/contract.md` ("Settings").
    ///
    /// # Errors
    ///
    /// No such setting, or a value that it can't take.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), UnknownSetting> {
        let unknown = || UnknownSetting {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let milliseconds = || {
            value
                .parse()
                .map(Duration::from_millis)
                .map_err(|_| unknown())
        };
        match name {
            "PING_INTERVAL" => self.ping_interval = milliseconds()?,
            "PING_TIMEOUT" => self.ping_timeout = milliseconds()?,
            "CONNECT_TIMEOUT" => self.connect_timeout = milliseconds()?,
            "UPGRADE_TIMEOUT" => self.upgrade_timeout = milliseconds()?,
            "MAX_PAYLOAD" => self.max_payload = value.parse().map_err(|_| unknown())?,
            "CORS_ORIGIN" => self.origins = vec![value.to_owned()],
            "EIO_PATH" => self.path = value.to_owned(),
            "ALLOW_EIO3" => self.eio3 = value.parse().map_err(|_| unknown())?,
            "DEFLATE" => self.deflate = value.parse().map_err(|_| unknown())?,
            "ALLOW_UPGRADES" => self.upgrades = value.parse().map_err(|_| unknown())?,
            "COOKIE" => self.cookie = Some(value.to_owned()),
            "CONTRACT" => {
                self.contract = match value {
                    "engine" => Contract::Engine,
                    "official" => Contract::Official,
                    "sockspec" => Contract::Sockspec,
                    "websocket" => Contract::WebSocket,
                    _ => return Err(unknown()),
                }
            }
            "PARSER" => {
                self.parser = match value {
                    "json" => Parser::Json,
                    "msgpack" => Parser::Msgpack,
                    _ => return Err(unknown()),
                }
            }
            "RECOVERY" => self.recovery = Some(milliseconds()?),
            "JWT_SECRET" => self.jwt_secret = value.to_owned(),
            "TRANSPORTS" => {
                let offered: Vec<_> = value.split(',').map(str::trim).collect();
                self.polling = offered.contains(&"polling");
                self.websocket = offered.contains(&"websocket");
            }
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

/// A setting that does not exist, or a value that it can't take.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{name}={value} is no setting")]
pub struct UnknownSetting {
    /// The setting's name.
    pub name: String,
    /// The value.
    pub value: String,
}
