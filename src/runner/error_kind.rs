//! The kinds of errors: why the runner could not judge a scenario, for reasons on the side of sockspec and not of the
//! target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of reasons, on sockspec's side, why the runner could not judge a scenario.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The target sent more data than sockspec's own limits allow.
    MoreThanTaken,
    /// The runner had no free file descriptor.
    OutOfFiles,
    /// The runner was stopped while the scenario ran, so the clock jumped.
    RunnerStopped,
    /// The target could not be started or reached, so no scenario ran.
    TargetNotStarted,
    /// The time limit of the run passed.
    TimeLimit,
}

impl ErrorKind {
    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::MoreThanTaken => "more-than-taken",
            Self::OutOfFiles => "out-of-files",
            Self::RunnerStopped => "runner-stopped",
            Self::TargetNotStarted => "target-not-started",
            Self::TimeLimit => "time-limit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_word_in_json() {
        for kind in [
            ErrorKind::MoreThanTaken,
            ErrorKind::OutOfFiles,
            ErrorKind::RunnerStopped,
            ErrorKind::TargetNotStarted,
            ErrorKind::TimeLimit,
        ] {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.name()));
        }
    }
}
