//! The reasons why a connection or a request failed. The runner decides whether a failure is the server's mistake.

use std::time::Duration;

use super::{Exceeded, HttpResponse};
use crate::wire::{engine_io::OpenPacketError, websocket::HandshakeError};

/// The name, for messages, of the packet that the client waits for after a WebSocket to an Engine.IO server has opened.
pub(super) const OPEN_PACKET: &str = "open packet";

/// The reason why a connection failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The stream ended while the client waited.
    #[error("connection ended while awaiting {awaited}; received {came}")]
    Ended {
        /// What the client waited for, for example the open packet.
        awaited: &'static str,
        /// A description of the bytes that came instead.
        came: String,
    },
    /// The response is not a valid WebSocket handshake.
    #[error("WebSocket handshake is wrong: {error}")]
    Handshake {
        /// The rule of the handshake that the response breaks.
        error: HandshakeError,
        /// The server's response to the handshake.
        response: HttpResponse,
    },
    /// The received bytes are not HTTP/1.1.
    #[error("expected {awaited}, received {came}")]
    NotHttp {
        /// What the client waited for, for example the open packet.
        awaited: &'static str,
        /// A description of the received bytes, with a guess: "bytes that look like TLS".
        came: String,
    },
    /// The first packet is not a valid open packet.
    #[error("open packet is wrong: {error}")]
    OpenPacket {
        /// What is wrong with the server's first packet.
        error: OpenPacketError,
        /// The text of the server's first packet.
        came: String,
    },
    /// The server refused the connection with an HTTP response.
    #[error("server answered {} to the handshake", .response.status)]
    Refused {
        /// The response with which the server refused the connection.
        response: HttpResponse,
    },
    /// The stream was reset while the client waited.
    #[error("connection was reset while awaiting {awaited}; received {came}")]
    Reset {
        /// What the client waited for, for example the open packet.
        awaited: &'static str,
        /// A description of the bytes that came before the reset.
        came: String,
    },
    /// No server listens at this address.
    #[error("can't reach {address}: {detail}")]
    Unreachable {
        /// The host and port that the client tried to reach.
        address: String,
        /// The error of the operating system, for example "connection refused".
        detail: String,
    },
    /// The server sent nothing, or not enough, before the deadline.
    #[error("no {awaited} within {}; received {came}", crate::text::humanize::limit(*.within))]
    TimedOut {
        /// What the client waited for, for example the open packet.
        awaited: &'static str,
        /// The time limit of the wait.
        within: Duration,
        /// A description of the bytes that came before the deadline.
        came: String,
    },
    /// TLS could not be established.
    #[error("TLS failed: {detail}")]
    Tls {
        /// The reason, in the words of the TLS library.
        detail: String,
    },
    /// The server sent more than sockspec accepts.
    #[error("{what} exceeds {limit} bytes")]
    TooLarge {
        /// The part of the response that is too large.
        what: &'static str,
        /// The limit that sockspec sets, in bytes.
        limit: usize,
    },
    /// The server exceeded a limit on the traffic of a connection or of the run.
    #[error("received more than sockspec accepts: {limit}")]
    TooMuch {
        /// The exceeded limit.
        limit: Exceeded,
    },
    /// The upgrade to WebSocket failed.
    #[error("upgrade to WebSocket failed: {detail}")]
    Upgrade {
        /// Why the upgrade failed: for example, which message was expected and which came.
        detail: String,
    },
}

impl ConnectFailure {
    /// Returns true if the WebSocket had opened before the connection ended.
    pub fn came_after_opening(&self) -> bool {
        matches!(self, Self::Ended { awaited, .. } | Self::Reset { awaited, .. } if *awaited == OPEN_PACKET)
    }

    /// Returns true if the server sent a valid open packet that is larger than sockspec accepts.
    pub fn is_large_open_packet(&self) -> bool {
        matches!(self, Self::TooLarge { what, .. } if *what == OPEN_PACKET)
    }

    /// Returns true if the failure says nothing about the server: the server was not reached, or it sent more than
    /// sockspec accepts.
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Tls { .. }
            | Self::TooLarge { .. }
            | Self::TooMuch { .. }
            | Self::Unreachable { .. } => true,
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

/// The reason why an HTTP request got no response.
pub type HttpFailure = ConnectFailure;
