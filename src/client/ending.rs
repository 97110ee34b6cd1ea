//! The last phase of a connection: from the first close by one side to the end of the stream.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{DropHow, Ended, EndedHow, link::Link, recorder::given_up};
use crate::clock;

/// How long the stream may stay open after one side has closed the connection.
const LINGER: Duration = Duration::from_secs(1);

/// The end that is reported when the stream has ended.
#[derive(Debug, Default)]
pub(super) struct Ending {
    ended: Option<Ended>,
    until: Option<Instant>,
}

impl Ending {
    /// Records that one side has closed the connection. The first call decides which side and how; later calls add the
    /// code and the reason of a close frame if they are missing.
    pub(super) fn begin(&mut self, ended: Ended) {
        match &mut self.ended {
            Some(known) => {
                if known.code.is_none() {
                    known.code = ended.code;
                }
                if known.reason.is_empty() {
                    known.reason = ended.reason;
                }
            }
            None => {
                self.ended = Some(ended);
                self.until = Some(clock::now() + LINGER);
            }
        }
    }

    /// Returns true if one side has closed the connection.
    pub(super) fn has_begun(&self) -> bool {
        self.ended.is_some()
    }

    /// Waits until the stream has been open for too long after the close. Never returns before a close.
    pub(super) async fn overdue(&self) {
        at(self.until).await;
    }

    /// Returns the end to report when the stream has ended: the recorded close, or `how` without one.
    pub(super) fn finish(&mut self, how: EndedHow, reason: String) -> Ended {
        self.ended.take().unwrap_or(Ended {
            how,
            code: None,
            reason,
            by_us: false,
            kept_open: false,
        })
    }

    /// Returns the end to report when the stream has been open for too long after the close.
    pub(super) fn give_up(&mut self) -> Ended {
        Ended {
            kept_open: true,
            ..self.finish(EndedHow::Eof, String::new())
        }
    }

    /// Returns the recorded close, or `ended` without one.
    pub(super) fn finish_with(&mut self, ended: Ended) -> Ended {
        self.ended.take().unwrap_or(ended)
    }

    /// Returns the end to report when reading has failed.
    pub(super) fn broken(&mut self, error: &std::io::Error) -> Ended {
        match error.kind() {
            std::io::ErrorKind::InvalidData => given_up(format!("TLS can't be read on: {error}")),
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::ConnectionAborted => {
                self.finish(EndedHow::Reset, String::new())
            }
            _ => self.finish(EndedHow::Eof, error.to_string()),
        }
    }
}

/// Waits until `instant`, or forever for `None`.
pub(super) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Returns an end by the client.
pub(super) fn by_us(how: EndedHow) -> Ended {
    Ended {
        how,
        code: None,
        reason: String::new(),
        by_us: true,
        kept_open: false,
    }
}

/// Ends a stream at once in the requested way. Sends no close frame.
pub(super) async fn cut(link: Link, how: DropHow) -> Ended {
    by_us(match how {
        DropHow::Reset => {
            link.reset();
            EndedHow::Reset
        }
        DropHow::Close | DropHow::Drop => {
            link.finish().await;
            EndedHow::Eof
        }
    })
}
