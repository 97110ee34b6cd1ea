//! The summary of a run: how many scenarios have each verdict.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{outcome::Outcome, verdict::Verdict};

/// The number of scenarios with each verdict.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Summary {
    /// Scenarios in which the target matches the strict expectations.
    pub pass: usize,
    /// Scenarios with a tolerated deviation or a broken `should`.
    pub warn: usize,
    /// Scenarios with a broken `must`.
    pub fail: usize,
    /// Scenarios that don't apply to the target.
    pub skip: usize,
    /// Scenarios that could not be judged.
    pub error: usize,
    /// Warnings that never count against the target and that no list explains; `warn` includes them.
    pub informative: usize,
    /// Scenarios that warned and whose warning a list of known deviations explains; `warn` includes them.
    pub known_warn: usize,
    /// Scenarios that failed and whose failure a list of known deviations explains; `fail` includes them.
    pub known_fail: usize,
    /// Scenarios that could not be judged and whose error a list of known deviations explains; `error` includes them.
    pub known_error: usize,
    /// Scenarios whose attempts had different verdicts. Each of them is also counted under its final verdict.
    pub flaky: usize,
    /// Whether the user interrupted the run.
    pub interrupted: bool,
    /// Whether the target died and could not be started again, so that scenarios did not run.
    pub target_lost: bool,
    /// The wall time of the run.
    pub duration: Duration,
}

impl Summary {
    /// Returns the number of scenarios whose deviation a list of known deviations explains.
    pub fn known(&self) -> usize {
        self.known_warn + self.known_fail + self.known_error
    }

    /// Returns the number of scenarios with this verdict that no list of known deviations explains.
    pub fn unexplained(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Warn => self.warn - self.known_warn,
            Verdict::Fail => self.fail - self.known_fail,
            Verdict::Error => self.error - self.known_error,
            Verdict::Skip => self.skip,
        }
    }

    /// Adds one outcome to the counts.
    pub fn count(&mut self, outcome: &Outcome) {
        let count = match outcome.verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Warn => &mut self.warn,
            Verdict::Fail => &mut self.fail,
            Verdict::Skip => &mut self.skip,
            Verdict::Error => &mut self.error,
        };
        *count += 1;
        if outcome.known.is_some() {
            match outcome.verdict {
                Verdict::Warn => self.known_warn += 1,
                Verdict::Fail => self.known_fail += 1,
                Verdict::Error => self.known_error += 1,
                Verdict::Pass | Verdict::Skip => {}
            }
        } else {
            self.informative += usize::from(outcome.is_informative_warning());
        }
        self.flaky += usize::from(outcome.flaky);
    }
}
