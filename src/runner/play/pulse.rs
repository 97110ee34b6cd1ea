//! Notices that this process was stopped for a while.
//!
//! After SIGSTOP and SIGCONT, or after the machine was suspended, many deadlines have passed at once, and a server may
//! have ended connections whose heartbeat was late. Such a failure says nothing about the target.
//!
//! A thread reads the clocks of this process every 50 ms; each reading is a beat. A late beat alone is no proof of a
//! stop: on a busy machine one thread can be late while the others run. So the clocks decide, which show how long the
//! machine was suspended and how long the process had a CPU.

use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::time::Instant;

use crate::clock::ProcessTime;

/// The time between two beats. At each beat, a thread reads the clocks of this process to notice that the process was
/// stopped.
const BEAT: Duration = Duration::from_millis(50);

/// The shortest time for which this process was stopped (SIGSTOP, a suspended machine) that counts as a stop. Attempts
/// that did not pass meanwhile then end as ERROR.
const STOP: Duration = Duration::from_secs(2);

/// This process counts as stopped if it had a CPU for at most one tenth (1/`CPU_SHARE`) of the time between two beats.
const CPU_SHARE: u32 = 10;

/// The thread that notices when this process is stopped (the "pulse"). The thread sleeps nearly always, and lives as
/// long as the process.
static PULSE: LazyLock<Option<Pulse>> = LazyLock::new(|| {
    let started = thread::Builder::new().name("pulse".to_owned()).spawn(|| {
        loop {
            thread::sleep(BEAT);
            if let Some(pulse) = &*PULSE {
                pulse.lock().beat(ProcessTime::now());
            }
        }
    });
    // If the thread can't be started, notice no stops at all: without its beats, the process would always seem to have
    // been stopped.
    started
        .ok()
        .map(|_| Pulse(Mutex::new(Beats::new(ProcessTime::now()))))
});

/// What the thread that watches this process has found: its last reading of the clocks, and the stops of the process.
#[derive(Debug)]
struct Pulse(Mutex<Beats>);

/// The clocks at the last beat, and the stops that the beats have shown.
#[derive(Debug)]
struct Beats {
    last: ProcessTime,
    /// For each stop, the time at which it was noticed, and how long the process was stopped.
    stops: Vec<(Instant, Duration)>,
}

/// Starts to watch this process. Later calls do nothing.
pub(in crate::runner) fn watch() {
    LazyLock::force(&PULSE);
}

/// Returns the length of the longest stop of this process since `begun`; `None` if the process ran all the time.
pub(super) fn stopped_since(begun: Instant) -> Option<Duration> {
    let pulse = PULSE.as_ref()?;
    let mut beats = pulse.lock();
    // Read the clocks here too: after a stop, this thread may run before the thread that reads the clocks every 50 ms.
    beats.beat(ProcessTime::now());
    beats.longest_since(begun)
}

impl Pulse {
    fn lock(&self) -> MutexGuard<'_, Beats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beats {
    fn new(last: ProcessTime) -> Self {
        Self {
            last,
            stops: Vec::new(),
        }
    }

    /// Records the clocks, and a stop if the process was stopped since they were last recorded.
    fn beat(&mut self, now: ProcessTime) {
        if let Some(stopped) = stopped_between(self.last, now) {
            self.stops.push((now.monotonic, stopped));
        }
        self.last = now;
    }

    fn longest_since(&self, begun: Instant) -> Option<Duration> {
        let stops = self.stops.iter().filter(|(at, _)| *at >= begun);
        stops.map(|(_, stopped)| *stopped).max()
    }
}

/// Returns for how long the process was stopped between two readings of its clocks; `None` if it ran.
fn stopped_between(last: ProcessTime, now: ProcessTime) -> Option<Duration> {
    let passed = now.monotonic.saturating_duration_since(last.monotonic);
    let since = |last: Option<Duration>, now: Option<Duration>| Some(now?.saturating_sub(last?));
    let suspended = since(last.boot, now.boot)
        .map(|boot| boot.saturating_sub(passed))
        .filter(|suspended| *suspended >= STOP);
    let had_no_cpu = since(last.cpu, now.cpu).is_some_and(|cpu| cpu <= passed / CPU_SHARE);
    suspended.or_else(|| (passed >= STOP && had_no_cpu).then_some(passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a reading of a process's clocks. The arguments are the times that the clocks show, in milliseconds after
    /// `start`.
    fn after(start: Instant, monotonic: u64, boot: u64, cpu: u64) -> ProcessTime {
        ProcessTime {
            monotonic: start + Duration::from_millis(monotonic),
            boot: Some(Duration::from_millis(boot)),
            cpu: Some(Duration::from_millis(cpu)),
        }
    }

    #[test]
    fn a_stop_counts_for_what_ran_then() {
        let start = ProcessTime::now().monotonic;
        let at = |time, cpu| after(start, time, time, cpu);
        let mut beats = Beats::new(at(0, 0));
        beats.beat(at(50, 1));
        beats.beat(at(1_900, 1));
        assert_eq!(beats.longest_since(start), None);
        beats.beat(at(4_900, 2));
        beats.beat(at(4_950, 2));
        assert_eq!(beats.longest_since(start), Some(Duration::from_secs(3)));
        let later = start + Duration::from_millis(4_920);
        assert_eq!(beats.longest_since(later), None);
    }

    #[test]
    fn a_late_beat_of_a_process_that_ran_is_no_stop() {
        let start = ProcessTime::now().monotonic;
        let mut beats = Beats::new(after(start, 0, 0, 0));
        beats.beat(after(start, 5_000, 5_000, 1_000));
        assert_eq!(beats.longest_since(start), None);
    }

    #[test]
    fn a_suspended_machine_stops_the_process() {
        let start = ProcessTime::now().monotonic;
        let mut beats = Beats::new(after(start, 0, 0, 0));
        beats.beat(after(start, 50, 60_050, 20));
        assert_eq!(beats.longest_since(start), Some(Duration::from_secs(60)));
    }
}
