//! The arguments of `run` and `prove`.

use std::{fmt::Write as _, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::{
    selectors::Selectors,
    shown::Shown,
    value::{self, ProofRequest, ReportRequest},
};
use crate::{cli::gate::Gate, runner::Partition, targets::Stack, text::shell_word};

/// The time limit of a run for each repeat, if `--max-time` sets none.
const TIME_OF_REPEAT: Duration = Duration::from_secs(2 * 60 * 60);

/// The arguments of `run`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(in crate::cli) selectors: Selectors,

    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,

    /// The transport of scenarios that don't name one [default: websocket]
    #[arg(long, value_name = "NAME")]
    transport: Option<TransportName>,

    #[command(flatten)]
    pub(in crate::cli) pace: Pace,

    /// Run each scenario N times; a scenario whose verdicts differ is flaky
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(in crate::cli) repeat: u32,

    /// Retry a failed scenario up to N times; a scenario that passes on a retry is flaky
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(in crate::cli) retries: u32,

    /// Run only what was not right when it ran last on this target, in this folder
    #[arg(long)]
    pub(in crate::cli) failed: bool,

    /// Run only one part of the scenarios: `slice:2/4` or `hash:2/4` for the second of four
    #[arg(long, value_name = "PART")]
    pub(in crate::cli) partition: Option<Partition>,

    /// Write everything that happens to this file, so that reports can be made from it later
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) record: Option<PathBuf>,

    /// Hold what each client sent and received against the stored snapshots: `write` writes what differs, for `sockspec
    /// review`; `check` fails the run [default: write; check if CI is set]
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto", hide_possible_values = true)]
    pub(in crate::cli) snapshot: Option<SnapshotHow>,

    /// The folder of the snapshots [default: reports/snapshots/TARGET]
    #[arg(long, value_name = "FOLDER", requires = "snapshot")]
    pub(in crate::cli) snapshots: Option<PathBuf>,

    /// Start no further scenario after the first failure
    #[arg(long)]
    pub(in crate::cli) fail_fast: bool,

    /// Treat warnings as failures, except in tier `info`
    #[arg(long)]
    pub(in crate::cli) strict: bool,

    /// Also fail for the warnings that this profile names
    #[arg(long, value_name = "PROFILE")]
    pub(in crate::cli) gate: Option<Gate>,

    /// Also run a tier that is off by default (repeatable)
    #[arg(long, value_name = "TIER")]
    pub(in crate::cli) include: Vec<TierName>,

    /// A file of known deviations: only other deviations fail the run
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,

    /// Write the deviations of this run to a baseline file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) update_baseline: Option<PathBuf>,

    #[arg(long = "report", value_name = "FORMAT=PATH", help = value::report_help(), value_parser = value::report)]
    pub(in crate::cli) reports: Vec<ReportRequest>,

    /// The deadline of every wait whose scenario sets none
    #[arg(long, value_name = "DURATION", value_parser = value::nonzero_duration)]
    pub(in crate::cli) within: Option<Duration>,

    /// How long to watch for forbidden events at the end of a scenario [default: measured]
    #[arg(long, value_name = "DURATION", value_parser = value::duration)]
    pub(in crate::cli) settle: Option<Duration>,

    /// The time limit of the run: what has not ended by then is an error [default: 2h for each repeat]
    #[arg(long, value_name = "DURATION", value_parser = value::nonzero_duration)]
    max_time: Option<Duration>,

    /// The memory that all connections of the run may take together; a server that sends more loses the connection
    #[arg(long, value_name = "BYTES", default_value = "512MB", value_parser = value::memory)]
    pub(in crate::cli) memory: usize,

    #[command(flatten)]
    pub(in crate::cli) shown: Shown,
}

/// The arguments of `prove`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ProveArgs {
    #[command(flatten)]
    pub(in crate::cli) selectors: Selectors,

    #[command(flatten)]
    pub(in crate::cli) pace: Pace,

    /// Use only this fault (repeatable)
    #[arg(long = "fault", value_name = "ID")]
    pub(in crate::cli) faults: Vec<String>,

    /// The bundled server: `reference`, `reference-websocket` or `reference-envelope` [default: the first that a
    /// scenario applies to]
    #[arg(long, value_name = "NAME", value_parser = ["reference", "reference-websocket", "reference-envelope"])]
    pub(in crate::cli) target: Option<String>,

    /// Use TCP and wait in real time, instead of simulating both in memory
    #[arg(long)]
    pub(in crate::cli) real: bool,

    #[arg(
        long = "report",
        value_name = "FORMAT=PATH",
        help = value::proof_report_help(),
        value_parser = value::proof_report
    )]
    pub(in crate::cli) reports: Vec<ProofRequest>,
}

/// The server under test.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct TargetArgs {
    /// The server under test: a manifest file, a URL, or a bundled server: `reference`, `reference-websocket` or
    /// `reference-envelope`
    #[arg(long, value_name = "FILE|URL|reference", default_value = "reference")]
    pub(in crate::cli) target: String,

    /// Use the server at this URL; don't launch the manifest's command
    #[arg(long)]
    pub(in crate::cli) url: Option<String>,

    /// The stack of the target: what it does by itself is known; `none` for no stack [default: from the manifest]
    #[arg(long, value_name = "NAME", value_parser = value::stack)]
    pub(in crate::cli) stack: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
}

impl TargetArgs {
    /// Returns the stack of the target: the one of `--stack`, else the one of the manifest or of the probe.
    pub(in crate::cli) fn stack(&self, of_target: Option<Stack>) -> Option<Stack> {
        match &self.stack {
            Some(name) => Stack::from_name(name),
            None => of_target,
        }
    }
}

/// How TLS certificates are verified.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct TlsArgs {
    /// Also trust the certificate authorities in this PEM file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ca: Option<PathBuf>,

    /// Accept any certificate
    #[arg(long, conflicts_with = "ca")]
    pub(in crate::cli) insecure: bool,
}

/// Options for concurrency and random values.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Pace {
    /// Run at most N scenarios at the same time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(in crate::cli) jobs: Option<u32>,

    /// The seed of all random values; a failure shows the seed of its run
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
}

/// A transport for the scenarios that don't name one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum TransportName {
    /// WebSocket from the start
    Websocket,
    /// HTTP long-polling only
    Polling,
    /// Long-polling first, then an upgrade to WebSocket
    Upgrade,
    /// Every transport that the target provides
    All,
}

/// What a run does with transcripts that differ from the stored ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum SnapshotHow {
    /// Fail the run if the environment variable CI is set, or else write the transcripts
    #[value(hide = true)]
    Auto,
    /// Fail the run
    Check,
    /// Write the transcripts, so that somebody can review them
    Write,
}

/// A tier of scenarios that is off by default.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum TierName {
    /// Scenarios that can crash a vulnerable server
    Destructive,
    /// Scenarios that wait for a timer of the server
    Slow,
}

impl TransportName {
    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Polling => "polling",
            Self::Upgrade => "upgrade",
            Self::Websocket => "websocket",
        }
    }
}

impl Pace {
    /// Returns the value of `--seed`. Without `--seed`, each call returns a new random seed of at most six digits,
    /// because people copy seeds by hand.
    pub(in crate::cli) fn seed(self) -> u64 {
        self.seed
            .unwrap_or_else(|| rand::random_range(1..1_000_000))
    }
}

impl RunArgs {
    /// Returns the time limit of the run.
    pub(in crate::cli) fn max_time(&self) -> Duration {
        self.max_time
            .unwrap_or_else(|| TIME_OF_REPEAT.saturating_mul(self.repeat))
    }

    /// Returns the value of `--transport`. Without `--transport`, returns the transport that all selected ids end with
    /// (`rooms/x@polling`).
    pub(in crate::cli) fn transport(&self) -> TransportName {
        let of_id = |id: &String| {
            let (_, name) = id.rsplit_once('@')?;
            let known = [TransportName::Polling, TransportName::Upgrade];
            known.into_iter().find(|known| known.name() == name)
        };
        let named: Vec<_> = self.selectors.selectors.iter().map(of_id).collect();
        match (self.transport, named.as_slice()) {
            (Some(asked), _) => asked,
            (None, [Some(first), others @ ..])
                if others.iter().all(|other| *other == Some(*first)) =>
            {
                *first
            }
            (None, _) => TransportName::Websocket,
        }
    }

    /// Returns the options that rerun a scenario of this run, quoted for a POSIX shell.
    pub(in crate::cli) fn rerun_options(&self) -> String {
        let mut options = String::new();
        let mut option = |name: &str, value: &str| {
            let space = if options.is_empty() { "" } else { " " };
            // Writing to a `String` can't fail.
            let _ = write!(options, "{space}--{name} {}", shell_word(value));
        };
        if self.target.target != "reference" {
            option("target", &self.target.target);
        }
        if let Some(url) = &self.target.url {
            option("url", url);
        }
        if let Some(stack) = &self.target.stack {
            option("stack", stack);
        }
        if let Some(file) = &self.target.tls.ca {
            option("ca", &file.display().to_string());
        }
        // After `--transport all`, the id of each failed scenario ends with its transport, so `--transport` is not
        // needed.
        match self.transport() {
            one @ (TransportName::Polling | TransportName::Upgrade) => {
                option("transport", one.name());
            }
            TransportName::Websocket | TransportName::All => {}
        }
        for tier in &self.include {
            match tier {
                TierName::Destructive => option("include", "destructive"),
                TierName::Slow => option("include", "slow"),
            }
        }
        for (name, value) in [("within", self.within), ("settle", self.settle)] {
            if let Some(value) = value {
                option(name, &humantime::format_duration(value).to_string());
            }
        }
        if self.target.tls.insecure {
            options += " --insecure";
        }
        options.trim_start().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::args::{Arguments, Command};

    fn rerun_options(arguments: &[&str]) -> String {
        let line = ["sockspec", "run"].iter().chain(arguments);
        match Arguments::try_parse_from(line).unwrap().command {
            Command::Run(run) => run.rerun_options(),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_failure_can_be_run_again_by_pasting() {
        assert_eq!(rerun_options(&[]), "");
        assert_eq!(
            rerun_options(&[
                "--target",
                "my servers/a.yaml",
                "--transport",
                "polling",
                "--settle",
                "20ms"
            ]),
            "--target 'my servers/a.yaml' --transport polling --settle 20ms"
        );
        assert_eq!(
            rerun_options(&[
                "--url",
                "https://a.test/?x",
                "--insecure",
                "--include",
                "slow"
            ]),
            "--url 'https://a.test/?x' --include slow --insecure"
        );
        assert_eq!(rerun_options(&["rooms/x@polling"]), "--transport polling");
    }
}
