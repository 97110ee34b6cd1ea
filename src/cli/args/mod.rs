//! The command line as clap parses it. Each command converts its arguments to settings.

mod records;
mod review;
mod run;
mod selectors;
mod serve;
mod shown;
mod value;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use records::{ChangesFormat, CompareArgs, MatrixArgs, MergeArgs, ReportArgs, ShowArgs};
pub(super) use review::ReviewArgs;
pub(super) use run::{
    ProveArgs, RunArgs, SnapshotHow, TargetArgs, TierName, TlsArgs, TransportName,
};
pub(super) use selectors::Selectors;
pub(super) use serve::{ContractName, OfferedTransport, ParserName, PresetName, ServeArgs};
pub(super) use value::{ProofRequest, ReportRequest};

/// Checks a Socket.IO or WebSocket server: replays scenarios over the wire and reports verdicts with evidence.
#[derive(Clone, Debug, Parser)]
#[command(name = "sockspec", version, propagate_version = true)]
#[command(after_help = "\
Exit status: 0 conformant, 1 not conformant, 2 bad usage or bad file, 3 could not run, 4 nothing selected, \
130 interrupted.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(super) color: ColourWhen,

    /// What to log to standard error while scenarios run
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "off",
        env = "SOCKSPEC_LOG",
        global = true
    )]
    pub(super) log: LogLevel,
}

/// How much the program logs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum LogLevel {
    /// Log nothing
    #[default]
    Off,
    /// Log when a server starts
    Info,
    /// Log each step and its duration
    Debug,
    /// Log every packet, frame and HTTP response with its time
    Trace,
}

/// When the output has colours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum ColourWhen {
    /// Always, regardless of the environment
    Always,
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`
    #[default]
    Auto,
    /// Never
    Never,
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// Check files without running them, and report every mistake
    Check(CheckArgs),
    /// Show what changed between two recorded runs
    Compare(CompareArgs),
    /// Show which requirements are tested, which are not, and why
    Coverage(CoverageArgs),
    /// Explain a scenario: its rule, its steps and what a correct server does
    Explain(ExplainArgs),
    /// Probe a server, and write a manifest and a first scenario
    Init(InitArgs),
    /// List scenarios
    List(ListArgs),
    /// Show what several servers do, side by side, with a badge for each
    Matrix(MatrixArgs),
    /// Join the records of the parts of a run
    Merge(MergeArgs),
    /// Find out what a server supports
    Probe(ProbeArgs),
    /// Prove that scenarios can fail: run each against every fault that it claims to catch
    Prove(ProveArgs),
    /// Write reports from the record of a run
    Report(ReportArgs),
    /// Show what changed in the transcripts of scenarios, and accept or reject it
    Review(ReviewArgs),
    /// Run scenarios against a server
    Run(RunArgs),
    /// Show everything that the clients of a recorded scenario sent and received
    Show(ShowArgs),
    /// Start the reference server, correct or with deliberate faults
    Serve(ServeArgs),
}

/// The arguments of `check`.
#[derive(Args, Clone, Debug)]
pub(super) struct CheckArgs {
    /// Scenario files, target manifests, or folders of them
    #[arg(required = true, value_name = "FILES")]
    pub(super) files: Vec<PathBuf>,

    /// Print one line for each mistake: `FILE:LINE:COLUMN: error[CODE]: MESSAGE`
    #[arg(long, conflicts_with = "json")]
    pub(super) short: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// The arguments of `coverage`.
#[derive(Args, Clone, Debug)]
pub(super) struct CoverageArgs {
    #[command(flatten)]
    pub(super) selectors: Selectors,

    /// How to group the table
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "state",
        conflicts_with = "json"
    )]
    pub(super) by: CoverageBy,

    /// Count only the scenarios that run on this target: a manifest file, a URL, `reference` or `reference-websocket`
    #[arg(long, value_name = "FILE|URL|reference")]
    pub(super) target: Option<String>,

    /// Count a requirement as tested only if this report of `prove --report json=FILE` proves its scenario
    #[arg(long, value_name = "FILE")]
    pub(super) proof: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// How `coverage` groups its table.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum CoverageBy {
    /// By protocol document and section
    Clause,
    /// By the question about gateways that the requirements answer
    Question,
    /// By state: untested requirements first
    #[default]
    State,
}

/// The arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub(super) struct ExplainArgs {
    /// The id of a scenario, or FILE:LINE
    #[arg(value_name = "ID")]
    pub(super) id: String,
}

/// The arguments of `init`.
#[derive(Args, Clone, Debug)]
pub(super) struct InitArgs {
    /// The URL of the server; a path in it is the path of the Engine.IO endpoint
    #[arg(long, value_name = "URL")]
    pub(super) target: String,

    /// The namespace of the application: clients join it instead of `/`
    #[arg(long, value_name = "NAME", value_parser = value::namespace)]
    pub(super) namespace: Option<String>,

    /// The token with which clients log in. The manifest does not hold it: it names the environment variable
    /// SOCKSPEC_TOKEN
    #[arg(long, value_name = "TOKEN", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) token: Option<String>,

    #[command(flatten)]
    pub(super) tls: TlsArgs,
}

/// The arguments of `list`.
#[derive(Args, Clone, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) selectors: Selectors,

    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// The arguments of `probe`.
#[derive(Args, Clone, Debug)]
pub(super) struct ProbeArgs {
    /// The URL of the server; a path in it is the path of the Engine.IO endpoint
    #[arg(value_name = "URL")]
    pub(super) url: String,

    #[command(flatten)]
    pub(super) tls: TlsArgs,

    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
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
        // After a split at the fences (three backticks), every second piece is the content of a code block.
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
