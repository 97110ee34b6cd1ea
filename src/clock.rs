//! Reads the clock. The runner, the client, the reference server and the scenario language get the time only from this
//! module.
//!
//! [`before`] and [`within`] are the only waits with a deadline (`tests/structure/` checks this).
//!
//! Usually this is the machine's clock. Inside [`crate::simulation::run`] the clock is simulated: the clock stands
//! still while any task has work to do, and jumps to the next timer when every task waits.

use std::{
    cell::Cell,
    num::NonZeroU64,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;
use tokio::{
    task::coop::consume_budget,
    time::{Instant, sleep_until, timeout_at},
};

thread_local! {
    /// The start of the simulation that runs on this thread, on both clocks: the instant and the time of day. `None`
    /// outside a simulation.
    static SIMULATED: Cell<Option<(Instant, SystemTime)>> = const { Cell::new(None) };
}

/// Returns the time of the monotonic clock, for deadlines and durations.
pub fn now() -> Instant {
    Instant::now()
}

/// The instant from which a [`Moment`] counts.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A time of the monotonic clock in half the memory of an [`Instant`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment(
    /// The nanoseconds since `ORIGIN`, plus one.
    NonZeroU64,
);

impl Moment {
    /// Returns the present time.
    pub fn now() -> Self {
        let origin = *ORIGIN;
        let since = now().saturating_duration_since(origin).as_nanos();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        Self(NonZeroU64::MIN.saturating_add(since))
    }

    /// Returns the time as an instant.
    pub fn instant(self) -> Instant {
        *ORIGIN + Duration::from_nanos(self.0.get() - 1)
    }
}

/// The deadline of a wait has passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the deadline has passed")]
pub struct DeadlinePassed;

/// Waits until `work` is done, but at most until `deadline`.
///
/// A caller can wait in a loop, once for each piece of data. Such a loop ends at the deadline even if the next piece is
/// always available, because a call after the deadline fails without polling `work`. Each call also uses up a part of
/// the task's budget in tokio, so that such a loop lets other tasks run.
///
/// # Errors
///
/// Returns an error if the deadline has passed before the call or passes before `work` is done.
pub async fn before<T>(
    deadline: Instant,
    work: impl Future<Output = T>,
) -> Result<T, DeadlinePassed> {
    consume_budget().await;
    if now() >= deadline {
        return Err(DeadlinePassed);
    }
    timeout_at(deadline, work).await.map_err(|_| DeadlinePassed)
}

/// Waits for `work` for at most `limit`; see [`before`].
///
/// # Errors
///
/// Returns an error if `work` is not done in time.
pub async fn within<T>(
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, DeadlinePassed> {
    // If the deadline is too far in the future for the clock, wait without a deadline.
    match now().checked_add(limit) {
        Some(deadline) => before(deadline, work).await,
        None => Ok(work.await),
    }
}

/// Waits until `instant`, or forever for `None`.
pub async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
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

/// The times of several clocks at one moment. Two such readings show whether this process was stopped between them.
/// `None` stands for a clock that the operating system does not have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessTime {
    /// The monotonic clock. It stands still while the machine is suspended.
    pub(crate) monotonic: Instant,
    /// The time since the machine was started, including the time for which the machine was suspended.
    pub(crate) boot: Option<Duration>,
    /// The time for which the threads of this process had a CPU.
    pub(crate) cpu: Option<Duration>,
}

impl ProcessTime {
    /// Returns the present times of all clocks.
    pub(crate) fn now() -> Self {
        Self {
            monotonic: now(),
            boot: boot_time(),
            cpu: cpu_time(),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn boot_time() -> Option<Duration> {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
    time.ok().map(Duration::from)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn boot_time() -> Option<Duration> {
    None
}

#[cfg(unix)]
fn cpu_time() -> Option<Duration> {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID);
    time.ok().map(Duration::from)
}

#[cfg(not(unix))]
fn cpu_time() -> Option<Duration> {
    None
}

/// Returns the time of day as a timestamp of [`jiff`].
pub fn timestamp() -> Timestamp {
    // The conversion fails only for times after the year 9999.
    Timestamp::try_from(wall()).unwrap_or(Timestamp::MAX)
}

/// Seconds from 1970 to the start of every simulation: 2026-01-01T00:00:00Z.
const SIMULATED_START: u64 = 1_767_225_600;

/// A guard that starts simulated time. Until it is dropped, the time of day on this thread follows the simulated time.
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::advance;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(10);

    #[tokio::test(start_paused = true)]
    async fn a_deadline_holds_although_data_is_always_ready() {
        let deadline = now() + LIMIT;
        let mut rounds = 0;
        while before(deadline, ready(())).await.is_ok() {
            rounds += 1;
            assert!(rounds <= 10, "the deadline does not hold");
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!(rounds, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_for_nothing_ends_at_the_deadline() {
        let begun = now();
        let waited = within(LIMIT, pending::<()>()).await;
        assert_eq!(waited, Err(DeadlinePassed));
        assert!(begun.elapsed() >= LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn data_that_is_always_ready_lets_other_tasks_run() {
        let other = tokio::spawn(async {});
        let mut rounds = 0;
        while !other.is_finished() {
            before(now() + LIMIT, ready(())).await.unwrap();
            rounds += 1;
            assert!(rounds < 10_000, "the other task never runs");
        }
    }

    #[tokio::test]
    async fn a_limit_beyond_the_clock_never_passes() {
        assert_eq!(within(Duration::MAX, ready(1)).await, Ok(1));
    }
}
