//! The cause of failures on a server that never answers some kind of request.

use crate::{
    client::{Layer, What},
    runner::{
        findings::failure_kind::FailureKind, play::attempt::Attempt, record::outcome::Outcome,
    },
    targets::Unanswered,
};

/// Returns the cause of an outcome in one sentence if the probe found that the server never answers a kind of request, and
/// the clients of the attempt sent such requests and then waited in vain.
pub(super) fn unanswered_cause(outcome: &Outcome, attempt: &Attempt<'_>) -> Option<String> {
    if !outcome.kind.is_some_and(FailureKind::is_absence) {
        return None;
    }
    let unanswered = &attempt.target.manifest.observed.unanswered;
    let kind = [Unanswered::Post, Unanswered::Poll]
        .into_iter()
        .find(|kind| unanswered.contains(kind) && has_sent(attempt, *kind))?;
    Some(format!("The server does not answer {}.", kind.in_words()))
}

/// Returns true if a client of the attempt sent a request of this kind.
fn has_sent(attempt: &Attempt<'_>, kind: Unanswered) -> bool {
    let beginning = match kind {
        Unanswered::Post => "POST ",
        Unanswered::Poll => "GET ",
        Unanswered::Connect | Unanswered::PollingHandshake | Unanswered::Upgrade => return false,
    };
    let is_of_kind = |line: &str| line.starts_with(beginning);
    let http = &attempt.notes().http;
    let by_step = http
        .iter()
        .any(|line| !line.received && is_of_kind(&line.text));
    by_step
        || attempt.clients().any(|client| {
            let links = client.links();
            links
                .iter()
                .filter(|link| !link.websocket && link.layer != Layer::Tcp)
                .any(|link| {
                    let entries = link.connection.journal().entries();
                    kind == Unanswered::Poll
                        || entries
                            .iter()
                            .any(|entry| matches!(entry.what, What::Sent(_)))
                })
        })
}
