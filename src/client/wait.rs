//! A wait for the server with a timeout, and the failures that end the wait.

use std::{future::Future, io, time::Duration};

use tokio::time::Instant;

use super::{
    ConnectFailure, Exceeded,
    describe::describe,
    link::{Link, Progress},
};
use crate::clock;

/// The name of the thing that the client waits for, and the deadline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    awaited: &'static str,
    within: Duration,
    until: Instant,
}

impl Wait {
    /// Starts a wait whose deadline is `within` from now.
    pub(super) fn new(awaited: &'static str, within: Duration) -> Self {
        Self {
            awaited,
            within,
            until: clock::now() + within,
        }
    }

    /// Returns a wait for another thing, `awaited`, with the same deadline.
    pub(super) fn then(self, awaited: &'static str) -> Self {
        Self { awaited, ..self }
    }

    /// Returns the name of what the client waits for, such as "open packet".
    pub(super) fn awaited(&self) -> &'static str {
        self.awaited
    }

    /// Runs `work` until the deadline. After the deadline, returns the failure that the server sent nothing.
    pub(super) async fn bound<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, ConnectFailure> {
        clock::before(self.until, work)
            .await
            .map_err(|_| self.timed_out(&[]))
    }

    /// Reads or writes once, and returns what happened.
    pub(super) async fn progress(&self, link: &mut Link) -> Result<Progress, ConnectFailure> {
        match clock::before(self.until, link.progress()).await {
            Err(_) => Err(self.timed_out(&link.inbox)),
            Ok(Err(error)) => Err(self.broken(&error, &link.inbox)),
            Ok(Ok(progress)) => Ok(progress),
        }
    }

    /// Reads or writes once. Returns a failure if the stream has ended.
    pub(super) async fn more(&self, link: &mut Link) -> Result<(), ConnectFailure> {
        match self.progress(link).await? {
            Progress::Eof => Err(self.ended(&link.inbox)),
            Progress::Received | Progress::Sent => Ok(()),
        }
    }

    /// Returns the failure that the stream ended after the bytes `came`.
    pub(super) fn ended(&self, came: &[u8]) -> ConnectFailure {
        ConnectFailure::Ended {
            awaited: self.awaited,
            came: describe(came),
        }
    }

    /// Returns the failure that the received bytes `came` are not HTTP.
    pub(super) fn not_http(&self, came: &[u8]) -> ConnectFailure {
        ConnectFailure::NotHttp {
            awaited: self.awaited,
            came: describe(came),
        }
    }

    fn timed_out(&self, came: &[u8]) -> ConnectFailure {
        ConnectFailure::TimedOut {
            awaited: self.awaited,
            within: self.within,
            came: describe(came),
        }
    }

    fn broken(&self, error: &io::Error, came: &[u8]) -> ConnectFailure {
        if let Some(limit) = Exceeded::of(error) {
            return ConnectFailure::TooMuch { limit };
        }
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                ConnectFailure::Reset {
                    awaited: self.awaited,
                    came: describe(came),
                }
            }
            io::ErrorKind::InvalidData => ConnectFailure::Tls {
                detail: error.to_string(),
            },
            _ => self.ended(came),
        }
    }
}
