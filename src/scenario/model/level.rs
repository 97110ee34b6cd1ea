//! The level of a scenario (how severe a failure is) and its tier (when it runs).

use serde::{Deserialize, Serialize};

/// The level of a requirement (RFC 2119): the result if the target breaks the requirement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A broken requirement fails the scenario.
    Must,
    /// A broken requirement gives a warning.
    Should,
    /// A broken requirement gives a warning.
    May,
}

/// The tier of a scenario: whether a run includes the scenario by default.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Always runs.
    #[default]
    Core,
    /// Always runs. Tests the same rules as `core` scenarios in more detail.
    Extended,
    /// Always runs and is reported, but never fails.
    Info,
    /// Waits for a timer of the server. Runs only with `--include slow`.
    Slow,
    /// Can crash a vulnerable server. Runs only with `--include destructive`.
    Destructive,
}
