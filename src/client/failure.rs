//! Why a connection did not come about. Data, not verdicts.

use std::time::Duration;

use super::HttpResponse;
use crate::wire::{engine_io::OpenPacketError, websocket::HandshakeError};

/// What a WebSocket awaits of an Engine.IO server once it is open.
pub(super) const OPEN_PACKET: &str = "open packet";

/// Why a connection did not come about.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The stream ended while something was awaited.
    #[error("connection ended while awaiting {awaited}; received {came}")]
    Ended {
        /// What was awaited.
        awaited: &'static str,
        /// What came, as text for people.
        came: String,
    },
    /// The answer is no right WebSocket handshake.
    #[error("WebSocket handshake is wrong: {error}")]
    Handshake {
        /// The rule broken.
        error: HandshakeError,
        /// The answer.
        response: HttpResponse,
    },
    /// What came is not HTTP/1.1.
    #[error("expected {awaited}, received {came}")]
    NotHttp {
        /// What was awaited.
        awaited: &'static str,
        /// What came, with a guess: "bytes that look like TLS".
        came: String,
    },
    /// The first packet is no right open packet.
    #[error("open packet is wrong: {error}")]
    OpenPacket {
        /// What is wrong.
        error: OpenPacketError,
        /// The packet's text.
        came: String,
    },
    /// The server refused with an HTTP response.
    #[error("server answered {} to the handshake", .response.status)]
    Refused {
        /// The response.
        response: HttpResponse,
    },
    /// The stream was reset while something was awaited.
    #[error("connection was reset while awaiting {awaited}; received {came}")]
    Reset {
        /// What was awaited.
        awaited: &'static str,
        /// What came, as text for people.
        came: String,
    },
    /// Nothing listens there.
    #[error("can't reach {address}: {detail}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// The operating system's words.
        detail: String,
    },
    /// Nothing, or not enough, came in time.
    #[error("no {awaited} within {within:?}; received {came}")]
    TimedOut {
        /// What was awaited.
        awaited: &'static str,
        /// The deadline.
        within: Duration,
        /// What came so far.
        came: String,
    },
    /// TLS could not be established.
    #[error("TLS failed: {detail}")]
    Tls {
        /// Why.
        detail: String,
    },
    /// More than our bounds.
    #[error("{what} exceeds {limit} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The server does not go over to WebSocket.
    #[error("upgrade to WebSocket failed: {detail}")]
    Upgrade {
        /// What was awaited and what came.
        detail: String,
    },
}

impl ConnectFailure {
    /// Whether the server had opened the WebSocket before it ended the connection.
    pub fn came_after_opening(&self) -> bool {
        matches!(self, Self::Ended { awaited, .. } | Self::Reset { awaited, .. } if *awaited == OPEN_PACKET)
    }

    /// Whether it says nothing about the server: it was not reached, or sent more than this side takes.
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Tls { .. } | Self::TooLarge { .. } | Self::Unreachable { .. } => true,
            Self::Ended { .. }
            | Self::Handshake { .. }
            | Self::NotHttp { .. }
            | Self::OpenPacket { .. }
            | Self::Refused { .. }
            | Self::Reset { .. }
            | Self::TimedOut { .. }
            | Self::Upgrade { .. } => false,
        }
    }
}

/// Why an HTTP request got no response.
pub type HttpFailure = ConnectFailure;
