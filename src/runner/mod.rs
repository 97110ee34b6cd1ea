//! From scenarios and a target to outcomes. Emits [`Event`]s; knows no output format.

mod event;
mod outcome;
mod proof;

pub use event::{Event, Record, RunInfo, Summary};
pub use outcome::{
    Attempt, Breach, ClientView, Outcome, Place, RequirementNote, SeenLine, Verdict,
};
pub use proof::{FaultProof, Proof, ScenarioProof, Survivor};
