//! How much of a run is printed.

use clap::Args;

use crate::report::{Detail, SameCause};

/// The options for how much of a run is printed.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Shown {
    /// Print each failure in full, also if an earlier one has the same cause
    #[arg(long)]
    all: bool,

    /// Print only what is not right
    #[arg(short, long, conflicts_with = "verbose")]
    pub(in crate::cli) quiet: bool,

    /// Print every scenario, and how the absence of events was proved
    #[arg(short, long)]
    verbose: bool,
}

impl Shown {
    /// Returns how much to print of each scenario.
    pub(in crate::cli) fn detail(self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::Verbose,
            (false, false) => Detail::Normal,
        }
    }

    /// Returns how often to explain a cause that several scenarios have.
    pub(in crate::cli) fn same_cause(self) -> SameCause {
        if self.all {
            SameCause::Each
        } else {
            SameCause::Once
        }
    }
}
