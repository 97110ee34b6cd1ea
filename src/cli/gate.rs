//! The gates of `run --gate`: the warnings that fail a run.

use std::collections::BTreeSet;

use clap::ValueEnum;

use crate::{
    runner::{Outcome, Verdict, Weight},
    scenario::Level,
};

/// The ids of requirements with an effect on security. `auth` stands for the id `auth` and for all ids that begin with
/// `auth.`.
const SECURITY: &[&str] = &[
    "auth",
    "broadcast.excludes-sender",
    "eio.cors",
    "eio.handshake.prototype-names",
    "eio.handshake.sid-unguessable",
    "namespaces.socket-id-differs",
    "robust",
    "rooms",
    "sio.connect.sid-differs-from-engine",
];

/// A profile of warnings that fail a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Gate {
    /// Warnings of scenarios about authentication, origins, rooms, session ids and hostile input
    Security,
    /// Warnings of scenarios with the level `must` or `should`
    Strict,
}

impl Gate {
    /// Returns the ids of the scenarios that ended with a warning that fails the run under this gate.
    pub(super) fn stopped<'o>(
        self,
        outcomes: impl IntoIterator<Item = &'o Outcome>,
    ) -> BTreeSet<&'o str> {
        outcomes
            .into_iter()
            .filter(|outcome| {
                outcome.verdict == Verdict::Warn && outcome.known.is_none() && self.stops(outcome)
            })
            .map(|outcome| outcome.id.as_str())
            .collect()
    }

    fn stops(self, outcome: &Outcome) -> bool {
        match self {
            Self::Security => {
                outcome.weight == Weight::Counts
                    && outcome.requirements.iter().any(|id| is_security(id))
            }
            Self::Strict => {
                outcome.weight == Weight::Counts
                    && matches!(outcome.level, Level::Must | Level::Should)
            }
        }
    }
}

fn is_security(requirement: &str) -> bool {
    SECURITY.iter().any(|id| {
        let rest = requirement.strip_prefix(id);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::shipped;

    #[test]
    fn every_entry_of_the_security_gate_names_a_requirement() {
        let requirements = shipped::Shipped::load().unwrap().requirements;
        for entry in SECURITY {
            let is_named = |id: &String| id == entry || id.starts_with(&format!("{entry}."));
            assert!(requirements.entries.keys().any(is_named), "{entry}");
        }
        assert!(is_security("eio.cors.deny"));
        assert!(is_security("sio.connect.sid-differs-from-engine"));
        assert!(!is_security("authentic.x"));
    }
}
