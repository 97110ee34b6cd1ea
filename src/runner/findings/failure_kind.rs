//! The kinds of failures that reports and baselines name.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::client::{ConnectFailure, Illegal};

/// Declares `FailureKind` from one table: the variants, their list, their names and their meanings.
macro_rules! failure_kinds {
    ($($variant:ident, $name:literal, $meaning:literal;)+) => {
        /// What a server did wrong.
        ///
        /// The names of the kinds never change, because the baselines of other projects contain them.
        #[derive(
            Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
        )]
        pub enum FailureKind {
            $(
                #[doc = $meaning]
                #[serde(rename = $name)]
                $variant,
            )+
        }

        impl FailureKind {
            /// All kinds, in the order of their names.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the name that reports and baselines use.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns what the server did wrong, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }
        }
    };
}

failure_kinds! {
    AcknowledgedTwice, "acknowledged-twice",
        "The server acknowledged one request more than once.";
    CheckFailed, "check-failed",
        "The expression of a `check` step is false.";
    ConnectionEnded, "connection-ended",
        "The server ended a connection that has to stay open.";
    ConnectionFailed, "connection-failed",
        "A connection that has to open did not open.";
    ConnectionStayedOpen, "connection-stayed-open",
        "The server left a connection open that it has to end.";
    DeliveredToOutsider, "delivered-to-outsider",
        "An event reached a client that must not receive it.";
    DeliveredTwice, "delivered-twice",
        "An event reached a client more often than it has to.";
    IllegalFrame, "illegal-frame",
        "The server sent data that WebSocket forbids.";
    IllegalHttp, "illegal-http",
        "The server sent data that is not an HTTP response.";
    IllegalPacket, "illegal-packet",
        "The server sent data that Engine.IO or Socket.IO forbids.";
    InternalsLeaked, "internals-leaked",
        "The server sent a stack trace or a path of its own files.";
    NoResponse, "no-response",
        "The server did not answer in time.";
    NotAcknowledged, "not-acknowledged",
        "The server did not acknowledge a request in time.";
    NotDelivered, "not-delivered",
        "An event did not reach a client that has to receive it.";
    NotDisconnected, "not-disconnected",
        "The server did not send the DISCONNECT packet that a client has to receive.";
    NotRefused, "not-refused",
        "The server accepted a request or a connection that it has to refuse.";
    RefusalMisdirected, "refusal-misdirected",
        "A report of a refusal reached the wrong client, or came more than once.";
    RefusalNotReported, "refusal-not-reported",
        "The client that made a request got no report that the request was refused.";
    SameId, "same-id",
        "Two connections got the same session id or socket id.";
    SecretLeaked, "secret-leaked",
        "The server sent a token or a secret to a client.";
    SentAfterDisconnect, "sent-after-disconnect",
        "The server sent a packet for a namespace that the client had left.";
    SentBeforeConnect, "sent-before-connect",
        "The server sent a packet for a namespace before it answered the CONNECT packet.";
    ServerDied, "server-died",
        "The process of the server ended, or its port was closed.";
    ServerStuck, "server-stuck",
        "The server stopped serving clients that did nothing wrong.";
    TooEarly, "too-early",
        "Something happened before the earliest time that the scenario allows.";
    TooLate, "too-late",
        "Several steps together took longer than the scenario allows.";
    UnexpectedPacket, "unexpected-packet",
        "The server sent a packet or a frame where none may come.";
    UnexpectedResponse, "unexpected-response",
        "The server sent an HTTP response where none may come.";
    WrongClose, "wrong-close",
        "A connection ended in another way, with another code or with another reason than expected.";
    WrongContent, "wrong-content",
        "An event, acknowledgement, packet or frame has other content than expected.";
    WrongOrder, "wrong-order",
        "Another event or packet came before the one that has to come next.";
    WrongRefusal, "wrong-refusal",
        "The server refused, but its report has other content than expected.";
    WrongResponse, "wrong-response",
        "An HTTP response has another status, header or body than expected.";
    WronglyAcknowledged, "wrongly-acknowledged",
        "The server sent an acknowledgement that no request asked for, or that this request must not get.";
    WronglyRefused, "wrongly-refused",
        "The server refused a request or a connection that it has to accept.";
}

impl FailureKind {
    /// Returns true if a failure of this kind means that something did not happen before a deadline. Then a shorter
    /// deadline shows it too.
    pub(in crate::runner) fn is_absence(self) -> bool {
        matches!(
            self,
            Self::ConnectionStayedOpen
                | Self::NoResponse
                | Self::NotAcknowledged
                | Self::NotDelivered
                | Self::NotDisconnected
                | Self::RefusalNotReported
        )
    }
}

impl From<&Illegal> for FailureKind {
    fn from(illegal: &Illegal) -> Self {
        match illegal {
            Illegal::EngineIo(_) | Illegal::SocketIo(_) => Self::IllegalPacket,
            Illegal::WebSocket(_) => Self::IllegalFrame,
        }
    }
}

/// The kind of failure for a connection that has to open, or a response that has to come, but did not.
impl From<&ConnectFailure> for FailureKind {
    fn from(failure: &ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Ended { .. }
            | ConnectFailure::Handshake { .. }
            | ConnectFailure::Reset { .. }
            | ConnectFailure::Tls { .. }
            | ConnectFailure::TooLarge { .. }
            | ConnectFailure::TooMuch { .. }
            | ConnectFailure::Unreachable { .. }
            | ConnectFailure::Upgrade { .. } => Self::ConnectionFailed,
            ConnectFailure::NotHttp { .. } => Self::IllegalHttp,
            ConnectFailure::OpenPacket { .. } => Self::IllegalPacket,
            ConnectFailure::Refused { .. } => Self::WronglyRefused,
            ConnectFailure::TimedOut { .. } => Self::NoResponse,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_list_every_kind_with_its_meaning() {
        let docs = include_str!("../../../docs/baselines.md");
        let rows: Vec<_> = FailureKind::ALL
            .iter()
            .map(|kind| format!("| `{kind}` | {} |", kind.meaning()))
            .collect();
        let listed: Vec<_> = docs
            .split_once("## Kinds of failures")
            .unwrap()
            .1
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        assert_eq!(listed, rows);
    }

    #[test]
    fn kinds_have_different_names() {
        let mut names: Vec<_> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FailureKind::ALL.len());
    }
}
