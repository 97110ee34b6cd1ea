//! The finding about a CONNECT that the server does not answer.

use super::{Finding, evidence, failure_kind::FailureKind};
use crate::{
    client::{Ended, What},
    runner::clients::Link,
    scenario::ClientName,
};

/// Returns the finding that the server did not answer a client's CONNECT, because the connection `ended` before, or
/// because the time passed. `from` is the index of the first journal entry that could be the answer.
pub(in crate::runner) fn unanswered_connect(
    name: &ClientName,
    namespace: &str,
    (link, from): (&Link, usize),
    ended: Option<&Ended>,
) -> Finding {
    match ended {
        Some(ended) => Finding::new(
            FailureKind::ConnectionEnded,
            format!("{name}'s connection ended before the server answered CONNECT to {namespace}."),
        )
        .received(evidence::describe_end(ended)),
        None => Finding::new(
            FailureKind::NoResponse,
            format!(
                "The server did not answer {name}'s CONNECT to {namespace} in time; {name} received {}.",
                evidence::came_briefly(link, first_packet(link, from).unwrap_or(from))
            ),
        )
        .received(evidence::came_since(link, from)),
    }
}

/// Returns the index of the first Socket.IO packet from `from` on. It says more about the missing answer than the open
/// packet before it.
fn first_packet(link: &Link, from: usize) -> Option<usize> {
    let entries = link.connection.journal().entries();
    let mut later = entries.iter().enumerate().skip(from);
    later.find_map(|(index, entry)| matches!(entry.what, What::Socket(_)).then_some(index))
}
