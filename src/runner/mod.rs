//! From scenarios and a target to outcomes. Emits [`Event`]s; knows no output format.

mod event;
mod outcome;

pub use event::{Event, Record, RunInfo, Summary};
pub use outcome::{
    Attempt, Breach, ClientView, Outcome, Place, RequirementNote, SeenLine, Verdict,
};
