//! What a `receive` step waits for.

use super::{FramePattern, HttpPattern};
use crate::scenario::Matcher;

/// What a `receive` step waits for.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// `{binary: …}`: an Engine.IO message with binary data.
    Binary(Matcher),
    /// `{bytes: …}`: raw bytes of a TCP connection. The step compares all bytes that the connection has received so
    /// far.
    Bytes(Matcher),
    /// `{echo: …}`: the text with which the target answers a message that the scenario created with the function
    /// `echo`.
    Echo(Matcher),
    /// `{frame: {opcode, fin, rsv, payload}}`: a WebSocket frame.
    Frame(FramePattern),
    /// `{http: {status, …}}`: an HTTP response on a bare TCP connection.
    Http(HttpPattern),
    /// `{message: …}`: an Engine.IO message with text.
    Message(Matcher),
    /// `{packet: {type, namespace, id, data}}`: a Socket.IO packet, decoded to an object.
    Packet(Matcher),
    /// An encoded Engine.IO packet as text, which starts with the digit of its type.
    Text(Matcher),
    /// `nothing`: no packet arrives until the end of the scenario. The runner checks this in the same way as for a
    /// `never` step.
    Nothing,
}

impl Incoming {
    /// Returns the expected HTTP response. `None` if the step waits for something else.
    pub const fn http(&self) -> Option<&HttpPattern> {
        match self {
            Self::Http(response) => Some(response),
            Self::Binary(_)
            | Self::Bytes(_)
            | Self::Echo(_)
            | Self::Frame(_)
            | Self::Message(_)
            | Self::Nothing
            | Self::Packet(_)
            | Self::Text(_) => None,
        }
    }
}
