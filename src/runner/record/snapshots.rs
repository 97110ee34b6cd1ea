//! The comparison of a run's transcripts with the stored ones.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::Transport;

/// The comparison of the transcripts of a run with the stored ones.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SnapshotReport {
    /// The folder with the stored transcripts.
    pub folder: PathBuf,
    /// What a difference means.
    pub mode: SnapshotMode,
    /// The number of transcripts that are as stored.
    pub same: usize,
    /// The transcripts that are not as stored.
    pub changes: Vec<SnapshotChange>,
}

/// What a run does with transcripts that are not as stored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotMode {
    /// The run fails, and writes nothing.
    Check,
    /// The run writes them, so that somebody can review them.
    Write,
}

/// A transcript that is not as stored.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SnapshotChange {
    /// The id of the scenario.
    pub scenario: String,
    /// The transport of each client whose transport the scenario does not name.
    pub transport: Transport,
    /// The profile of the server; `None` for the manifest's own settings.
    pub profile: Option<String>,
    /// How the transcript differs.
    pub kind: SnapshotChangeKind,
    /// The file with the stored transcript.
    pub file: PathBuf,
    /// The lines that differ, by lane: `[alice]`, then `- old` and `+ new`.
    pub difference: Vec<String>,
    /// For an unsteady transcript, what to write into the scenario.
    pub proposal: Option<String>,
}

/// How a transcript differs from the stored one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotChangeKind {
    /// Other lines.
    Changed,
    /// There is a stored transcript, but no such scenario.
    Gone,
    /// There is no stored transcript.
    New,
    /// The transcripts differ between the repeats of this run, so they were not compared.
    Unsteady,
}

impl SnapshotReport {
    /// Returns true if the run fails because of its transcripts.
    pub fn fails(&self) -> bool {
        self.mode == SnapshotMode::Check && !self.changes.is_empty()
    }

    /// Returns the number of transcripts that differ in this way.
    pub fn count(&self, kind: SnapshotChangeKind) -> usize {
        let of_kind = self.changes.iter().filter(|change| change.kind == kind);
        of_kind.count()
    }
}

impl SnapshotChange {
    /// Returns the scenario, with its transport and its profile.
    pub fn heading(&self) -> String {
        let heading = format!("{} · {}", self.scenario, self.transport);
        match &self.profile {
            Some(profile) => format!("{heading} · profile {profile}"),
            None => heading,
        }
    }
}

impl SnapshotChangeKind {
    /// All ways in which a transcript differs, in the order in which summaries count them.
    pub const ALL: [Self; 4] = [Self::Changed, Self::New, Self::Gone, Self::Unsteady];

    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
            Self::Unsteady => "unsteady",
        }
    }
}
