//! Chooses free ports for targets.

use std::sync::atomic::{AtomicU16, Ordering};

use crate::net;

/// The first port that targets can get. All ports of targets are below the ephemeral range of every system (Linux
/// starts at 32768). A client that connects to a closed port inside that range can get the same port as its own
/// source port; it would then connect to itself and seem to reach a server.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// Returns a port on which no process listens, or `None` if no port is free.
/// Ports are returned in ascending order from a random start, so that targets that start at the same time get
/// different ports.
pub(super) fn free_port() -> Option<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // The value zero means that the random start is not chosen yet, so choose it now.
    let _ = NEXT.compare_exchange(
        0,
        rand::random_range(1..COUNT),
        Ordering::Relaxed,
        Ordering::Relaxed,
    );
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        .find(|port| net::is_port_free(*port))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

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
