//! The arguments of `review`.

use std::path::PathBuf;

use clap::Args;

/// The arguments of `review`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
On a terminal, `review` asks about each change. Otherwise it prints the list.\n\n\
Exit status: 0 no change is left, or --accept and --reject did what they say; 1 changes are left; 2 bad usage, or a \
snapshot that can't be read; 3 a snapshot can't be written; 4 a pattern names no change; 130 interrupted.")]
pub(in crate::cli) struct ReviewArgs {
    /// Folders of snapshots, or `.snap` files [default: reports/snapshots]
    #[arg(value_name = "FOLDER")]
    pub(in crate::cli) paths: Vec<PathBuf>,

    /// Print the list of changes
    #[arg(long, conflicts_with_all = ["diff", "accept", "reject"])]
    pub(in crate::cli) list: bool,

    /// Print what differs in each change
    #[arg(long, conflicts_with_all = ["accept", "reject"])]
    pub(in crate::cli) diff: bool,

    /// Accept the changes of the scenarios that match this id or pattern of ids, such as `rooms/*` (repeatable)
    #[arg(long, value_name = "PATTERN")]
    pub(in crate::cli) accept: Vec<String>,

    /// Reject the changes of the scenarios that match, also if --accept names them (repeatable)
    #[arg(long, value_name = "PATTERN")]
    pub(in crate::cli) reject: Vec<String>,
}
