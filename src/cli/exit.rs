//! What the process says with its exit status.

use std::process::ExitCode;

/// The exit statuses, the same for every command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// The target conforms; the command did what it was asked.
    Conformant = 0,
    /// The target does not conform, a baseline entry is stale, or a proof is incomplete.
    NotConformant = 1,
    /// The command line or a file is wrong.
    BadUsage = 2,
    /// The target or the harness could not run: nothing is said about the target.
    NotRun = 3,
    /// The selection is empty.
    NothingSelected = 4,
    /// Somebody interrupted it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
