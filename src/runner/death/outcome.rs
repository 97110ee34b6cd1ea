//! Changes the outcome of a scenario that ran when the target died.

use std::time::Duration;

use crate::{
    runner::{
        findings::failure_kind::FailureKind,
        judgement::cause,
        record::{outcome::Outcome, verdict::Verdict},
    },
    text::humanize,
};

/// Returns the outcome of a scenario during which the target died, with another verdict and the sentence that explains
/// it.
pub(super) fn with_verdict(
    mut outcome: Box<Outcome>,
    verdict: Verdict,
    sentence: String,
) -> Box<Outcome> {
    outcome.verdict = verdict;
    outcome.kind = (verdict == Verdict::Fail).then_some(FailureKind::ServerDied);
    if let Some(breach) = &mut outcome.breach {
        breach.sentence.clone_from(&sentence);
    }
    outcome.reason = Some(sentence);
    outcome.cause = cause::of_reason(&outcome);
    outcome
}

/// Returns the sentence for the scenario that killed the target.
pub(super) fn death_sentence(status: Option<&str>) -> String {
    match status {
        Some(status) => format!("The target died: its process ended with {status}."),
        None => "The target died: nothing listens on its port any more.".to_owned(),
    }
}

/// Returns the sentence for a scenario during which the server ended by itself.
pub(super) fn own_end(after: Duration) -> String {
    format!(
        "The target ended {} after its start, as it also does while no scenario runs.",
        humanize::duration(after)
    )
}
