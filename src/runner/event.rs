//! The linear stream that every output is made from.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Outcome, Verdict};

/// One thing that happened in a run. The order is total: one task emits them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Event {
    /// The run begins.
    RunStarted(RunInfo),
    /// A scenario begins.
    ScenarioStarted {
        /// Its id.
        id: String,
    },
    /// A scenario has ended.
    ScenarioFinished(Box<Outcome>),
    /// Something the user should know, which is no verdict: "target started again".
    Notice(String),
    /// The run has ended.
    RunFinished(Summary),
}

/// What is run against what.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct RunInfo {
    /// The program's version.
    pub version: String,
    /// The target's name.
    pub target: String,
    /// Its address; empty where nothing had to be started.
    pub url: String,
    /// Its capabilities.
    pub provides: Vec<String>,
    /// How many scenarios will be run, skipped ones included.
    pub scenarios: usize,
    /// How many run at once.
    pub jobs: usize,
    /// The seed of everything random.
    pub seed: u64,
}

/// The count of every verdict.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// Strictly right.
    pub pass: usize,
    /// Lenient.
    pub warn: usize,
    /// Wrong.
    pub fail: usize,
    /// Not applicable.
    pub skip: usize,
    /// Not judged.
    pub error: usize,
    /// Lenient in scenarios that are told only; counted under `warn`, too.
    pub told: usize,
    /// Attempts disagreed; counted in its verdict, too.
    pub flaky: usize,
    /// Whether the run was interrupted.
    pub interrupted: bool,
    /// Wall time.
    pub duration: Duration,
}

impl Summary {
    /// Counts one outcome.
    pub fn count(&mut self, outcome: &Outcome) {
        let place = match outcome.verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Warn => &mut self.warn,
            Verdict::Fail => &mut self.fail,
            Verdict::Skip => &mut self.skip,
            Verdict::Error => &mut self.error,
        };
        *place += 1;
        self.told += usize::from(outcome.is_only_told());
        self.flaky += usize::from(outcome.flaky);
    }
}

/// A whole run, from which every report can be made again.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Record {
    /// What was run.
    pub info: RunInfo,
    /// Every outcome, in order of id.
    pub outcomes: Vec<Outcome>,
    /// Notices, in order.
    pub notices: Vec<String>,
    /// The counts.
    pub summary: Summary,
}

impl Record {
    /// Takes in one event. A record of all events of a run is complete.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::RunStarted(info) => self.info = info,
            Event::ScenarioStarted { .. } => {}
            Event::ScenarioFinished(outcome) => {
                let place = self
                    .outcomes
                    .partition_point(|known| known.id <= outcome.id);
                self.outcomes.insert(place, *outcome);
            }
            Event::Notice(text) => self.notices.push(text),
            Event::RunFinished(summary) => self.summary = summary,
        }
    }
}
