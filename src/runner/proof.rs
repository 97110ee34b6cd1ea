//! What a proof run found: which faults turn which scenarios red.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// The result of running every scenario against every fault it claims to catch.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Proof {
    /// Every fault there is, sorted by id.
    pub faults: Vec<FaultProof>,
    /// Every scenario that was selected, sorted by id.
    pub scenarios: Vec<ScenarioProof>,
    /// Wall time.
    pub duration: Duration,
}

/// What became of one fault.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct FaultProof {
    /// Its id.
    pub id: String,
    /// What the server does wrong, in one sentence.
    pub breaks: String,
    /// Scenarios that turned red, sorted.
    pub caught_by: Vec<String>,
}

/// What became of one scenario.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ScenarioProof {
    /// Its id.
    pub id: String,
    /// Faults that turned it red, sorted.
    pub killed_by: Vec<String>,
    /// Faults it claims to catch, but stays green with, and why that is known: the verdict's reason.
    pub survived: Vec<Survivor>,
    /// Why it proves nothing: it is red without a fault, or green without the act that should end a connection.
    pub broken: Option<String>,
    /// Its file.
    pub file: PathBuf,
    /// The line of its entry.
    pub line: usize,
}

/// A fault that a scenario claims to catch and does not.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Survivor {
    /// The fault.
    pub fault: String,
    /// What the run with it gave: `pass`, or why it could not be judged.
    pub outcome: String,
}

impl ScenarioProof {
    /// Whether the scenario can fail, and fails for everything it claims.
    pub fn is_proved(&self) -> bool {
        !self.killed_by.is_empty() && self.survived.is_empty() && self.broken.is_none()
    }
}

impl Proof {
    /// Whether every fault is caught and every scenario is proved.
    pub fn is_complete(&self) -> bool {
        self.faults.iter().all(|fault| !fault.caught_by.is_empty())
            && self.scenarios.iter().all(ScenarioProof::is_proved)
    }
}
