//! The last phase of a connection.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{DropHow, Ended, EndedHow, link::Link, recorder::given_up};
use crate::clock;

/// How long the stream may stay open after the last word was said.
const LINGER: Duration = Duration::from_secs(1);

/// How a connection is going to be reported once its stream is gone.
#[derive(Debug, Default)]
pub(super) struct Ending {
    ended: Option<Ended>,
    until: Option<Instant>,
}

impl Ending {
    /// The last word was said by one side. The first call decides who and how, a close frame's code and
    /// reason are added by later ones.
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

    /// Whether the last word was said.
    pub(super) fn has_begun(&self) -> bool {
        self.ended.is_some()
    }

    /// Waits until the stream has been open for too long after the last word.
    pub(super) async fn overdue(&self) {
        at(self.until).await;
    }

    /// What is reported now that the stream ended, in the way `how` unless more is known.
    pub(super) fn finish(&mut self, how: EndedHow, reason: String) -> Ended {
        self.ended.take().unwrap_or(Ended {
            how,
            code: None,
            reason,
            by_us: false,
            kept_open: false,
        })
    }

    /// What is reported now that the stream has been open for too long after the last word.
    pub(super) fn give_up(&mut self) -> Ended {
        Ended {
            kept_open: true,
            ..self.finish(EndedHow::Eof, String::new())
        }
    }

    /// What is reported now that `ended` came in the way; what was decided before counts.
    pub(super) fn finish_with(&mut self, ended: Ended) -> Ended {
        self.ended.take().unwrap_or(ended)
    }

    /// What is reported when reading failed.
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

/// Waits until then; for ever where there is no then.
pub(super) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// This side ends the connection.
pub(super) fn by_us(how: EndedHow) -> Ended {
    Ended {
        how,
        code: None,
        reason: String::new(),
        by_us: true,
        kept_open: false,
    }
}

/// Ends a stream at once, as this side was told.
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
