//! Why a target did not start, as people read it.

use std::{fmt::Write, io, path::PathBuf, time::Duration};

use super::Secrets;

/// The number of lines of output that an error shows.
pub(super) const LOG_LINES: usize = 20;

/// Why a target did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// It ended before it was ready.
    #[error("`{command}` ended before it was ready ({status}){}", shown(.log))]
    Exited {
        /// The command.
        command: String,
        /// The exit status.
        status: String,
        /// Its last lines of output.
        log: Vec<String>,
    },
    /// No port is free.
    #[error("no port between 10000 and 32000 is free")]
    NoPort,
    /// It runs, but was not ready in time.
    #[error("`{command}` was not ready within {} s: awaited {awaited}, last seen: {came}{}", .within.as_secs_f32(), shown(.log))]
    NotReady {
        /// The command.
        command: String,
        /// What was awaited.
        awaited: String,
        /// What came instead.
        came: String,
        /// The deadline.
        within: Duration,
        /// Its last lines of output.
        log: Vec<String>,
    },
    /// The setup failed.
    #[error("setup `{command}` failed ({status}){}", shown(.log))]
    Setup {
        /// The command.
        command: String,
        /// The exit status.
        status: String,
        /// Its last lines of output.
        log: Vec<String>,
    },
    /// Setups of one folder must not run at the same time, and the lock can't be had.
    #[error("can't lock {}: {source}", .path.display())]
    SetupLock {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system can't start the command.
    #[error("can't start `{command}` in {}: {source}", .workdir.display())]
    Spawn {
        /// The command.
        command: String,
        /// Its working folder.
        workdir: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl LaunchError {
    /// Without secrets: a command may be given one, and a server may write it.
    #[must_use]
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let mask = |text: &mut String| *text = secrets.mask(text);
        match &mut self {
            Self::Exited { command, log, .. }
            | Self::NotReady { command, log, .. }
            | Self::Setup { command, log, .. } => {
                mask(command);
                log.iter_mut().for_each(mask);
            }
            Self::Spawn { command, .. } => mask(command),
            Self::NoPort | Self::SetupLock { .. } => {}
        }
        self
    }

    /// Returns true if the target ended because another process has its port.
    pub(super) fn is_port_taken(&self) -> bool {
        let Self::Exited { log, .. } = self else {
            return false;
        };
        log.iter().any(|line| {
            let line = line.to_ascii_lowercase();
            line.contains("eaddrinuse") || line.contains("address already in use")
        })
    }
}

/// The output below an error.
fn shown(log: &[String]) -> String {
    if log.is_empty() {
        return "; it wrote nothing".to_owned();
    }
    let mut text = "; its last output:".to_owned();
    for line in log {
        // Writing to a `String` can't fail.
        let _ = write!(text, "\n  | {line}");
    }
    text
}
