//! Changes the outcome of a scenario that ran when the target died.

use std::time::Duration;

use crate::{
    runner::{
        findings::{evidence::ENDED_BY_US, failure_kind::FailureKind},
        judgement::cause,
        record::{outcome::Outcome, verdict::Verdict},
    },
    text::{
        escape::{self, Newlines},
        excerpt, humanize,
    },
};

/// Why an outcome has its verdict.
pub(super) struct Explanation {
    /// The sentence that explains the verdict.
    sentence: String,
    /// The cause in a sentence that is the same in all scenarios with this cause.
    cause: String,
}

impl From<String> for Explanation {
    fn from(sentence: String) -> Self {
        Self {
            cause: sentence.clone(),
            sentence,
        }
    }
}

impl Explanation {
    /// Adds a sentence to the explanation.
    pub(super) fn and(mut self, sentence: &str) -> Self {
        self.sentence = format!("{} {sentence}", self.sentence);
        self
    }
}

/// Returns the outcome of a scenario during which the target died, with another verdict and the sentence that explains
/// it.
pub(super) fn with_verdict(
    mut outcome: Box<Outcome>,
    verdict: Verdict,
    explanation: impl Into<Explanation>,
) -> Box<Outcome> {
    let Explanation { sentence, cause } = explanation.into();
    outcome.verdict = verdict;
    outcome.kind = (verdict == Verdict::Fail).then_some(FailureKind::ServerDied);
    if let Some(breach) = &mut outcome.breach {
        breach.sentence.clone_from(&sentence);
    }
    outcome.reason = Some(cause);
    outcome.cause = cause::of_reason(&outcome);
    outcome.reason = Some(sentence);
    outcome
}

/// Returns the explanation for the scenario that killed the target. `outcome` holds what its clients sent.
pub(super) fn death(outcome: &Outcome, status: Option<&str>) -> Explanation {
    let after = match last_sent(outcome) {
        Some((client, text)) => match text.strip_prefix(ENDED_BY_US) {
            Some(how) => format!("after {client} had ended its connection{how}"),
            None => {
                let shown = excerpt(&escape::visible(text, Newlines::Escape));
                format!("after {client} had sent `{shown}`")
            }
        },
        None => "during this scenario".to_owned(),
    };
    let how = match status {
        Some(status) => format!("its process ended with {status}"),
        None => "nothing listens on its port any more".to_owned(),
    };
    Explanation {
        sentence: format!("The target died {after}: {how}."),
        cause: format!("The target died: {how}."),
    }
}

/// Returns what the clients of a scenario sent last, with the client's name. Returns `None` if the outcome holds no
/// traffic.
fn last_sent(outcome: &Outcome) -> Option<(&str, &str)> {
    let views = outcome.breach.iter().flat_map(|breach| &breach.seen);
    let sent = views.flat_map(|view| {
        let lines = view.lines.iter().filter(|line| !line.received);
        lines.map(|line| (line.at, view.client.as_str(), line.text.as_str()))
    });
    let last = sent.max_by_key(|(at, ..)| *at)?;
    Some((last.1, last.2))
}

/// Returns the sentence for a scenario during which the server ended by itself.
pub(super) fn own_end(after: Duration) -> String {
    format!(
        "The target ended {} after its start, as it also does while no scenario runs.",
        humanize::duration(after)
    )
}
