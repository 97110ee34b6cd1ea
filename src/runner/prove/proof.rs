//! The result of a proof: which scenarios catch which faults.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// The result of running every scenario against every fault it claims to catch.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Proof {
    /// What the run found about each fault, sorted by the faults' ids.
    pub faults: Vec<FaultProof>,
    /// What the run found about each selected scenario, sorted by the scenarios' ids.
    pub scenarios: Vec<ScenarioProof>,
    /// How long the run of `sockspec prove` took.
    pub duration: Duration,
}

/// What the proof run found about one fault: which scenarios caught it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct FaultProof {
    /// The id of the fault.
    pub id: String,
    /// What a server with this fault does wrong, in one sentence.
    pub breaks: String,
    /// The scenarios that failed with this fault, sorted.
    pub caught_by: Vec<String>,
}

/// What the proof run found about one scenario: which faults it caught.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ScenarioProof {
    /// The id of the scenario.
    pub id: String,
    /// The faults with which the scenario failed, sorted.
    pub killed_by: Vec<String>,
    /// The faults that the scenario claims to catch but does not catch.
    pub survived: Vec<Survivor>,
    /// Why the scenario proves nothing: it fails without a fault, or passes although the step that should end a
    /// connection was left out.
    pub broken: Option<String>,
    /// The file of the scenario.
    pub file: PathBuf,
    /// The line in which the scenario begins.
    pub line: usize,
}

/// A fault that a scenario claims to catch but does not catch.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Survivor {
    /// The id of the fault.
    pub fault: String,
    /// The verdict with the fault: `pass`, or why the scenario could not be judged.
    pub outcome: String,
}

impl ScenarioProof {
    /// Returns true if the scenario catches at least one fault and every fault that it claims to catch, and is not
    /// `broken`.
    pub fn is_proved(&self) -> bool {
        !self.killed_by.is_empty() && self.survived.is_empty() && self.broken.is_none()
    }
}

impl Proof {
    /// Returns true if each fault is caught by at least one scenario, and every scenario is proved.
    pub fn is_complete(&self) -> bool {
        self.faults.iter().all(|fault| !fault.caught_by.is_empty())
            && self.scenarios.iter().all(ScenarioProof::is_proved)
    }
}
