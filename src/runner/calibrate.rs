//! How long to watch for what must not come, from what is measured of a target.

use std::time::{Duration, Instant};

use tokio::time::{self, timeout};

use super::{ping::ping, wait::Waited};
use crate::client::{Connection, DropHow, Endpoint, Layer, Options};

/// The least: a handler that defers a wrong delivery by 50 ms is to be caught.
const FLOOR: Duration = Duration::from_millis(80);

/// The most, however slow a target is.
const CEILING: Duration = Duration::from_millis(500);

/// Round trips that are measured.
const TRIPS: usize = 8;

/// Limit of the whole measurement.
const LIMIT: Duration = Duration::from_secs(2);

/// The settle time: the floor and four times the slowest round trip.
pub(super) async fn settle(endpoint: &Endpoint, layer: Layer) -> Duration {
    let slowest = timeout(LIMIT, slowest_trip(endpoint, layer))
        .await
        .ok()
        .flatten()
        .unwrap_or_default();
    (FLOOR + slowest * 4).min(CEILING)
}

async fn slowest_trip(endpoint: &Endpoint, layer: Layer) -> Option<Duration> {
    let options = Options {
        layer,
        deadline: LIMIT,
        ..Options::default()
    };
    let connection = Connection::open(endpoint, options).await.ok()?;
    let mut slowest = Duration::ZERO;
    for trip in 0..TRIPS {
        let begun = Instant::now();
        let deadline = time::Instant::now() + LIMIT;
        let waited = ping(&connection, format!("calibrate-{trip}"), deadline).await;
        let Waited::Found(()) = waited else {
            return None;
        };
        slowest = slowest.max(begun.elapsed());
    }
    connection.end(DropHow::Close).await;
    Some(slowest)
}
