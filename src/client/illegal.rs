//! The kinds of data that a server is not allowed to send, by protocol layer.

use crate::wire::{
    engine_io::{PacketError, PayloadError},
    socket_io::DecodeError,
    websocket::PeerMisbehaved,
};

/// What a server sent although its protocol forbids it. The variant names the layer whose rule was broken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Illegal {
    /// The data breaks a rule of Engine.IO.
    #[error(transparent)]
    EngineIo(#[from] IllegalEngineIo),
    /// The data breaks a rule of Socket.IO.
    #[error(transparent)]
    SocketIo(#[from] DecodeError),
    /// The data breaks a rule of WebSocket.
    #[error(transparent)]
    WebSocket(#[from] IllegalWebSocket),
}

/// The rule of Engine.IO that data from the server breaks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IllegalEngineIo {
    /// A WebSocket message is not an Engine.IO packet.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// The body of a poll's response is not an Engine.IO payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

/// The rule of WebSocket that data from the server breaks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IllegalWebSocket {
    /// The server sent data after its own close frame (RFC 6455 section 5.5.1).
    #[error("data after the close frame")]
    DataAfterClose,
    /// The server sent an HTTP response on a connection that had become a WebSocket.
    #[error("HTTP in place of a frame: {line:?}")]
    HttpResponse {
        /// The first line of the response.
        line: String,
    },
    /// A frame or message breaks a rule of RFC 6455 or RFC 7692.
    #[error(transparent)]
    Message(#[from] PeerMisbehaved),
    /// The stream ended inside a frame.
    #[error("stream ended inside a frame")]
    StreamEndedInFrame,
}

impl Illegal {
    /// Returns the name of the layer for messages: "Engine.IO", "Socket.IO" or "WebSocket".
    pub fn layer(&self) -> &'static str {
        match self {
            Self::EngineIo(_) => "Engine.IO",
            Self::SocketIo(_) => "Socket.IO",
            Self::WebSocket(_) => "WebSocket",
        }
    }
}

impl From<PacketError> for Illegal {
    fn from(error: PacketError) -> Self {
        Self::EngineIo(IllegalEngineIo::Packet(error))
    }
}

impl From<PayloadError> for Illegal {
    fn from(error: PayloadError) -> Self {
        Self::EngineIo(IllegalEngineIo::Payload(error))
    }
}

impl From<PeerMisbehaved> for Illegal {
    fn from(error: PeerMisbehaved) -> Self {
        Self::WebSocket(IllegalWebSocket::Message(error))
    }
}
