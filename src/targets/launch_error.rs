//! The errors of starting a target.

use std::{fmt::Write, io, path::PathBuf, time::Duration};

use super::Secrets;

/// The number of lines of the target's output that an error shows.
pub(super) const LOG_LINES: usize = 20;

/// The reason why a target did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The process ended before it was ready.
    #[error("`{command}` ended before it was ready ({status}){}", format_output(.log))]
    Exited {
        /// The command that was run.
        command: String,
        /// The exit status of the command.
        status: String,
        /// The last lines that the command has written.
        log: Vec<String>,
    },
    /// No port of the range is free.
    #[error("no port between 10000 and 32000 is free")]
    NoPort,
    /// The process runs, but was not ready in time.
    #[error("`{command}` was not ready within {} s: awaited {awaited}, last seen: {came}{}", .within.as_secs_f32(), format_output(.log))]
    NotReady {
        /// The command that was run.
        command: String,
        /// The condition that makes the target ready.
        awaited: String,
        /// What the last check found, such as "Connection refused".
        came: String,
        /// The time that the target had to become ready.
        within: Duration,
        /// The last lines that the command has written.
        log: Vec<String>,
    },
    /// The setup command failed.
    #[error("setup `{command}` failed ({status}){}", format_output(.log))]
    Setup {
        /// The command that was run.
        command: String,
        /// The exit status of the command.
        status: String,
        /// The last lines that the command has written.
        log: Vec<String>,
    },
    /// The lock that allows only one setup in a folder can't be taken.
    #[error("can't lock {}: {source}", .path.display())]
    SetupLock {
        /// The path of the lock file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The operating system can't start the command.
    #[error("can't start `{command}` in {}: {source}", .workdir.display())]
    Spawn {
        /// The command that was run.
        command: String,
        /// The working folder of the command.
        workdir: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl LaunchError {
    /// Masks the secrets in the command and in the output.
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

/// Formats the target's last lines of output for the end of an error message.
fn format_output(log: &[String]) -> String {
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
