//! The arguments of the commands that read records.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{
    shown::Shown,
    value::{self, ReportRequest},
};

/// The arguments of `report`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ReportArgs {
    /// The record of a run, or the records of all its parts [default: the last run]
    #[arg(value_name = "RECORD")]
    pub(in crate::cli) records: Vec<PathBuf>,

    #[arg(long = "report", value_name = "FORMAT=PATH", help = value::report_help(), value_parser = value::report)]
    pub(in crate::cli) reports: Vec<ReportRequest>,

    #[command(flatten)]
    pub(in crate::cli) shown: Shown,
}

/// The arguments of `show`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ShowArgs {
    /// The record of a run [default: the last run], and the id of a scenario in it
    #[arg(value_name = "[RECORD] ID", num_args = 1..=2, required = true)]
    pub(in crate::cli) names: Vec<String>,
}

/// The arguments of `merge`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct MergeArgs {
    /// The records of all parts of a run
    #[arg(value_name = "RECORD", required = true)]
    pub(in crate::cli) records: Vec<PathBuf>,

    /// Where to write the record of the whole run
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
}

/// The arguments of `matrix`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct MatrixArgs {
    /// Records of runs, or targets to run all scenarios against: manifest files, `reference`, `reference-websocket`
    #[arg(value_name = "RECORD|TARGET", required = true)]
    pub(in crate::cli) servers: Vec<PathBuf>,

    /// The folder for the matrix and the badges
    #[arg(short, long, value_name = "FOLDER", default_value = "reports")]
    pub(in crate::cli) output: PathBuf,

    /// Write nothing, and fail if the matrix in the folder says something else about one of these servers
    #[arg(long)]
    pub(in crate::cli) check: bool,
}

/// The arguments of `compare`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct CompareArgs {
    /// The record of the earlier run
    #[arg(value_name = "OLD")]
    pub(in crate::cli) old: PathBuf,

    /// The record of the later run
    #[arg(value_name = "NEW")]
    pub(in crate::cli) new: PathBuf,

    /// How to print the changes
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(in crate::cli) format: ChangesFormat,
}

/// How `compare` prints the changes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum ChangesFormat {
    /// For people
    #[default]
    Text,
    /// For the summary of a CI job, or a comment
    Markdown,
    /// For programs
    Json,
}
