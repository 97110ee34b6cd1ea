//! How much a scenario counts, and when it runs.

use serde::{Deserialize, Serialize};

/// How binding the source of a requirement is (RFC 2119).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A breach fails the scenario.
    Must,
    /// A breach is a warning.
    Should,
    /// A breach is a warning.
    May,
}

/// When a scenario is selected.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Runs always.
    #[default]
    Core,
    /// Runs always; a second look at what core covers.
    Extended,
    /// Reported, never failed.
    Info,
    /// Must outwait a timer of the server; only with `--include slow`.
    Slow,
    /// Can end an unpatched server; only with `--include destructive`.
    Destructive,
}
