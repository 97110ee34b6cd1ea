//! What shapes one connection.

use std::time::Duration;

/// How the session is carried.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum TransportChoice {
    /// Long-polling only.
    Polling,
    /// Long-polling, then over to WebSocket before the connection is handed out.
    Upgrade,
    /// WebSocket from the start.
    #[default]
    WebSocket,
}

/// Up to which layer incoming data is decoded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Layer {
    /// Engine.IO packets; over WebSocket every frame is journalled too.
    EngineIo,
    /// Socket.IO packets.
    #[default]
    SocketIo,
    /// Raw bytes.
    Tcp,
    /// WebSocket frames and messages, no Engine.IO inside.
    WebSocket,
}

/// What one connection may cost us, whatever the server does.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of one frame or message, or of one HTTP body.
    pub message: usize,
    /// Bytes of one HTTP head.
    pub head: usize,
    /// Entries of the journal.
    pub entries: usize,
    /// Bytes of the journal's payloads together.
    pub journal: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            message: 16 << 20,
            head: 64 << 10,
            entries: 1_000_000,
            journal: 256 << 20,
        }
    }
}

/// Everything that shapes a connection beside its endpoint.
#[derive(Clone, Debug)]
pub struct Options {
    /// How it is carried.
    pub transport: TransportChoice,
    /// Up to which layer it is decoded.
    pub layer: Layer,
    /// `EIO` in the query: 4 or 3.
    pub eio: u8,
    /// Path in place of the endpoint's.
    pub path: Option<String>,
    /// More query parameters, encoded by the connection.
    pub query: Vec<(String, String)>,
    /// More headers of every HTTP request; one that the client sets itself is replaced, an empty value removes it.
    pub headers: Vec<(String, String)>,
    /// `sid` of a session to take part in; no open packet is awaited then.
    pub session: Option<String>,
    /// Whether pings are answered.
    pub heartbeat: bool,
    /// Whether GET requests follow each other by themselves (polling).
    pub poll: bool,
    /// Whether permessage-deflate is offered.
    pub deflate: bool,
    /// Whether Socket.IO packets travel as msgpack.
    pub msgpack: bool,
    /// Limit of every single wait for the server while connecting.
    pub deadline: Duration,
    /// Costs.
    pub bounds: Bounds,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transport: TransportChoice::default(),
            layer: Layer::default(),
            eio: 4,
            path: None,
            query: Vec::new(),
            headers: Vec::new(),
            session: None,
            heartbeat: true,
            poll: true,
            deflate: false,
            msgpack: false,
            deadline: Duration::from_secs(5),
            bounds: Bounds::default(),
        }
    }
}
