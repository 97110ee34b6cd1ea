//! Plays scenarios against a target and emits [`Event`]s. Knows no output format.

mod attempt;
mod baseline;
mod batch;
mod belied;
mod bystander;
mod calibrate;
mod cause;
mod claim;
mod clients;
mod comeback;
mod control;
mod coverage;
mod credential_cache;
mod death;
mod death_outcome;
mod echo;
mod echo_form;
mod error_kind;
mod event;
mod evidence;
mod expectation;
mod failure_kind;
mod fence;
mod fence_frame;
mod files;
mod finding;
mod greetings;
mod host;
mod illegal_end;
mod invariants;
mod join_by_hand;
mod judgement;
mod late;
mod lawful_wait;
mod limits;
mod live_target;
mod log;
mod loss;
mod masking;
mod message_packet;
mod namespaces;
mod notice;
mod observe;
mod observe_frame;
mod operations;
mod outcome;
mod ping;
mod plan;
mod play;
mod proof;
mod prove;
mod pulse;
mod received;
mod record;
mod recovery_offer;
mod refusal_reports;
mod rejection;
mod requests;
mod run;
#[cfg(test)]
pub(crate) mod samples;
mod servers;
mod settings;
mod silence;
mod sought;
mod steps;
mod summary;
#[cfg(test)]
mod tests;
mod trace;
mod trial;
mod trials_under_way;
mod unique;
mod unrelated;
mod unstarted;
mod user;
mod verdict;
mod wait;
mod written_texts;

pub use baseline::{Baseline, Because, Comparison, Deviation, Names, OtherKind, Stale};
pub use coverage::{
    Coverage, CoverageState, Covered, Evidence, Observed, Skips, Verifier, skips,
};
pub use error_kind::ErrorKind;
pub use event::{Event, EventKind, RunInfo, TargetStart};
pub use failure_kind::FailureKind;
pub use host::{Host, StartError, Target};
pub use notice::Notice;
pub use outcome::{
    Attempt, Breach, Cause, ClientView, FurtherFinding, Outcome, Place, RequirementNote, SeenLine,
    Weight,
};
pub use plan::{Item, Plan};
pub use proof::{FaultProof, Proof, ScenarioProof, Survivor};
pub use prove::prove;
pub use record::Record;
pub use run::run;
pub use settings::Settings;
pub use summary::Summary;
pub use trials_under_way::Proving;
pub use unstarted::record_unstarted;
pub use verdict::Verdict;
