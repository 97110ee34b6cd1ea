//! Verdicts: their names, their symbols, and their two orders from good to bad (for repeats of a scenario, and for
//! baselines).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict on one scenario.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The target matches the strict expectations.
    Pass,
    /// The target deviates in a tolerated way, or breaks a `should`.
    Warn,
    /// The target breaks a `must`.
    Fail,
    /// The target lacks a capability that the scenario needs.
    Skip,
    /// The scenario could not be judged, which is never the target's fault.
    Error,
}

impl Verdict {
    /// All verdicts, in the order in which summaries count them.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Warn, Self::Fail, Self::Error, Self::Skip];

    /// Returns the name in files and in reports for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Error => "error",
        }
    }

    /// Returns the word in reports for people. It is in capitals for verdicts that make a run fail.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Pass => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
            Self::Skip => "skip",
            Self::Error => "ERROR",
        }
    }

    /// Returns true if the verdict makes a run fail: the target breaks a `must`, or could not be judged.
    pub fn is_red(self) -> bool {
        match self {
            Self::Fail | Self::Error => true,
            Self::Pass | Self::Warn | Self::Skip => false,
        }
    }

    /// Returns the rank among repeats of one scenario: the verdict with the highest rank is the outcome.
    ///
    /// A failure outranks an error. A broken `must` that one repeat has seen is certain, even if another repeat could
    /// not be judged.
    pub fn rank_in_repeats(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Skip => 1,
            Self::Warn => 2,
            Self::Error => 3,
            Self::Fail => 4,
        }
    }

    /// Returns the rank for the comparison of a run with a baseline. A verdict with a higher rank than the verdict in
    /// the baseline is a new deviation; a verdict with a lower rank makes the entry stale.
    ///
    /// An error outranks a failure. A scenario that is known to fail and now can't be judged may have another failure,
    /// so the baseline entry does not cover the error.
    pub fn rank_in_baseline(self) -> u8 {
        match self {
            Self::Pass | Self::Skip => 0,
            Self::Warn => 1,
            Self::Fail => 2,
            Self::Error => 3,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_word_in_json() {
        for verdict in Verdict::ALL {
            let json = serde_json::to_string(&verdict).unwrap();
            assert_eq!(json, format!("\"{verdict}\""));
        }
    }

    #[test]
    fn no_two_verdicts_have_the_same_rank_among_repeats() {
        let mut ranks = Verdict::ALL.map(Verdict::rank_in_repeats);
        ranks.sort_unstable();
        assert_eq!(ranks, [0, 1, 2, 3, 4]);
    }
}
