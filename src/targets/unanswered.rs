//! The kinds of requests that a server can leave without an answer.

/// A kind of request to which a server has to give an answer. A probe finds out which of them the server never answers.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Unanswered {
    /// The handshake of a WebSocket.
    Upgrade,
    /// The GET request that opens a session with long-polling.
    PollingHandshake,
    /// The packet with which a client joins a namespace.
    Connect,
    /// A POST request to a session with long-polling.
    Post,
    /// A GET request of a session with long-polling, although there is something to return.
    Poll,
}

impl Unanswered {
    /// Returns the requests in words, for a sentence that begins with "the server does not answer".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Upgrade => "WebSocket handshakes",
            Self::PollingHandshake => "polling handshakes",
            Self::Connect => "CONNECT packets",
            Self::Post => "POST requests",
            Self::Poll => "polls",
        }
    }
}
