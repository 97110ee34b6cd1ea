//! Reads the clock. The runner, the client, the reference server and the scenario language get the time only from this
//! module.
//!
//! Usually this is the machine's clock. Inside [`crate::simulation::run`] the clock is simulated: the clock stands
//! still while any task has work to do, and jumps to the next timer when every task waits.

use std::{
    cell::Cell,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;
use tokio::time::Instant;

thread_local! {
    /// The start of the simulation that runs on this thread: as an instant, and as a time of day. `None` outside a
    /// simulation.
    static SIMULATED: Cell<Option<(Instant, SystemTime)>> = const { Cell::new(None) };
}

/// Returns the time of the monotonic clock, for deadlines and durations.
pub fn now() -> Instant {
    Instant::now()
}

/// Returns the time of day, for example for the expiry time in a token or a cookie.
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

/// A guard. While the guard lives, the time of day on this thread follows the simulated time.
#[derive(Debug)]
pub(crate) struct Simulated(());

impl Simulated {
    /// Starts the simulated time of day at [`SIMULATED_START`], so that every simulation sees the same dates.
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
