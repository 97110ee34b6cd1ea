//! From scenarios and a target to outcomes. Emits [`Event`]s; knows no output format.

mod attempt;
mod baseline;
mod bystander;
mod calibrate;
mod cast;
mod claim;
mod control;
mod coverage;
mod death;
mod echo;
mod echo_form;
mod event;
mod evidence;
mod execute;
mod expectation;
mod failure_kind;
mod fence;
mod finding;
mod host;
mod invariants;
mod judgement;
mod lane;
mod limits;
mod live_target;
mod log;
mod message_packet;
mod observe;
mod observe_frame;
mod operations;
mod outcome;
mod ping;
mod plan;
mod play;
mod proof;
mod prove;
mod refusal_reports;
mod settings;
mod silence;
mod sought;
mod steps;
mod unasked;
mod unique;
mod wait;

pub use baseline::{Baseline, Because, Comparison, Deviation, Names, OtherKind, Stale};
pub use coverage::{Coverage, CoverageState, Covered, Evidence, Observed, Verifier};
pub use event::{Event, Record, RunInfo, Summary};
pub use execute::run;
pub use failure_kind::FailureKind;
pub use host::{Host, StartError, Target};
pub use outcome::{
    Attempt, Breach, ClientView, Outcome, Place, RequirementNote, SeenLine, Verdict, Weight,
};
pub use plan::{Item, Plan};
pub use proof::{FaultProof, Proof, ScenarioProof, Survivor};
pub use prove::prove;
pub use settings::Settings;
