//! What the user typed, as clap reads it.

mod run;
mod serve;
mod value;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use run::{ProveArgs, RunArgs, TargetArgs, TierName, TlsArgs, TransportName};
pub(super) use serve::{ContractName, ServeArgs};
pub(super) use value::{ReportKind, ReportRequest};

/// Tells whether a Socket.IO server is right: replays scenarios over the wire and reports verdicts with evidence.
#[derive(Clone, Debug, Parser)]
#[command(name = "sockspec", version, propagate_version = true)]
#[command(after_help = "\
Exit status: 0 conformant, 1 not conformant, 2 bad usage or bad file, 3 could not run, 4 nothing selected, \
130 interrupted.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// When colours are used
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(super) color: ColourWhen,

    /// What is logged to standard error while scenarios run
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "off",
        env = "SOCKSPEC_LOG",
        global = true
    )]
    pub(super) log: LogLevel,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum LogLevel {
    /// Nothing
    #[default]
    Off,
    /// Servers that start
    Info,
    /// Steps, with the time that they take
    Debug,
    /// Every packet, frame and response, with its time
    Trace,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum ColourWhen {
    /// Always, whatever the environment says
    Always,
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    /// Never
    Never,
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// Load files without running them and name every mistake at once
    Check(CheckArgs),
    /// Say which requirements are tested, and which are not and why
    Coverage(CoverageArgs),
    /// Say what a scenario is about and what a healthy server does
    Explain(ExplainArgs),
    /// List scenarios
    List(ListArgs),
    /// Ask a server what it can do
    Probe(ProbeArgs),
    /// Prove that scenarios can fail: run each with the faults it claims to catch
    Prove(ProveArgs),
    /// Run scenarios against a server
    Run(RunArgs),
    /// Run the reference server, right or with deliberate faults
    Serve(ServeArgs),
}

/// `check`.
#[derive(Args, Clone, Debug)]
pub(super) struct CheckArgs {
    /// Scenario files, target manifests, or folders of them
    #[arg(required = true, value_name = "FILES")]
    pub(super) files: Vec<PathBuf>,

    /// One line for each mistake: FILE:LINE:COLUMN: error[CODE]: MESSAGE
    #[arg(long, conflicts_with = "json")]
    pub(super) short: bool,

    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// `coverage`.
#[derive(Args, Clone, Debug)]
pub(super) struct CoverageArgs {
    #[command(flatten)]
    pub(super) selectors: Selectors,

    /// How the table is grouped
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "state",
        conflicts_with = "json"
    )]
    pub(super) by: CoverageBy,

    /// A report of `prove --report json=FILE`: only what a fault turned red there counts as tested
    #[arg(long, value_name = "FILE")]
    pub(super) proof: Option<PathBuf>,

    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// How the table of `coverage` is grouped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum CoverageBy {
    /// By document and section
    Clause,
    /// What is to be done first
    #[default]
    State,
}

/// `explain`.
#[derive(Args, Clone, Debug)]
pub(super) struct ExplainArgs {
    /// A scenario's id, or FILE:LINE
    #[arg(value_name = "ID")]
    pub(super) id: String,
}

/// `list`.
#[derive(Args, Clone, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) selectors: Selectors,

    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// `probe`.
#[derive(Args, Clone, Debug)]
pub(super) struct ProbeArgs {
    /// The server; a path is taken for that of its Engine.IO endpoint
    #[arg(value_name = "URL")]
    pub(super) url: String,

    #[command(flatten)]
    pub(super) tls: TlsArgs,

    /// One JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// Which scenarios.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Selectors {
    /// Scenario files or folders, FILE:LINE, or id patterns such as 'rooms/*'; all that ship where none is given
    #[arg(value_name = "SELECTORS")]
    pub(super) selectors: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_in_the_readme_is_understood() {
        let readme = include_str!("../../../README.md");
        // Every second piece stands between fences.
        let examples = readme.split("```").skip(1).step_by(2);
        let commands: Vec<_> = examples
            .flat_map(str::lines)
            .filter_map(|line| line.trim_start_matches("- run: ").strip_prefix("sockspec "))
            .map(|rest| rest.split('#').next().unwrap_or_default())
            .collect();
        assert!(commands.len() > 10, "{commands:?}");
        for command in commands {
            let words = command
                .split_whitespace()
                .map(|word| word.trim_matches('\''));
            let line = std::iter::once("sockspec").chain(words);
            assert!(Arguments::try_parse_from(line).is_ok(), "{command}");
        }
    }
}
