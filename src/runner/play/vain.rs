//! Remembers for what scenarios of a run wait in vain, such as the answer to a handshake that the server never gives.
//! Further scenarios then wait for a shorter time first.
//!
//! There are two signs. Many attempts waited in vain for one cause: a short wait then counts if it ended with the same
//! cause. Or the probe found that the server never answers some kind of request, and many attempts waited in vain, for
//! whatever causes: every short wait for an answer then counts. The probe alone is no sign, because a healthy server can
//! be slow for a moment.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    runner::{findings::failure_kind::FailureKind, record::outcome::Outcome},
    targets::Observed,
};

/// The number of attempts that have to fail for one cause before further attempts wait for a shorter time.
const ENOUGH: usize = 8;

/// The part of all attempts (1/`SHARE`) that have to fail for this cause. On a busy machine, a few attempts of a healthy
/// server can wait in vain too.
const SHARE: usize = 4;

/// The part of all attempts (1/`SHARE_OF_ANY`) that have to wait in vain, for whatever causes, if the probe has found a
/// silence.
const SHARE_OF_ANY: usize = 8;

/// The causes for which attempts of a run waited in vain.
#[derive(Debug, Default)]
pub(in crate::runner) struct Vain(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Whether the probe found that the server never answers some kind of request.
    is_silent: bool,
    /// The number of attempts that have ended.
    ended: usize,
    /// The number of attempts that waited in vain, by the id of the cause.
    in_vain: HashMap<String, usize>,
}

impl Vain {
    /// Returns the state at the start of a run, about which the probe has found out which requests the server never
    /// answers.
    pub(super) fn of(observed: &Observed) -> Self {
        Self(Mutex::new(Counts {
            is_silent: !observed.unanswered.is_empty(),
            ..Counts::default()
        }))
    }

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
        counts.are_waits_in_vain() || counts.in_vain.values().any(|count| counts.is_many(*count))
    }

    /// Returns true if this outcome is a wait in vain that needs no longer wait to count: many attempts have waited in
    /// vain for its cause, or the server is known not to answer.
    pub(super) fn explains(&self, outcome: &Outcome) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.are_waits_in_vain() && outcome.kind.is_some_and(is_missing_answer) {
            return true;
        }
        let cause = outcome.cause.as_ref();
        let count = cause.and_then(|cause| counts.in_vain.get(&cause.id));
        count.is_some_and(|count| counts.is_many(*count))
    }
}

impl Counts {
    fn is_many(&self, count: usize) -> bool {
        count >= ENOUGH && count * SHARE >= self.ended
    }

    /// Returns true if every wait for an answer counts after a short time.
    fn are_waits_in_vain(&self) -> bool {
        let all: usize = self.in_vain.values().sum();
        self.is_silent && all >= ENOUGH && all * SHARE_OF_ANY >= self.ended
    }
}

/// Returns true if a failure of this kind says that an answer or an event did not come. A connection that stays open is
/// none: servers take their time to close one.
fn is_missing_answer(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::NoResponse | FailureKind::NotAcknowledged | FailureKind::NotDelivered
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        runner::{
            record::outcome::Cause,
            samples::{failed, passed},
        },
        targets::Unanswered,
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

    /// Returns the outcome of an attempt that waited in vain for this cause.
    fn in_vain(cause: usize) -> Outcome {
        Outcome {
            kind: Some(FailureKind::NoResponse),
            cause: Some(Cause {
                id: cause.to_string(),
                sentence: "The server did not answer.".to_owned(),
            }),
            ..failed()
        }
    }

    #[test]
    fn a_silent_server_explains_waits_for_answers_if_many_attempts_wait_in_vain() {
        let observed = Observed {
            unanswered: [Unanswered::Post].into(),
            ..Observed::default()
        };
        for (vain, is_silent) in [(Vain::of(&observed), true), (Vain::default(), false)] {
            for cause in 0..8 {
                assert!(!vain.knows_a_cause());
                vain.count(&in_vain(cause));
            }
            assert_eq!(vain.knows_a_cause(), is_silent);
            assert_eq!(vain.explains(&in_vain(9)), is_silent);
            let still_open = Outcome {
                kind: Some(FailureKind::ConnectionStayedOpen),
                ..in_vain(9)
            };
            assert!(!vain.explains(&still_open));
            assert!(!vain.explains(&failed()));
            for _ in 0..64 {
                vain.count(&passed());
            }
            assert!(!vain.knows_a_cause());
        }
    }
}
