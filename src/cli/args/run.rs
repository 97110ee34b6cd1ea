//! `run` and `prove`.

use std::{fmt::Write as _, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::{
    Selectors,
    value::{self, ReportRequest},
};
use crate::text::shell_word;

/// `run`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(in crate::cli) selectors: Selectors,

    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,

    /// Transports of scenarios that don't fix theirs [default: websocket]
    #[arg(long, value_name = "NAME")]
    transport: Option<TransportName>,

    #[command(flatten)]
    pub(in crate::cli) pace: Pace,

    /// Run each scenario this often; verdicts that differ make it flaky
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(in crate::cli) repeat: u32,

    /// Try a red scenario again up to this often; it is shown as flaky if a later attempt is green
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(in crate::cli) retries: u32,

    /// Start nothing more after the first red scenario
    #[arg(long)]
    pub(in crate::cli) fail_fast: bool,

    /// Warnings count as not conformant, except of tier `info`
    #[arg(long)]
    pub(in crate::cli) strict: bool,

    /// Run a tier that is left out by default [repeatable]
    #[arg(long, value_name = "TIER")]
    pub(in crate::cli) include: Vec<TierName>,

    /// Known deviations: only others count, and one that is gone is stale
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,

    /// Write the deviations of this run as a baseline
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) update_baseline: Option<PathBuf>,

    /// Write a report: json=PATH or junit=PATH, `-` for the standard output [repeatable]
    #[arg(long = "report", value_name = "KIND=PATH", value_parser = value::report)]
    pub(in crate::cli) reports: Vec<ReportRequest>,

    /// Limit of every wait that doesn't say its own
    #[arg(long, value_name = "DURATION", value_parser = value::some_time)]
    pub(in crate::cli) within: Option<Duration>,

    /// Silence after a fence, in place of the calibrated one
    #[arg(long, value_name = "DURATION", value_parser = value::duration)]
    pub(in crate::cli) settle: Option<Duration>,

    /// Say more: every scenario, and how silence was proved
    #[arg(short, long)]
    pub(in crate::cli) verbose: bool,
}

/// `prove`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ProveArgs {
    #[command(flatten)]
    pub(in crate::cli) selectors: Selectors,

    #[command(flatten)]
    pub(in crate::cli) pace: Pace,

    /// Only this fault [repeatable]
    #[arg(long = "fault", value_name = "ID")]
    pub(in crate::cli) faults: Vec<String>,

    /// Which bundled server: `reference`, `reference-websocket` [default: the first that a scenario can run on]
    #[arg(long, value_name = "NAME", value_parser = ["reference", "reference-websocket"])]
    pub(in crate::cli) target: Option<String>,

    /// Write a report: json=PATH, `-` for the standard output [repeatable]
    #[arg(long = "report", value_name = "KIND=PATH", value_parser = value::proof_report)]
    pub(in crate::cli) reports: Vec<ReportRequest>,
}

/// What is judged.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct TargetArgs {
    /// What is judged: a manifest, a URL, or the bundled server: `reference`, `reference-websocket`
    #[arg(long, value_name = "FILE|URL|reference", default_value = "reference")]
    pub(in crate::cli) target: String,

    /// Address in place of the manifest's; nothing is launched then
    #[arg(long)]
    pub(in crate::cli) url: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
}

/// How certificates are checked.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct TlsArgs {
    /// Certificates of authorities to trust beside the system's
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ca: Option<PathBuf>,

    /// Accept any certificate
    #[arg(long, conflicts_with = "ca")]
    pub(in crate::cli) insecure: bool,
}

/// How fast, and with which dice.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Pace {
    /// How many scenarios run at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(in crate::cli) jobs: Option<u32>,

    /// Seed of everything random; a failure names the one it was found with
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
}

/// Transports of scenarios that don't fix theirs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum TransportName {
    /// WebSocket from the start
    Websocket,
    /// HTTP long-polling only
    Polling,
    /// Long-polling, then over to WebSocket
    Upgrade,
    /// Each of them that the target provides
    All,
}

/// A tier that is left out by default.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum TierName {
    /// Scenarios that can end an unpatched server
    Destructive,
    /// Scenarios that must outwait a timer of the server
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
    /// The seed; a short one of its own for every call, as people copy it.
    pub(in crate::cli) fn seed(self) -> u64 {
        self.seed
            .unwrap_or_else(|| rand::random_range(1..1_000_000))
    }
}

impl RunArgs {
    /// The transports: those asked for, else that of the ids as reports write them (`rooms/x@polling`).
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

    /// The options that a command needs to run a scenario of this call again, as a shell reads them.
    pub(in crate::cli) fn again(&self) -> String {
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
        if let Some(file) = &self.target.tls.ca {
            option("ca", &file.display().to_string());
        }
        // Where a run goes over all of them, each failure names its own.
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

    fn again(arguments: &[&str]) -> String {
        let line = ["sockspec", "run"].iter().chain(arguments);
        match Arguments::try_parse_from(line).unwrap().command {
            Command::Run(run) => run.again(),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_failure_can_be_run_again_by_pasting() {
        assert_eq!(again(&[]), "");
        assert_eq!(
            again(&[
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
            again(&[
                "--url",
                "https://a.test/?x",
                "--insecure",
                "--include",
                "slow"
            ]),
            "--url 'https://a.test/?x' --include slow --insecure"
        );
        assert_eq!(again(&["rooms/x@polling"]), "--transport polling");
    }
}
