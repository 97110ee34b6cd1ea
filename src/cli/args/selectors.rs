//! The selectors of `run`, `prove`, `list` and `coverage`.

use clap::Args;

/// The scenarios that a command works on.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::cli) struct Selectors {
    /// Scenario files, folders, FILE:LINE, or id patterns such as 'rooms/*' [default: all shipped scenarios]
    #[arg(value_name = "SELECTORS")]
    pub(in crate::cli) selectors: Vec<String>,
}
