//! Remembers for what many scenarios of a run have waited in vain, such as the answer to a handshake that the server
//! never gives. Further scenarios then wait for a shorter time first.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::runner::{findings::failure_kind::FailureKind, record::outcome::Outcome};

/// The number of attempts that have to fail for one cause before further attempts wait for a shorter time.
const ENOUGH: usize = 8;

/// The part of all attempts (1/`SHARE`) that have to fail for this cause. On a busy machine, a few attempts of a healthy
/// server can wait in vain too.
const SHARE: usize = 4;

/// The causes for which attempts of a run waited in vain.
#[derive(Debug, Default)]
pub(super) struct Vain(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// The number of attempts that have ended.
    ended: usize,
    /// The number of attempts that waited in vain, by the id of the cause.
    in_vain: HashMap<String, usize>,
}

impl Vain {
    /// Counts an attempt that had its usual timeouts.
    pub(super) fn count(&self, outcome: &Outcome) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.ended += 1;
        if let Some(cause) = &outcome.cause
            && outcome.kind.is_some_and(FailureKind::is_absence)
        {
            *counts.in_vain.entry(cause.id.clone()).or_default() += 1;
        }
    }

    /// Returns true if many attempts have waited in vain for one cause.
    pub(super) fn knows_a_cause(&self) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.in_vain.values().any(|count| counts.is_many(*count))
    }

    /// Returns true if many attempts have waited in vain for the cause of this outcome.
    pub(super) fn explains(&self, outcome: &Outcome) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cause = outcome.cause.as_ref();
        let count = cause.and_then(|cause| counts.in_vain.get(&cause.id));
        count.is_some_and(|count| counts.is_many(*count))
    }
}

impl Counts {
    fn is_many(&self, count: usize) -> bool {
        count >= ENOUGH && count * SHARE >= self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{
        record::outcome::Cause,
        samples::{failed, passed},
    };

    #[test]
    fn a_few_of_many_attempts_are_not_enough() {
        let vain = Vain::default();
        let lost = Outcome {
            kind: Some(FailureKind::NoResponse),
            cause: Some(Cause {
                id: "one".to_owned(),
                sentence: "The server did not answer.".to_owned(),
            }),
            ..failed()
        };
        for _ in 0..30 {
            vain.count(&passed());
        }
        for _ in 0..9 {
            vain.count(&lost);
        }
        assert!(!vain.knows_a_cause());
        vain.count(&lost);
        assert!(vain.knows_a_cause());
        assert!(vain.explains(&lost));
        assert!(!vain.explains(&passed()));
    }
}
