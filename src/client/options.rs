//! The settings of one connection.

use std::time::Duration;

use super::Envelopes;

/// The transport that carries a session.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum TransportChoice {
    /// The session uses HTTP long-polling only.
    Polling,
    /// The session begins with HTTP long-polling. The upgrade to WebSocket completes before the connection is returned.
    Upgrade,
    /// The session uses WebSocket from the start.
    #[default]
    WebSocket,
}

/// The highest protocol layer that decodes incoming data.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Layer {
    /// Incoming data is decoded to Engine.IO packets. Over WebSocket, the journal also holds every frame.
    EngineIo,
    /// Incoming data is decoded to Socket.IO packets, or to the same events in envelopes (see [`Options::envelopes`]).
    #[default]
    SocketIo,
    /// Incoming data is not decoded; the journal holds raw bytes.
    Tcp,
    /// Incoming data is decoded to WebSocket frames and messages, but not to Engine.IO packets.
    WebSocket,
}

/// The limits on the memory that one connection may use, so that no server can exhaust it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The largest frame, message or HTTP body, in bytes.
    pub message: usize,
    /// The largest head (first line and headers) of an HTTP response, in bytes.
    pub head: usize,
    /// The limit on entries in the journal. Frames that add no entry are counted separately and have the same limit.
    pub entries: usize,
    /// The largest memory of the journal's entries with their payloads, in bytes.
    pub journal: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            message: 16 << 20,
            head: 64 << 10,
            entries: 50_000,
            journal: 24 << 20,
        }
    }
}

/// All settings of a connection except its endpoint.
#[derive(Clone, Debug)]
pub struct Options {
    /// The transport that carries the session.
    pub transport: TransportChoice,
    /// The highest layer that decodes incoming data.
    pub layer: Layer,
    /// The protocol revision in the query parameter `EIO`: 4 or 3.
    pub eio: u8,
    /// A path that replaces the path of the endpoint.
    pub path: Option<String>,
    /// Additional query parameters, not yet encoded.
    pub query: Vec<(String, String)>,
    /// Additional headers for every HTTP request. A header replaces one of the same name that the client sets; an
    /// empty value removes it.
    pub headers: Vec<(String, String)>,
    /// The `sid` of an existing session that this connection joins. Such a connection waits for no open packet.
    pub session: Option<String>,
    /// The WebSocket subprotocols that the client offers, the preferred one first.
    pub protocols: Vec<String>,
    /// True if the client answers pings.
    pub heartbeat: bool,
    /// True if the client sends the next poll request as soon as one is answered (polling only).
    pub poll: bool,
    /// True if the client offers permessage-deflate.
    pub deflate: bool,
    /// True if Socket.IO packets are encoded as msgpack.
    pub msgpack: bool,
    /// The envelopes in which events travel over a plain WebSocket, without Engine.IO; `None` for Socket.IO. With
    /// [`Layer::WebSocket`], the journal holds the messages as well as the events in them.
    pub envelopes: Option<Envelopes>,
    /// The limit on each wait for the server while the connection opens.
    pub deadline: Duration,
    /// The limits on the memory that the connection may use.
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
            protocols: Vec::new(),
            heartbeat: true,
            poll: true,
            deflate: false,
            msgpack: false,
            envelopes: None,
            deadline: Duration::from_secs(5),
            bounds: Bounds::default(),
        }
    }
}
