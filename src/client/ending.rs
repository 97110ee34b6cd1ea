//! The last phase of a connection: from the first close by one side to the end of the stream.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    ConnectFailure, DropHow, Ended, EndedHow, Exceeded,
    describe::describe,
    link::Link,
    recorder::{Recorder, given_up},
    wait::Wait,
};
use crate::{clock, wire::websocket::CloseCode};

/// The time for which the stream may stay open after one side has closed the connection.
const LINGER: Duration = Duration::from_secs(1);

/// The reason for the end of a connection, kept from the first close by one side until the stream has ended.
#[derive(Debug, Default)]
pub(super) struct Ending {
    ended: Option<Ended>,
    until: Option<Instant>,
}

impl Ending {
    /// Records that one side has closed the connection. The first call decides which side closed and in which way;
    /// later calls only add a missing code and reason of a close frame.
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

    /// Waits until the stream has stayed open for longer than [`LINGER`] after the close. Waits forever if no side
    /// has closed.
    pub(super) async fn overdue(&self) {
        clock::at(self.until).await;
    }

    /// Returns the reason for the end, once the stream has ended: the recorded close, or `how` if no close was
    /// recorded.
    pub(super) fn finish(&mut self, how: EndedHow, reason: String) -> Ended {
        self.ended.take().unwrap_or(Ended {
            how,
            code: None,
            reason,
            by_us: false,
            kept_open: false,
        })
    }

    /// Returns the reason for the end if the server keeps the stream open for too long after the close.
    pub(super) fn give_up(&mut self) -> Ended {
        Ended {
            kept_open: true,
            ..self.finish(EndedHow::Eof, String::new())
        }
    }

    /// Returns the recorded close by one side, or `ended` if no close was recorded.
    pub(super) fn finish_with(&mut self, ended: Ended) -> Ended {
        self.ended.take().unwrap_or(ended)
    }

    /// Returns the reason for the end of a connection from which reading has failed with `error`. If the error is that
    /// the run's memory budget is used up, also records that in the journal.
    pub(super) fn broken(&mut self, recorder: &mut Recorder, error: &std::io::Error) -> Ended {
        if let Some(limit) = Exceeded::of(error) {
            recorder.oversize(limit.clone());
            // The connection ends in any case, so a journal over its limits needs no handling here.
            let _ = recorder.flush();
            return given_up(limit.to_string());
        }
        match error.kind() {
            std::io::ErrorKind::InvalidData => {
                given_up(format!("no more data can be read over TLS: {error}"))
            }
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::ConnectionAborted => {
                self.finish(EndedHow::Reset, String::new())
            }
            _ => self.finish(EndedHow::Eof, error.to_string()),
        }
    }
}

/// Returns an [`Ended`] that says that the client ended the connection.
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

/// Returns the failure of a client that waited, for example for the open packet, while the connection ended.
pub(super) fn ended_early(recorder: &Recorder, wait: Wait, ended: &Ended) -> ConnectFailure {
    if let Some(limit) = recorder.exceeded() {
        return ConnectFailure::TooMuch {
            limit: limit.clone(),
        };
    }
    let came = match (ended.how, ended.code) {
        (EndedHow::CloseFrame, Some(code)) => {
            format!("a close frame with code {} {:?}", code.0, ended.reason)
        }
        (EndedHow::CloseFrame, None) => "a close frame without a code".to_owned(),
        (EndedHow::ClosePacket, _) => "a close packet".to_owned(),
        (EndedHow::GivenUp, _) => format!("data that can't be decoded: {}", ended.reason),
        (EndedHow::Eof | EndedHow::HttpError | EndedHow::Reset, _) => describe(&[]),
    };
    ConnectFailure::Ended {
        awaited: wait.awaited(),
        came,
    }
}

/// Returns the end of a connection whose server sent an illegal close frame: the server ended the connection with that
/// frame all the same.
pub(super) fn ended_by_illegal_close(ended: Ended, payload: &[u8]) -> Ended {
    let code = payload.first_chunk();
    Ended {
        how: EndedHow::CloseFrame,
        code: code.map(|code| CloseCode(u16::from_be_bytes(*code))),
        by_us: false,
        ..ended
    }
}
