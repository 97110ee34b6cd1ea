//! The level of a scenario (how severe a failure is) and its tier (when it runs).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The level of a requirement (RFC 2119): how severe it is if a target does not meet the requirement.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A target that breaks the requirement fails the scenario.
    Must,
    /// A target that breaks the requirement gets a warning.
    Should,
    /// A target that breaks the requirement gets a warning, as for `should`.
    May,
}

/// The tier of a scenario: whether a run includes the scenario by default.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
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
