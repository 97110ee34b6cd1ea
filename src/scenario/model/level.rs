//! The level of a scenario (how severe a failure is) and its tier (when it runs).

use serde::{Deserialize, Serialize};

/// The level of a requirement (RFC 2119).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A broken rule fails the scenario.
    Must,
    /// A broken rule gives a warning.
    Should,
    /// A broken rule gives a warning.
    May,
}

/// The tier of a scenario: whether a run selects it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Always runs.
    #[default]
    Core,
    /// Always runs. Covers rules of `core` a second time, in more detail.
    Extended,
    /// Always runs and is reported, but never fails.
    Info,
    /// Waits for a timer of the server. Runs only with `--include slow`.
    Slow,
    /// Can crash a vulnerable server. Runs only with `--include destructive`.
    Destructive,
}
