//! The outcome of one scenario.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::{failure_kind::FailureKind, verdict::Verdict};
use crate::scenario::{Invariant, Level, Transport};

/// Whether an outcome counts against the target.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It counts.
    #[default]
    Counts,
    /// It is only information, because its scenario is of tier `info`.
    Informs,
}

/// One scenario's outcome, complete: a report needs nothing else.
///
/// All texts are raw data; renderers escape them. Secrets are masked already.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// The scenario's id; `id@polling` where it ran over more than one transport.
    pub id: String,
    /// The scenario's title.
    pub title: String,
    /// The answer.
    pub verdict: Verdict,
    /// Whether attempts disagreed.
    pub flaky: bool,
    /// How binding the scenario's source is.
    pub level: Level,
    /// Whether the outcome counts against the target.
    pub weight: Weight,
    /// The requirements that the scenario verifies.
    pub requirements: Vec<String>,
    /// The capabilities that the scenario needs.
    pub needs: Vec<String>,
    /// The transport of the clients that name none.
    pub transport: Transport,
    /// Why, in one sentence; absent for a pass.
    pub reason: Option<String>,
    /// What the target did wrong; `None` if the target did nothing wrong or could not be judged.
    pub kind: Option<FailureKind>,
    /// What was wrong, with the evidence; for warn, fail and error.
    pub breach: Option<Breach>,
    /// How silence was proved: one line per proof.
    pub proofs: Vec<String>,
    /// The duration of the deciding attempt.
    pub duration: Duration,
    /// All attempts, if there was more than one.
    pub attempts: Vec<Attempt>,
    /// The scenario's file.
    pub file: PathBuf,
    /// The line of the scenario's entry in the file.
    pub line: usize,
}

impl Outcome {
    /// Returns true for a warning that doesn't count in a strict run either.
    pub fn is_informative_warning(&self) -> bool {
        self.verdict == Verdict::Warn && self.weight == Weight::Informs
    }

    /// Returns true if anything of the scenario ran.
    pub fn has_begun(&self) -> bool {
        self.breach.is_some() || !self.duration.is_zero()
    }
}

/// One attempt of several.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Attempt {
    /// The verdict of the attempt.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// The duration of the attempt.
    pub duration: Duration,
}

/// What was wrong, in the order in which people want to read it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Breach {
    /// A sentence.
    pub sentence: String,
    /// The invariant that the target broke, if no step found it.
    pub invariant: Option<Invariant>,
    /// The scenario line.
    pub place: Option<Place>,
    /// What was expected, in the language's words; may have several lines.
    pub expected: Option<String>,
    /// What came in its place.
    pub received: Option<String>,
    /// What each client saw, and when.
    pub seen: Vec<ClientView>,
    /// What the scenario verifies.
    pub requirements: Vec<RequirementNote>,
    /// What a user loses.
    pub why: Option<String>,
    /// The command that runs exactly this again.
    pub rerun: String,
    /// The target's last lines of output, where it was launched.
    pub log: Vec<String>,
}

/// A piece of a scenario file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// First line, from 1.
    pub line: usize,
    /// First column in characters, from 1.
    pub column: usize,
    /// The text of the line.
    pub text: String,
    /// Characters to underline from `column` on.
    pub width: usize,
}

/// One client's view of the scenario.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClientView {
    /// The client's name.
    pub client: String,
    /// Its lines, oldest first.
    pub lines: Vec<SeenLine>,
    /// How many lines before these were left out.
    pub left_out: usize,
}

/// One thing that a client sent or received.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SeenLine {
    /// Since the scenario's start.
    pub at: Duration,
    /// Whether the client received it.
    pub received: bool,
    /// The packet's or frame's text.
    pub text: String,
}

/// A requirement, as a failure cites it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RequirementNote {
    /// Its id.
    pub id: String,
    /// Its sentence.
    pub title: String,
    /// Document and section.
    pub clause: Option<String>,
    /// Where to read it.
    pub source: Option<String>,
}
