//! How long to watch for what must not come, from what is measured of a target.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::{self, timeout};

use super::wait::{Waited, wait_in};
use crate::{
    client::{Connection, Endpoint, Layer, Options, What},
    wire::websocket::{Frame, LengthEncoding, OpCode, RawFrame},
};

/// The least: a handler that defers a wrong delivery by 50 ms is to be caught.
const FLOOR: Duration = Duration::from_millis(80);

/// The most, however slow a target is.
const CEILING: Duration = Duration::from_millis(500);

/// Round trips that are measured.
const TRIPS: usize = 8;

/// Limit of the whole measurement.
const LIMIT: Duration = Duration::from_secs(2);

/// The settle time: the floor and four times the slowest round trip.
pub(super) async fn settle(endpoint: &Endpoint) -> Duration {
    let slowest = timeout(LIMIT, slowest_trip(endpoint))
        .await
        .ok()
        .flatten()
        .unwrap_or_default();
    (FLOOR + slowest * 4).min(CEILING)
}

async fn slowest_trip(endpoint: &Endpoint) -> Option<Duration> {
    let options = Options {
        layer: Layer::EngineIo,
        deadline: LIMIT,
        ..Options::default()
    };
    let connection = Connection::open(endpoint, options).await.ok()?;
    let mut slowest = Duration::ZERO;
    for trip in 0..TRIPS {
        let marker = Bytes::from(format!("calibrate-{trip}"));
        let from = connection.journal().entries().len();
        let begun = Instant::now();
        let frame = Frame {
            fin: true,
            rsv: 0,
            opcode: OpCode::Ping,
            mask: Some(rand::random()),
            payload: marker.clone(),
        };
        connection.send_frame(
            RawFrame {
                frame,
                length_encoding: LengthEncoding::Minimal,
                declared_length: None,
            },
            None,
        );
        let waited = wait_in(
            connection.journal(),
            from,
            time::Instant::now() + LIMIT,
            |_, entry| match &entry.what {
                What::Frame(frame) if frame.opcode == OpCode::Pong && frame.payload == marker => {
                    Some(())
                }
                _ => None,
            },
        )
        .await;
        let Waited::Found(()) = waited else {
            return None;
        };
        slowest = slowest.max(begun.elapsed());
    }
    connection.end(crate::client::DropHow::Close).await;
    Some(slowest)
}
