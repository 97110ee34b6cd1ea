//! The errors of starting a target.

use std::{fmt::Write, io, path::PathBuf, time::Duration};

use super::{Maskable, Secrets};

/// The number of lines of the target's output that an error shows.
pub(super) const LOG_LINES: usize = 20;

/// The words between an error message and the last output of the target.
const OUTPUT: &str = "; its last output:";

/// Why a target did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The process ended before it was ready.
    #[error("`{command}` ended before it was ready ({status}){}", format_output(.log))]
    Exited {
        /// The command that was run to start the target.
        command: String,
        /// The exit status of the command.
        status: String,
        /// The last lines that the command has written.
        log: Vec<String>,
    },
    /// None of the ports that targets can get is free.
    #[error("no port between 10000 and 32000 is free")]
    NoPort,
    /// The process runs, but was not ready in time.
    #[error("`{command}` was not ready within {}: awaited {awaited}, last seen: {came}{}", crate::text::humanize::limit(*.within), format_output(.log))]
    NotReady {
        /// The command that was run to start the target.
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
        /// The setup command that was run.
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
    /// Another process held the lock for too long.
    #[error("{} sets up {} and has not ended after {} s", describe_holder(*.holder), .workdir.display(), .within.as_secs())]
    SetupLocked {
        /// The id of the process that holds the lock, if it is known.
        holder: Option<u32>,
        /// The folder that both processes set up.
        workdir: PathBuf,
        /// How long this process waited for the lock.
        within: Duration,
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
    /// Returns the message without the output, except for the last line of the output.
    pub fn headline(&self) -> String {
        let message = self.to_string();
        let (head, _) = message.split_once(OUTPUT).unwrap_or((&message, ""));
        match self {
            Self::Exited { log, .. } | Self::NotReady { log, .. } | Self::Setup { log, .. } => {
                match log.last() {
                    Some(last) => format!("{head}; its last line: {last}"),
                    None => head.to_owned(),
                }
            }
            Self::NoPort
            | Self::SetupLock { .. }
            | Self::SetupLocked { .. }
            | Self::Spawn { .. } => head.to_owned(),
        }
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

impl Maskable for LaunchError {
    fn mask(&mut self, secrets: &Secrets) {
        match self {
            Self::Exited {
                command,
                status: _,
                log,
            }
            | Self::Setup {
                command,
                status: _,
                log,
            } => {
                command.mask(secrets);
                log.mask(secrets);
            }
            Self::NotReady {
                command,
                awaited,
                came,
                within: _,
                log,
            } => {
                command.mask(secrets);
                awaited.mask(secrets);
                came.mask(secrets);
                log.mask(secrets);
            }
            Self::SetupLock { path, source: _ } => path.mask(secrets),
            Self::SetupLocked {
                holder: _,
                workdir,
                within: _,
            } => workdir.mask(secrets),
            Self::Spawn {
                command,
                workdir,
                source: _,
            } => {
                command.mask(secrets);
                workdir.mask(secrets);
            }
            Self::NoPort => {}
        }
    }
}

/// Returns a description of the process that holds a setup lock: "process 12".
pub(super) fn describe_holder(holder: Option<u32>) -> String {
    match holder {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}

/// Formats the last output of a target for the end of an error message.
fn format_output(log: &[String]) -> String {
    if log.is_empty() {
        return "; it wrote nothing".to_owned();
    }
    let mut text = OUTPUT.to_owned();
    for line in log {
        // Writing to a `String` can't fail.
        let _ = write!(text, "\n  | {line}");
    }
    text
}
