//! The reasons for which a session ends, and what its client receives.

/// Why a session ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::reference) enum Ending {
    /// The application closed the connection.
    Application,
    /// The client sent a close packet.
    ClosePacket,
    /// The client joined no namespace in time.
    ConnectTimeout,
    /// The client sent an invalid packet.
    ParseError,
    /// The client sent no pong in time.
    PingTimeout,
    /// Too many packets wait for the client.
    QueueOverflow,
    /// The server is stopping.
    ServerStops,
    /// The connection was lost, or the client closed it.
    TransportClosed,
    /// The client broke the rules of WebSocket or HTTP long-polling.
    TransportError,
}

/// The packet that answers the last poll of a polling session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LastPacket {
    /// A close packet, because the server closed the session.
    Close,
    /// A noop packet. The client closed the session, so its pending poll only needs an answer.
    Noop,
}

impl Ending {
    /// Returns the disconnect reason that the JavaScript server reports to applications for this
    /// ending.
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

    /// Returns true if the server still sends the waiting packets before it closes the session.
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

    /// Returns the packet that answers the last poll of a polling session.
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
