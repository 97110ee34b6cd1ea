//! Ports for targets.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// Ports that a target may get: below the ephemeral ranges of every system (Linux starts at 32768). A
/// connect to a closed port inside that range can be given the very same port as its own and meet
/// itself, and then a server seems to be there that is not.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port that nothing listens on.
///
/// Ports are handed out in turn from a random start, so that targets that start side by side don't
/// race for one.
pub(super) fn free_port() -> Option<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Zero stands for a start that has yet to be drawn.
    let _ = NEXT.compare_exchange(
        0,
        rand::random_range(1..COUNT),
        Ordering::Relaxed,
        Ordering::Relaxed,
    );
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        // Every interface: a server may listen on any of them.
        .find(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_distinct_and_below_the_ephemeral_range() {
        let first = free_port().unwrap();
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let second = free_port().unwrap();
        assert_ne!(first, second);
        for port in [first, second] {
            assert!((FIRST..FIRST + COUNT).contains(&port));
        }
        drop(held);
    }
}
