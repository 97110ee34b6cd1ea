//! What came of one scenario.

use std::{path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FailureKind;

/// The answer for one scenario.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Strictly right.
    Pass,
    /// A lenient form, or a `should` broken.
    Warn,
    /// A `must` broken.
    Fail,
    /// The target lacks a needed capability.
    Skip,
    /// Could not be judged; never the target's fault.
    Error,
}

/// Whether an outcome counts for the run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It counts.
    #[default]
    Counts,
    /// It is told, and never held against the target: its scenario is of tier `info`.
    Told,
}

/// One scenario's outcome, complete: a report needs nothing else.
///
/// All texts are raw data; renderers escape them. Secrets are masked already.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Outcome {
    /// The scenario's id; `id@polling` where it ran over more than one transport.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The answer.
    pub verdict: Verdict,
    /// Whether attempts disagreed.
    pub flaky: bool,
    /// `must`, `should`, `may`.
    pub level: String,
    /// Whether it counts: what an `info` scenario finds is told, and no more.
    pub weight: Weight,
    /// Requirements verified.
    pub requirements: Vec<String>,
    /// Capabilities needed.
    pub needs: Vec<String>,
    /// `websocket`, `polling`, `upgrade`.
    pub transport: String,
    /// Why, in one sentence; absent for a pass.
    pub reason: Option<String>,
    /// What the target did wrong; `None` if the target did nothing wrong or could not be judged.
    pub kind: Option<FailureKind>,
    /// What was wrong, with evidence: for warn, fail and error.
    pub breach: Option<Breach>,
    /// How silence was proved, one line a proof.
    pub proofs: Vec<String>,
    /// Time of the deciding attempt.
    pub duration: Duration,
    /// All attempts, where there was more than one.
    pub attempts: Vec<Attempt>,
    /// The scenario's file.
    pub file: PathBuf,
    /// The line of its entry.
    pub line: usize,
}

impl Outcome {
    /// Whether it warns and does not count for a strict run.
    pub fn is_only_told(&self) -> bool {
        self.verdict == Verdict::Warn && self.weight == Weight::Told
    }

    /// Whether anything of the scenario was run.
    pub fn has_begun(&self) -> bool {
        self.breach.is_some() || !self.duration.is_zero()
    }
}

/// One attempt of several.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Attempt {
    /// Its answer.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// Its time.
    pub duration: Duration,
}

/// What was wrong, in the order in which people want to read it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Breach {
    /// A sentence.
    pub sentence: String,
    /// The rule's own id where it is no step: `invariant/one-ack`.
    pub invariant: Option<String>,
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
#[derive(Clone, Debug, Deserialize, Serialize)]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ClientView {
    /// The client's name.
    pub client: String,
    /// Its lines, oldest first.
    pub lines: Vec<SeenLine>,
    /// How many lines before these were left out.
    pub left_out: usize,
}

/// One thing that a client sent or received.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SeenLine {
    /// Since the scenario's start.
    pub at: Duration,
    /// Whether the client received it.
    pub received: bool,
    /// The packet's or frame's text.
    pub text: String,
}

/// A requirement, as a failure cites it.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
