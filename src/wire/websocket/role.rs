//! The two sides of a WebSocket connection.

/// The side of the connection that receives the frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// The client receives. It accepts only unmasked frames (RFC 6455 section 5.1).
    Client,
    /// The server receives. It accepts only masked frames (RFC 6455 section 5.1).
    Server,
}
