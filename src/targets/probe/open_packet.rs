//! Probes that read the open packet.

use std::{future::ready, time::Duration};

use super::{asking::Probe, echo, finding::Finding};
use crate::{
    targets::capability::{Capability, Source},
    wire::engine_io::Handshake,
};

/// The capabilities that these probes find.
pub(in crate::targets) const CAPABILITIES: &[Capability] = &[
    Capability {
        name: "max-payload",
        meaning: "the server announces its maximum payload",
        source: Source::Probe("`maxPayload` in the open packet"),
        excludes: &[],
    },
    Capability {
        name: "large-messages",
        meaning: "the server accepts a message of 1,000,000 bytes",
        source: Source::Probe(
            "`maxPayload` in the open packet; on an endpoint without Engine.IO, such a message comes back",
        ),
        excludes: &[],
    },
    Capability {
        name: "short-heartbeat",
        meaning: "a scenario can wait for a missed heartbeat",
        source: Source::Probe("ping interval and ping timeout together are at most 1 s"),
        excludes: &[],
    },
];

/// The probes of the open packet.
pub(super) const PROBES: &[Probe] = &[
    |asked| Box::pin(ready(max_payload(asked.handshake))),
    |asked| Box::pin(ready(large_messages(asked.handshake))),
    |asked| Box::pin(ready(heartbeat(asked.handshake))),
];

/// The longest heartbeat (ping interval plus ping timeout) that counts as short: a scenario can wait until one is
/// missed.
const SHORT_HEARTBEAT: Duration = Duration::from_secs(1);

fn max_payload(handshake: &Handshake) -> Finding {
    const NAME: &str = "max-payload";
    match handshake.max_payload {
        Some(bytes) => Finding::yes(NAME, format!("{bytes} bytes")),
        None => Finding::no(NAME, "the open packet has no maxPayload"),
    }
}

fn large_messages(handshake: &Handshake) -> Finding {
    const NAME: &str = "large-messages";
    let enough = u64::try_from(echo::LARGE).unwrap_or(u64::MAX);
    match handshake.max_payload {
        Some(bytes) if bytes >= enough => Finding::yes(
            NAME,
            "the open packet announces a maxPayload of 1,000,000 bytes or more",
        ),
        Some(_) => Finding::no(
            NAME,
            "the open packet announces a maxPayload of less than 1,000,000 bytes",
        ),
        None => Finding::no(NAME, "the open packet has no maxPayload"),
    }
}

pub(super) fn heartbeat(handshake: &Handshake) -> Finding {
    let (interval, timeout) = (handshake.ping_interval, handshake.ping_timeout);
    let seen = format!(
        "interval {}, timeout {}",
        humantime::format_duration(interval),
        humantime::format_duration(timeout)
    );
    if interval.saturating_add(timeout) <= SHORT_HEARTBEAT {
        Finding::yes("short-heartbeat", seen)
    } else {
        Finding::no("short-heartbeat", seen)
    }
}
