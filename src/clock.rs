//! The time. Runner, client, reference server and scenario language ask this module, and nothing else, for it.
//!
//! Usually it is the machine's time. Inside [`crate::simulation::run`] it is simulated: it stands still while any task has
//! work to do, and jumps to the next timer when every task waits.

use std::{
    cell::Cell,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;
use tokio::time::Instant;

thread_local! {
    /// The start of the simulation that runs on this thread, on both clocks.
    static SIMULATED: Cell<Option<(Instant, SystemTime)>> = const { Cell::new(None) };
}

/// Returns the time that deadlines and durations are measured with. It never goes back.
pub fn now() -> Instant {
    Instant::now()
}

/// Returns the time of day, as tokens and cookies carry it.
pub fn wall() -> SystemTime {
    match SIMULATED.get() {
        Some((start, wall)) => wall + now().duration_since(start),
        None => SystemTime::now(),
    }
}

/// Returns the time since 1970, or zero if the machine's clock is set to an earlier time.
pub fn since_epoch() -> Duration {
    wall().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Returns the time of day as a timestamp of [`jiff`].
pub fn timestamp() -> Timestamp {
    // Fails only past the year 9999.
    Timestamp::try_from(wall()).unwrap_or(Timestamp::MAX)
}

/// Seconds from 1970 to the start of every simulation: 2026-01-01T00:00:00Z.
const SIMULATED_START: u64 = 1_767_225_600;

/// Makes this thread's time of day follow the simulated time. The drop of the guard ends that.
#[derive(Debug)]
pub(crate) struct Simulated(());

impl Simulated {
    /// Starts at a fixed time of day, so that every simulation sees the same one.
    pub(crate) fn start() -> Self {
        let wall = UNIX_EPOCH + Duration::from_secs(SIMULATED_START);
        SIMULATED.set(Some((now(), wall)));
        Self(())
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        SIMULATED.set(None);
    }
}
