//! The outcome of one scenario.

use std::{path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    known::{Known, KnownBy},
    verdict::Verdict,
};
use crate::{
    runner::{
        findings::{error_kind::ErrorKind, failure_kind::FailureKind},
        plan::unlock::Declarable,
    },
    scenario::{Invariant, Level, Transport},
};

/// Whether an outcome counts against the target.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// The outcome counts against the target.
    #[default]
    Counts,
    /// The outcome is only information, because the scenario is of tier `info`.
    Informs,
}

/// The outcome of one scenario. It is complete: a report needs nothing else.
///
/// All texts are unescaped; renderers escape them. Secrets are already masked.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Outcome {
    /// The scenario's id; `id@polling` if the scenario ran on more than one transport.
    pub id: String,
    /// The scenario's title.
    pub title: String,
    /// The verdict on the scenario.
    pub verdict: Verdict,
    /// Whether the verdicts of the attempts differ.
    pub flaky: bool,
    /// The scenario's level of requirement.
    pub level: Level,
    /// Whether the outcome counts against the target.
    pub weight: Weight,
    /// The requirements that the scenario verifies.
    pub requirements: Vec<String>,
    /// The capabilities that the scenario needs.
    pub needs: Vec<String>,
    /// The operations of the contract that the scenario's steps use.
    #[serde(default)]
    pub operations: Vec<String>,
    /// The entry of a list of known deviations that explains the verdict; `None` if no entry does.
    pub known: Option<Known>,
    /// What the manifest would have to declare so that the scenario runs; empty unless the scenario was skipped for
    /// lack of it.
    pub lacks: Vec<Declarable>,
    /// The transport of each client whose transport the scenario does not name.
    pub transport: Transport,
    /// The reason for the verdict, in one sentence; `None` for a pass.
    pub reason: Option<String>,
    /// The kind of failure; `None` if the target did nothing wrong or could not be judged.
    pub kind: Option<FailureKind>,
    /// The kind of error; `None` if the scenario was judged, or if the reason has no kind of its own.
    pub error: Option<ErrorKind>,
    /// What made the scenario not pass: the same in all scenarios that this went wrong in. `None` for a pass or a skip.
    pub cause: Option<Cause>,
    /// The finding with its evidence; only for the verdicts warn, fail and error.
    pub breach: Option<Breach>,
    /// The findings besides `breach`: further warnings, and what other attempts found.
    pub further: Vec<FurtherFinding>,
    /// How the runner proved that a client did not receive something forbidden: one line per proof.
    pub proofs: Vec<String>,
    /// The duration of the attempt that decided the verdict.
    pub duration: Duration,
    /// All attempts, if there was more than one.
    pub attempts: Vec<Attempt>,
    /// The file of the scenario.
    pub file: PathBuf,
    /// The line in which the scenario begins.
    pub line: usize,
}

impl Outcome {
    /// Returns true for a warning that does not count against the target, not even in a strict run.
    pub fn is_informative_warning(&self) -> bool {
        self.verdict == Verdict::Warn && self.weight == Weight::Informs
    }

    /// Returns true for a warning, a failure or an error.
    pub fn needs_attention(&self) -> bool {
        match self.verdict {
            Verdict::Warn | Verdict::Fail | Verdict::Error => true,
            Verdict::Pass | Verdict::Skip => false,
        }
    }

    /// Returns true if the shipped list of the target's stack explains the outcome.
    pub fn is_known_of_stack(&self) -> bool {
        self.known
            .as_ref()
            .is_some_and(|known| matches!(known.by, KnownBy::Stack(_)))
    }

    /// Returns every kind of failure that the scenario showed, in any of its attempts, each with its verdict.
    pub fn kinds(&self) -> impl Iterator<Item = (Verdict, FailureKind)> {
        let first = self.kind.map(|kind| (self.verdict, kind));
        let further = self.further.iter();
        first
            .into_iter()
            .chain(further.map(|finding| (finding.verdict, finding.kind)))
    }

    /// Returns true if at least a part of the scenario ran.
    pub fn has_begun(&self) -> bool {
        self.breach.is_some() || !self.duration.is_zero()
    }
}

/// What made a scenario not pass.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Cause {
    /// The id: the same for all outcomes with this cause, in every run.
    pub id: String,
    /// The cause in one sentence, without names of clients.
    pub sentence: String,
}

/// One of several attempts at a scenario.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Attempt {
    /// The verdict of the attempt.
    pub verdict: Verdict,
    /// The reason for the verdict.
    pub reason: Option<String>,
    /// The kind of failure; `None` if the target did nothing wrong or could not be judged.
    pub kind: Option<FailureKind>,
    /// The kind of error; `None` if the attempt was judged, or if the reason has no kind of its own.
    pub error: Option<ErrorKind>,
    /// The duration of the attempt.
    pub duration: Duration,
    /// True if this machine was too busy for the attempt: the scenario was played again alone, and the attempt does not
    /// count.
    pub replayed: bool,
}

/// A finding besides the one that decided the verdict of a scenario.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FurtherFinding {
    /// The verdict that the finding alone gives: warn or fail.
    pub verdict: Verdict,
    /// The kind of failure.
    pub kind: FailureKind,
    /// The finding in one sentence.
    pub sentence: String,
    /// The broken invariant; `None` if a step made the finding.
    pub invariant: Option<Invariant>,
    /// The line of the scenario that made the finding.
    pub place: Option<Place>,
    /// What was expected, in the words of the scenario language; may have several lines.
    pub expected: Option<String>,
    /// What the client received instead.
    pub received: Option<String>,
    /// The lenient form of the step, which the target meets. `None` if the target meets none.
    pub tolerated: Option<String>,
}

/// A finding with its evidence. The fields are in the order in which reports show them.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Breach {
    /// The finding in one sentence.
    pub sentence: String,
    /// The broken invariant; `None` if a step made the finding.
    pub invariant: Option<Invariant>,
    /// The line of the scenario that made the finding.
    pub place: Option<Place>,
    /// What was expected, in the words of the scenario language; may have several lines.
    pub expected: Option<String>,
    /// What the client received instead.
    pub received: Option<String>,
    /// The lenient form of the step, which the target meets. `None` if the target meets none.
    pub tolerated: Option<String>,
    /// The event, packet or answer that a client waited for in vain; `None` if something else went wrong, and in older
    /// records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// The traffic of each client, with times.
    pub seen: Vec<ClientView>,
    /// The requirements that the scenario verifies.
    pub requirements: Vec<RequirementNote>,
    /// What users lose if a server fails the scenario.
    pub why: Option<String>,
    /// The scenario as it stands in its file; `None` in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
    /// The command that runs the same scenario again.
    pub rerun: String,
    /// The last lines of the target's output, if the runner launched the target.
    pub log: Vec<String>,
}

/// A piece of a scenario file.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Place {
    /// The path of the scenario file.
    pub file: PathBuf,
    /// The number of the line, counted from 1.
    pub line: usize,
    /// The column at which the piece begins, in characters and counted from 1.
    pub column: usize,
    /// The text of the whole line.
    pub text: String,
    /// The number of characters to underline, from `column` on.
    pub width: usize,
}

/// Lines of a scenario file.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub struct Excerpt {
    /// The number of the first of these lines in the file, counted from 1.
    pub first_line: usize,
    /// The lines.
    pub lines: Vec<String>,
}

/// An event, packet or answer that a client waited for in vain.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Missing {
    /// The name of the client that waited.
    pub client: String,
    /// What did not come, in the words of the scenario language.
    pub what: String,
    /// The time since the start of the attempt at which the client gave up waiting.
    pub until: Duration,
}

/// The traffic of one client.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClientView {
    /// The client's name.
    pub client: String,
    /// What the client sent and received, one line for each packet or frame, oldest first.
    pub lines: Vec<SeenLine>,
    /// The number of earlier lines of traffic that were left out.
    pub left_out: usize,
}

/// A line of a trace: something that a client sent or received.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SeenLine {
    /// The time since the start of the attempt.
    pub at: Duration,
    /// True if the client received the packet, false if the client sent it.
    pub received: bool,
    /// The packet or frame that was sent or received, as text.
    pub text: String,
}

/// A requirement that a failure cites.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RequirementNote {
    /// The id of the requirement.
    pub id: String,
    /// The level of the requirement, which can differ from the level of the scenario.
    pub level: Level,
    /// The requirement itself, in one sentence.
    pub title: String,
    /// The document and the section from which the requirement comes.
    pub clause: Option<String>,
    /// The address of the document from which the requirement comes.
    pub source: Option<String>,
}
