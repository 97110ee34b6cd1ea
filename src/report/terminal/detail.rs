//! How much a run prints.

/// How much a run prints.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Detail {
    /// Print failures and the summary. A run of a few scenarios without a progress bar also prints a line for each
    /// scenario that passed.
    #[default]
    Normal,
    /// Print only what is not right: nothing at all if every scenario passed or was skipped.
    Quiet,
    /// Print a line for each scenario, skipped ones included, and how the absence of events was proved.
    Verbose,
}
