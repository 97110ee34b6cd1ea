//! What the open packet tells.

use std::time::Duration;

use super::{echo, finding::Finding};
use crate::wire::engine_io::Handshake;

/// With a heartbeat of no more than this, a missed beat can be waited for in a scenario.
const SHORT_HEARTBEAT: Duration = Duration::from_secs(1);

pub(super) fn max_payload(handshake: &Handshake) -> Finding {
    const NAME: &str = "max-payload";
    match handshake.max_payload {
        Some(bytes) => Finding::yes(NAME, format!("{bytes} bytes")),
        None => Finding::no(NAME, "the open packet does not tell"),
    }
}

pub(super) fn large_messages(handshake: &Handshake) -> Finding {
    const NAME: &str = "large-messages";
    let enough = u64::try_from(echo::LARGE).unwrap_or(u64::MAX);
    match handshake.max_payload {
        Some(bytes) if bytes >= enough => Finding::yes(NAME, "the open packet announces as much"),
        Some(_) => Finding::no(NAME, "the open packet announces less"),
        None => Finding::no(NAME, "the open packet does not tell"),
    }
}

pub(super) fn heartbeat(handshake: &Handshake) -> Finding {
    let (interval, patience) = (handshake.ping_interval, handshake.ping_timeout);
    let seen = format!(
        "interval {}, timeout {}",
        humantime::format_duration(interval),
        humantime::format_duration(patience)
    );
    if interval.saturating_add(patience) <= SHORT_HEARTBEAT {
        Finding::yes("short-heartbeat", seen)
    } else {
        Finding::no("short-heartbeat", seen)
    }
}
