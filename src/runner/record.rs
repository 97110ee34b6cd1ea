//! The record of a run, built from its events.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    event::{Event, EventKind, RunInfo},
    notice::Notice,
    outcome::Outcome,
    verdict::Verdict,
};

/// The number of scenarios with each verdict.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// Scenarios that match the strict expectations.
    pub pass: usize,
    /// Scenarios with a tolerated deviation or a broken `should`.
    pub warn: usize,
    /// Scenarios with a broken `must`.
    pub fail: usize,
    /// Scenarios that don't apply to the target.
    pub skip: usize,
    /// Scenarios that could not be judged.
    pub error: usize,
    /// Warnings that never count against the target; `warn` includes them.
    pub informative: usize,
    /// Scenarios whose attempts had different verdicts; the number of their verdict includes them.
    pub flaky: usize,
    /// Whether the user interrupted the run.
    pub interrupted: bool,
    /// The wall time of the run.
    pub duration: Duration,
}

impl Summary {
    /// Counts one outcome.
    pub fn count(&mut self, outcome: &Outcome) {
        let count = match outcome.verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Warn => &mut self.warn,
            Verdict::Fail => &mut self.fail,
            Verdict::Skip => &mut self.skip,
            Verdict::Error => &mut self.error,
        };
        *count += 1;
        self.informative += usize::from(outcome.is_informative_warning());
        self.flaky += usize::from(outcome.flaky);
    }
}

/// A whole run; every report can be made from it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Record {
    /// What ran against what.
    pub info: RunInfo,
    /// Every outcome, in order of id.
    pub outcomes: Vec<Outcome>,
    /// The notices, in order of time.
    pub notices: Vec<Notice>,
    /// The numbers so far.
    pub summary: Summary,
}

impl Record {
    /// Adds one event. The record is complete once all events of a run are added.
    pub fn add(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted(info) => self.info = info.clone(),
            EventKind::ScenarioFinished(outcome) => {
                self.summary.count(outcome);
                let place = self
                    .outcomes
                    .partition_point(|known| known.id <= outcome.id);
                self.outcomes.insert(place, (**outcome).clone());
            }
            EventKind::Noticed(notice) => self.notices.push(notice.clone()),
            EventKind::Interrupted => self.summary.interrupted = true,
            EventKind::RunFinished(summary) => self.summary = *summary,
            EventKind::AttemptStarted { .. }
            | EventKind::ScenarioRetried { .. }
            | EventKind::ScenarioSlow { .. }
            | EventKind::ScenarioStarted { .. }
            | EventKind::TargetDied { .. }
            | EventKind::TargetRestarted(_)
            | EventKind::TargetStarted(_) => {}
        }
    }
}
