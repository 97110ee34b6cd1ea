//! Checks the size limits of an attempt, and whether this process was disturbed meanwhile. An attempt that exceeded a
//! limit or was disturbed says nothing about the target.

use tokio::time::Instant;

use super::{attempt::Attempt, pulse};
use crate::{
    client::{Exceeded, Outgoing, What},
    clock,
    net::count_file_shortages,
    runner::{
        clients::Link,
        findings::{Obstacle, Stop, error_kind::ErrorKind},
    },
    wire::{
        socket_io::{DecodeError, Decoder, Limits},
        websocket::CloseCode,
    },
};

/// Why an attempt is skipped whose client received the oversized packet of another client.
const PASSED_ON: &str = "the application passes the packets of a client on to other clients, and the scenario sends one of a size or nesting that sockspec does not read";

/// Returns an obstacle if a client sent more at once than the target announced as its limit, or, on a plain WebSocket
/// endpoint, more than it returned to the probe.
///
/// Returns `None` for a scenario that needs the capability `max-payload` or `small-payload`, because it tests the limit
/// itself.
pub(super) fn sent_more_than_announced(attempt: &Attempt<'_>) -> Option<Obstacle> {
    let about_limits = |need: &String| matches!(need.as_str(), "max-payload" | "small-payload");
    if attempt.scenario.needs.iter().any(about_limits) {
        return None;
    }
    let returned = attempt.target.manifest.observed.largest_message;
    let mut links = attempt.clients().flat_map(|client| client.links());
    links.find_map(|link| {
        let announced = link.connection.handshake().and_then(|open| open.max_payload);
        let limit = announced.or(returned)?;
        let exceeds = u64::try_from(link.largest_sent()).is_ok_and(|sent| sent > limit)
            || (announced.is_none() && was_too_big(&link));
        exceeds.then(|| {
            Obstacle::new(match announced {
                Some(_) => format!(
                    "the scenario sends a message or a POST of more than the {limit} bytes that the target announces as its limit"
                ),
                None => format!(
                    "the scenario sends a message of more than {limit} bytes, the largest message that the target returned to the probe"
                ),
            })
        })
    })
}

/// Returns true if the server closed a connection because a message was too big (RFC 6455 section 7.4.1). A compressed
/// message can be small when it is sent, and too big when it has been decompressed.
fn was_too_big(link: &Link) -> bool {
    const TOO_BIG: CloseCode = CloseCode(1009);
    let entries = link.connection.journal().entries();
    entries.iter().any(|entry| match &entry.what {
        What::Ended(ended) => !ended.by_us && ended.code == Some(TOO_BIG),
        _ => false,
    })
}

/// Returns why an attempt stops whose client received more than sockspec's limits allow; `None` if no client did.
pub(super) fn received_more_than_accepted(attempt: &Attempt<'_>) -> Option<Stop> {
    attempt.clients().find_map(|client| {
        let limit = client.links().iter().find_map(|link| {
            let entries = link.connection.journal().entries();
            entries.iter().find_map(|entry| match &entry.what {
                What::Oversize(limit) => Some(limit.clone()),
                _ => None,
            })
        })?;
        if has_sent_as_much(attempt, &limit) {
            return Some(Obstacle::new(PASSED_ON).inapplicable());
        }
        let name = &client.spec.name;
        let sentence = format!(
            "{name} received more than sockspec accepts, although the target may send it: {limit}."
        );
        Some(
            Obstacle::new(sentence)
                .kind(ErrorKind::MoreThanTaken)
                .unjudged(),
        )
    })
}

/// Returns true if a client of the attempt itself sent a packet that exceeds this limit: the application passes on what
/// its clients send.
fn has_sent_as_much(attempt: &Attempt<'_>, limit: &Exceeded) -> bool {
    let exceeds = |message: &str| match Decoder::new(Limits::NONE).text(message) {
        Err(error @ DecodeError::TooLarge { .. }) => Exceeded::Packet(error) == *limit,
        Ok(_) | Err(_) => false,
    };
    let mut links = attempt.clients().flat_map(|client| client.links());
    links.any(|link| {
        let entries = link.connection.journal().entries();
        let mut sent = entries.iter().filter_map(|entry| match &entry.what {
            What::Sent(Outgoing::Packet(text)) => text.strip_prefix('4'),
            _ => None,
        });
        sent.any(exceeds)
    })
}

/// How many of the last journal entries to search for `What::Oversize`, which says that a limit was exceeded. If a
/// connection ended because of that, this entry is one of the last.
const LAST: usize = 3;

/// Returns true if a connection has ended because the target sent more than sockspec's limits allow. The attempt can't
/// be judged then, whatever later steps find.
pub(super) fn is_beyond_judgement(attempt: &Attempt<'_>) -> bool {
    attempt.clients().any(|client| {
        client.links().iter().any(|link| {
            let entries = link.connection.journal().entries();
            let mut last = entries.iter().rev().take(LAST);
            last.any(|entry| matches!(entry.what, What::Oversize(_)))
        })
    })
}

/// The state of this process at the start of an attempt: the time, and how often a file descriptor was missing before.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessState {
    begun: Instant,
    shortages: usize,
}

impl ProcessState {
    /// Returns the current time and the number of times that a file descriptor was missing so far. From then on, the
    /// runner also notices whether this process is stopped.
    pub(in crate::runner) fn now() -> Self {
        pulse::watch();
        Self {
            begun: clock::now(),
            shortages: count_file_shortages(),
        }
    }

    /// Returns an obstacle if, since the start of the attempt, this process was stopped or had no free file descriptor.
    ///
    /// Both make deadlines pass and connections end without a fault of the target.
    pub(super) fn disturbance(self) -> Option<Obstacle> {
        if let Some(stopped) = pulse::stopped_since(self.begun) {
            let sentence = format!(
                "The runner was stopped for {:.1} s, so the clock jumped and deadlines passed.",
                stopped.as_secs_f64()
            );
            return Some(Obstacle::new(sentence).kind(ErrorKind::RunnerStopped));
        }
        (count_file_shortages() > self.shortages).then(|| {
            let sentence = "sockspec had no free file descriptor for a connection while the scenario ran; fewer `--jobs` \
                            need fewer, and `ulimit -n` raises the limit.";
            Obstacle::new(sentence).kind(ErrorKind::OutOfFiles)
        })
    }
}
