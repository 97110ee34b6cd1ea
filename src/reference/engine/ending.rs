//! Why a session ends, and what its client is told.

/// Why a session ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Ending {
    /// The application ends the connection.
    Application,
    /// The client sent a close packet.
    ClosePacket,
    /// No namespace was joined in time.
    ConnectTimeout,
    /// The client breaks the protocol.
    ParseError,
    /// No pong came in time.
    PingTimeout,
    /// The client is too slow for what it is sent.
    QueueOverflow,
    /// The server stops.
    ServerStops,
    /// The connection is gone, or the client closed it.
    TransportClosed,
    /// The transport was used against its rules.
    TransportError,
}

/// The last packet of a polling session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LastPacket {
    /// The server closes.
    Close,
    /// The client closed, so its poll only has to end.
    Noop,
}

impl Ending {
    /// The reason as applications of the JavaScript server see it.
    pub(in crate::reference) fn reason(self) -> &'static str {
        match self {
            Self::Application | Self::ConnectTimeout => "forced server close",
            Self::ClosePacket | Self::TransportClosed => "transport close",
            Self::ParseError => "parse error",
            Self::PingTimeout => "ping timeout",
            Self::QueueOverflow | Self::TransportError => "transport error",
            Self::ServerStops => "server shutting down",
        }
    }

    /// Whether packets that are under way to the client are delivered first.
    pub(super) fn is_graceful(self) -> bool {
        match self {
            Self::Application | Self::ConnectTimeout | Self::ServerStops => true,
            Self::ClosePacket
            | Self::ParseError
            | Self::PingTimeout
            | Self::QueueOverflow
            | Self::TransportClosed
            | Self::TransportError => false,
        }
    }

    /// What ends a pending poll.
    pub(super) fn last_packet(self) -> LastPacket {
        match self {
            Self::ClosePacket | Self::TransportClosed => LastPacket::Noop,
            Self::Application
            | Self::ConnectTimeout
            | Self::ParseError
            | Self::PingTimeout
            | Self::QueueOverflow
            | Self::ServerStops
            | Self::TransportError => LastPacket::Close,
        }
    }
}
