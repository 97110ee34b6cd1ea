//! Runs code without real waiting: on one thread, in simulated time, with random values from a seed.

use std::{future::Future, io};

use tokio::runtime::Builder;

use crate::{clock::Simulated, random::Seeded};

/// Runs `future`, and every task that it spawns, on this thread in simulated time.
///
/// The time stands still while any task has work to do. When every task waits, the time jumps to the next timer. So a
/// wait of 40 s takes no real time, and the same seed gives the same order of events, as long as the tasks use nothing
/// from outside: no sockets, processes or threads. Connections go through [`crate::net::Network::memory`].
///
/// # Errors
///
/// Returns an error if the runtime can't be built.
pub fn run<T>(seed: u64, future: impl Future<Output = T>) -> io::Result<T> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    let _seeded = Seeded::new(seed);
    Ok(runtime.block_on(async {
        let _simulated = Simulated::start();
        future.await
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;
    use crate::clock;

    #[test]
    fn both_clocks_jump_over_waits() {
        let real = std::time::Instant::now();
        let (before, after) = run(1, async {
            let before = (clock::now(), clock::wall());
            sleep(Duration::from_secs(3600)).await;
            (before, (clock::now(), clock::wall()))
        })
        .unwrap();
        assert_eq!(after.0 - before.0, Duration::from_secs(3600));
        assert_eq!(
            after.1.duration_since(before.1).unwrap(),
            Duration::from_secs(3600)
        );
        assert!(real.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn every_simulation_starts_at_the_same_time_of_day() {
        let start = || run(1, async { clock::wall() }).unwrap();
        assert_eq!(start(), start());
        assert_ne!(start(), clock::wall());
    }
}
