//! The settings of one server.

use std::time::Duration;

use super::FaultSet;
use crate::wire::{Envelope, Keys};

/// The application that runs on the server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Contract {
    /// A bare Engine.IO server that echoes messages.
    Engine,
    /// The application of `docs/contract.md`, which also sends the event `auth` to each client that
    /// connects, as the official protocol test suites expect.
    Official,
    /// The application of `docs/contract.md`.
    #[default]
    Sockspec,
    /// A plain WebSocket endpoint, without Engine.IO, that echoes messages.
    WebSocket,
}

/// The encoding of Socket.IO packets in Engine.IO messages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Parser {
    /// A packet is one text message, followed by one binary message for each attachment
    /// (`socket.io-parser`).
    #[default]
    Json,
    /// A packet is one binary message (`socket.io-msgpack-parser`).
    Msgpack,
}

/// The settings of one server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The path of the Engine.IO endpoint, such as `/socket.io/`.
    pub path: String,
    /// The time between two heartbeat pings (`pingInterval`).
    pub ping_interval: Duration,
    /// The time after a heartbeat ping in which the pong has to arrive (`pingTimeout`).
    pub ping_timeout: Duration,
    /// The largest size of a polling body or a WebSocket message, in bytes.
    pub max_payload: u64,
    /// The time after the start of a session in which the client has to join a namespace.
    pub connect_timeout: Duration,
    /// The time in which an upgrade has to be complete.
    pub upgrade_timeout: Duration,
    /// The origins that CORS allows. `*` allows any origin; with an empty list the server sends no CORS
    /// headers.
    pub origins: Vec<String>,
    /// Whether HTTP long-polling is offered.
    pub polling: bool,
    /// Whether WebSocket is offered.
    pub websocket: bool,
    /// Whether a polling session can upgrade to WebSocket.
    pub upgrades: bool,
    /// The name of the cookie that holds the session id of a polling client; `None` sets no cookie.
    pub cookie: Option<String>,
    /// Whether the server also serves revision 3 of Engine.IO.
    pub eio3: bool,
    /// Whether the server accepts offers of WebSocket compression.
    pub deflate: bool,
    /// The secret key that signs the JSON web tokens of clients.
    pub jwt_secret: String,
    /// The number of bytes that can wait for one client; the server closes a session that exceeds it.
    pub max_queue: usize,
    /// The encoding of Socket.IO packets.
    pub parser: Parser,
    /// The messages that carry events, if the application runs on a plain WebSocket in place of Socket.IO.
    pub envelope: Option<Envelope>,
    /// How long a client that lost its connection can recover its session; `None` if it can't.
    pub recovery: Option<Duration>,
    /// The application that runs on the server.
    pub contract: Contract,
    /// The faults that are switched on.
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
            envelope: None,
            recovery: None,
            contract: Contract::default(),
            faults: FaultSet::default(),
        }
    }
}

impl Config {
    /// Returns the default settings of one application. Each kind of server has its own default path.
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
    /// Returns an error if no setting has this name, or the setting can't have this value.
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
            "ENVELOPE" => self.envelope = Some(envelope(value).ok_or_else(unknown)?),
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

/// Returns the envelope of this name.
fn envelope(name: &str) -> Option<Envelope> {
    match name {
        "array" => Some(Envelope::Array),
        "json-rpc" => Some(Envelope::JsonRpc),
        "object" => Some(Envelope::Object(Keys {
            event: "event".to_owned(),
            data: Some("data".to_owned()),
            id: Some("id".to_owned()),
            has_bare_results: false,
        })),
        _ => None,
    }
}

/// A setting that does not exist, or a value that the setting can't have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the reference server has no setting {name}={value}")]
pub struct UnknownSetting {
    /// The name of the setting, as it was given.
    pub name: String,
    /// The value that was given for the setting.
    pub value: String,
}
