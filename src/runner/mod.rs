//! Plays scenarios against a target and emits [`Event`]s. Knows no output format.
//!
//! [`run()`] runs all items of a plan, `play` plays one of them (attempts and retries), and `steps::perform` performs
//! one step.

mod baseline;
mod clients;
mod death;
mod findings;
mod journal;
mod judgement;
mod log;
mod matching;
mod plan;
mod play;
mod prove;
mod record;
mod run;
mod running_target;
#[cfg(test)]
pub(crate) mod samples;
mod settings;
mod silence;
mod steps;
#[cfg(test)]
mod tests;
mod transcript;
mod translation;
mod waiting;

pub use baseline::{
    Baseline, BaselineMentions, Because, Comparison, Deviation, KnownDeviations, Names, OtherKind,
    Stale,
};
pub use findings::{error_kind::ErrorKind, failure_kind::FailureKind};
pub use judgement::citation::of_items as requirements_of;
pub use plan::{
    Item, Plan,
    coverage::{Coverage, CoverageState, Covered, Evidence, Observed, Skips, Verifier, skips},
    partition::{Partition, PartitionBy, PartitionError},
    unlock::{Declarable, Unlock, Way, unlocks},
};
pub use prove::{
    proof::{FaultProof, Proof, ScenarioProof, Survivor},
    prove,
    trials_under_way::Proving,
};
pub use record::{
    Record,
    event::{Event, EventKind, RunInfo, TargetStart, Traffic},
    known::{Known, KnownBy},
    notice::Notice,
    outcome::{
        Attempt, Breach, Cause, ClientView, Excerpt, FurtherFinding, Missing, Outcome, Place,
        RequirementNote, SeenLine, Weight,
    },
    snapshots::{SnapshotChange, SnapshotChangeKind, SnapshotMode, SnapshotReport},
    summary::Summary,
    transcript::{Transcript, TranscriptLane, TranscriptLine},
    verdict::Verdict,
};
pub use run::{belied::belied, run, suspect::suspect, unstarted::record_unstarted};
pub use running_target::host::{Host, StartError, Target};
pub use settings::Settings;
