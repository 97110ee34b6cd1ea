//! The two sides of a connection.

/// The side of the connection that receives the frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Frames from the server must not be masked (RFC 6455 section 5.1).
    Client,
    /// Frames from the client must be masked (RFC 6455 section 5.1).
    Server,
}
