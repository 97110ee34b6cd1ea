//! How many scenarios run at the same time: fewer while this process is late.
//!
//! On a machine that others use too, many scenarios at once delay each other until deadlines pass. With fewer of them,
//! each gets its share of the processor in time.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The smallest lateness that is recorded.
pub(super) const NOTED: Duration = Duration::from_millis(20);

/// The lateness that can change the outcome of any attempt.
pub(super) const LATE: Duration = Duration::from_millis(100);

/// All lanes of a run, in parts. A lane plays one scenario after another. Parts fit a run with any number of lanes.
const WHOLE: usize = 64;

/// The fewest lanes, however late this process is.
const FEWEST: usize = 4;

/// The time after a change before the next one. Running scenarios end first, so that the change can take effect.
const AFTER_CHANGE: Duration = Duration::from_millis(500);

/// The share of the lanes that are in use.
#[derive(Debug)]
pub(super) struct Lanes(Mutex<Share>);

#[derive(Clone, Copy, Debug)]
struct Share {
    /// How many of [`WHOLE`] parts.
    parts: usize,
    /// When the share was last changed, or this process was last late.
    settled: Option<Instant>,
}

impl Default for Lanes {
    /// Returns the share of a process that is never late: all lanes.
    fn default() -> Self {
        Self(Mutex::new(Share {
            parts: WHOLE,
            settled: None,
        }))
    }
}

impl Lanes {
    /// Returns the number of lanes if there are `most` at best.
    pub(super) fn of(&self, most: usize) -> usize {
        let share = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (most * share.parts / WHOLE).max(FEWEST).min(most)
    }

    /// Adapts the number to how late a task of this process was woken at `now`: a quarter fewer lanes if it was so late
    /// that it can change a verdict, a quarter more when it was in time for a while.
    pub(super) fn adapt_to(&self, late_by: Duration, now: Instant) {
        let mut share = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may_change = share
            .settled
            .is_none_or(|settled| now.saturating_duration_since(settled) >= AFTER_CHANGE);
        if late_by >= LATE && may_change {
            share.parts = (share.parts * 3 / 4).max(1);
        } else if late_by < NOTED && may_change && share.parts < WHOLE {
            share.parts = (share.parts * 5 / 4 + 1).min(WHOLE);
        } else if late_by < NOTED {
            return;
        }
        share.settled = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_TIME: Duration = Duration::from_millis(1);

    #[test]
    fn a_late_process_has_fewer_lanes_until_it_is_in_time_again() {
        let lanes = Lanes::default();
        let start = crate::clock::now();
        let at = |ms| start + Duration::from_millis(ms);
        lanes.adapt_to(IN_TIME, at(0));
        assert_eq!(lanes.of(96), 96);
        lanes.adapt_to(LATE, at(10));
        lanes.adapt_to(LATE, at(20));
        assert_eq!(
            lanes.of(96),
            72,
            "the second lateness is too soon after the change"
        );
        for ms in (600..60_000).step_by(600) {
            lanes.adapt_to(LATE, at(ms));
        }
        assert_eq!(lanes.of(96), FEWEST);
        assert_eq!(lanes.of(1), 1);
        lanes.adapt_to(IN_TIME, at(60_000));
        assert_eq!(lanes.of(96), FEWEST);
        for ms in (60_000..90_000).step_by(600) {
            lanes.adapt_to(IN_TIME, at(ms));
        }
        assert_eq!(lanes.of(96), 96);
    }

    #[test]
    fn a_process_that_is_a_little_late_keeps_its_lanes() {
        let lanes = Lanes::default();
        let start = crate::clock::now();
        lanes.adapt_to(LATE, start);
        for ms in (10..5_000).step_by(10) {
            lanes.adapt_to(NOTED, start + Duration::from_millis(ms));
        }
        assert_eq!(lanes.of(96), 72);
    }
}
