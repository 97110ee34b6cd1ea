//! The record of a run, built from its events.

pub(super) mod event;
pub(super) mod known;
pub(super) mod masking;
pub(super) mod notice;
pub(super) mod outcome;
pub(super) mod snapshots;
pub(super) mod summary;
pub(super) mod transcript;
pub(super) mod verdict;

use serde::{Deserialize, Serialize};

use self::{
    event::{Event, EventKind, RunInfo},
    notice::Notice,
    outcome::Outcome,
    snapshots::SnapshotReport,
    summary::Summary,
};

/// A whole run; every report can be made from it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Record {
    /// What the run tests: the version, the target and the settings.
    pub info: RunInfo,
    /// The outcome of every scenario, in order of the scenarios' ids.
    pub outcomes: Vec<Outcome>,
    /// The notices, which are facts about the run that are not verdicts, in order of time.
    pub notices: Vec<Notice>,
    /// The number of scenarios with each verdict so far.
    pub summary: Summary,
    /// The comparison of the transcripts with the stored ones; `None` if the run made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<SnapshotReport>,
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
            EventKind::Noticed(notice) => {
                self.summary.target_lost |= notice.is_loss();
                self.notices.push(notice.clone());
            }
            EventKind::Interrupted => self.summary.interrupted = true,
            EventKind::SnapshotsCompared(report) => self.snapshots = Some(report.clone()),
            EventKind::RunFinished(summary) => self.summary = *summary,
            EventKind::AttemptStarted { .. }
            | EventKind::AttemptTraced(_)
            | EventKind::AttemptTranscribed(_)
            | EventKind::ScenarioRetried { .. }
            | EventKind::ScenarioSlow { .. }
            | EventKind::ScenarioStarted { .. }
            | EventKind::TargetDied { .. }
            | EventKind::TargetRestarted(_)
            | EventKind::TargetStarted(_) => {}
        }
    }
}
