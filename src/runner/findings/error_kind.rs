//! The kinds of errors: why the runner could not judge a scenario, for reasons on the side of sockspec and not of the
//! target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares `ErrorKind` from one table: the variants, their list, their names and their meanings.
macro_rules! error_kinds {
    ($($variant:ident, $name:literal, $meaning:literal;)+) => {
        /// The kinds of reasons, on sockspec's side, why the runner could not judge a scenario.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
        pub enum ErrorKind {
            $(
                #[doc = $meaning]
                #[serde(rename = $name)]
                $variant,
            )+
        }

        impl ErrorKind {
            /// All kinds, in the order of their names.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the name in reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

error_kinds! {
    MoreThanTaken, "more-than-taken",
        "The target sent more data than sockspec's own limits allow.";
    OutOfFiles, "out-of-files",
        "The runner had no free file descriptor.";
    RunnerStopped, "runner-stopped",
        "The runner was stopped while the scenario ran, so the clock jumped.";
    SessionExpired, "session-expired",
        "The steps took longer than the server keeps a session whose pings nobody answers.";
    TargetNotStarted, "target-not-started",
        "The target could not be started or reached, so no scenario ran.";
    TimeLimit, "time-limit",
        "The time limit of the run passed.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_word_in_json() {
        for kind in ErrorKind::ALL {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.name()));
        }
    }
}
