//! The exit statuses of the program.

use std::process::ExitCode;

/// The exit statuses, which have the same meaning for every command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Exit {
    /// The target conforms to all checked requirements, or a command that checks no target succeeded.
    Conformant = 0,
    /// The target does not conform, an entry of the baseline no longer applies, or `prove` proved too little.
    NotConformant = 1,
    /// The command line or a file has a mistake.
    BadUsage = 2,
    /// The target or sockspec could not run, so there is no verdict on the target.
    NotRun = 3,
    /// No scenario is selected, every scenario was skipped, or scenarios need a capability that no file declares.
    NothingSelected = 4,
    /// The user interrupted the command.
    Interrupted = 130,
}

impl Exit {
    /// Returns the meaning of the exit status in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Conformant => "the target conforms",
            Self::NotConformant => "the target does not conform",
            Self::BadUsage => "the command line or a file has a mistake",
            Self::NotRun => "the target or sockspec could not run",
            Self::NothingSelected => "nothing was selected",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
