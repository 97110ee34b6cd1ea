//! The fields of `sockspec-report/1`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    runner::{ErrorKind, FailureKind, SnapshotChangeKind, SnapshotMode, Verdict},
    scenario::Transport,
};

/// The name and the version of the format of run reports.
pub const REPORT_SCHEMA: &str = "sockspec-report/1";

/// The report of a run.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Report {
    /// Always `sockspec-report/1`.
    pub schema: &'static str,
    /// The version of sockspec that wrote this report.
    pub version: String,
    /// The server under test.
    pub target: Target,
    /// The settings of the run.
    pub run: Run,
    /// The number of scenarios with each verdict.
    pub summary: Summary,
    /// All selected scenarios, sorted by id.
    pub scenarios: Vec<Scenario>,
    /// What went wrong, each cause once: the causes of most scenarios first.
    pub causes: Vec<Cause>,
    /// What to declare in the target's manifest so that skipped scenarios run: what lets the most scenarios run for each
    /// declaration first.
    pub next: Vec<Next>,
    /// Events of the run that are not verdicts: a scenario ended the target, and the runner started the target again.
    pub notices: Vec<String>,
    /// How the transcripts of the run differ from the stored ones. Only with `--snapshot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<Snapshots>,
}

/// How the transcripts of a run differ from the stored ones.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Snapshots {
    /// The folder with the stored transcripts.
    pub folder: String,
    /// `check`: a difference fails the run. `write`: the run has written what differs, for a review.
    pub mode: SnapshotMode,
    /// Whether the run fails because transcripts differ.
    pub fails: bool,
    /// The number of transcripts that are as stored.
    pub same: usize,
    /// The transcripts that are not as stored.
    pub changes: Vec<SnapshotChange>,
}

/// A transcript that is not as stored. The verdict on the scenario does not depend on it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct SnapshotChange {
    /// The id of the scenario.
    pub scenario: String,
    /// The transport of each client whose transport the scenario does not name.
    pub transport: Transport,
    /// The profile of the server. Only if it ran with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// How the transcript differs.
    pub change: SnapshotChangeKind,
    /// The file with the stored transcript.
    pub file: String,
    /// The lines that differ, by client: `[alice]`, then `- old` and `+ new`.
    pub difference: Vec<String>,
    /// What to write into the scenario, if the transcripts of its repeats differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<String>,
}

/// Declarations that let skipped scenarios run.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Next {
    /// What the manifest has to declare in addition to all earlier entries: capabilities, and credentials as
    /// `credentials.NAME`.
    pub declare: Vec<String>,
    /// The number of scenarios that run with these and all earlier declarations, but not with the earlier ones alone.
    pub scenarios: usize,
}

/// What went wrong in one or more scenarios.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Cause {
    /// The id, which is the same in every run.
    pub id: String,
    /// The cause in one sentence.
    pub sentence: String,
    /// The ids of the scenarios with this cause.
    pub scenarios: Vec<String>,
}

/// The server under test.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Target {
    /// The target's name in its manifest.
    pub name: String,
    /// The version of the target, if its manifest says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The URL; empty if the target was not started.
    pub url: String,
    /// The capabilities of the target.
    pub provides: Vec<String>,
}

/// The settings of a run.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub struct Run {
    /// The seed of all random values.
    pub seed: u64,
    /// The number of scenarios that ran at the same time.
    pub jobs: usize,
    /// True if the user interrupted the run.
    pub interrupted: bool,
    /// True if the target died and could not be started again, so that scenarios were skipped.
    pub target_lost: bool,
}

/// The number of scenarios with each verdict.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub struct Summary {
    /// Scenarios in which the target did what the requirement says.
    pub pass: usize,
    /// Scenarios in which the target broke a `should`, or did what only the lenient form of a step accepts.
    pub warn: usize,
    /// Scenarios in which the target broke a `must`.
    pub fail: usize,
    /// Scenarios that did not run, for example because the target lacks a capability.
    pub skip: usize,
    /// Scenarios that could not be judged.
    pub error: usize,
    /// Scenarios that warned, failed or could not be judged, and whose deviation the baseline or the list of the target's
    /// stack explains. Each of these is also counted under its verdict.
    pub known: usize,
    /// Scenarios whose attempts had different verdicts. Each of these is also counted under its final verdict.
    pub flaky: usize,
    /// The duration of the run in milliseconds.
    pub duration_ms: u64,
}

/// The result of one scenario.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Scenario {
    /// The id, which never changes; `id@polling` if the scenario ran over several transports.
    pub id: String,
    /// The behaviour of a correct server, in one sentence.
    pub title: String,
    /// The verdict.
    pub verdict: Verdict,
    /// True if the attempts had different verdicts.
    pub flaky: bool,
    /// The level of the scenario: `must`, `should` or `may`.
    pub level: String,
    /// The ids of the requirements that the scenario verifies.
    pub requirements: Vec<String>,
    /// The capabilities that the target needs for the scenario.
    pub needs: Vec<String>,
    /// The entry of a list of known deviations that explains the verdict; null if no entry does.
    pub known: Option<Known>,
    /// What the target's manifest would have to declare so that the scenario runs: capabilities, and credentials as
    /// `credentials.NAME`. Empty unless the scenario was skipped for lack of it.
    pub lacks: Vec<String>,
    /// The transport: `websocket`, `polling` or `upgrade`.
    pub transport: String,
    /// The duration in milliseconds of the attempt that decided the verdict.
    pub duration_ms: u64,
    /// The reason for the verdict, in one sentence; null for a pass.
    pub reason: Option<String>,
    /// The kind of failure; `docs/baselines.md` lists the kinds. Null for pass, skip and error.
    pub kind: Option<FailureKind>,
    /// The kind of error: why sockspec could not judge the scenario. Null for other verdicts, and for errors without a
    /// kind of their own.
    pub error: Option<ErrorKind>,
    /// The id of the cause: the same for all scenarios in which the same went wrong. Null for pass and skip.
    pub cause: Option<String>,
    /// The path of the scenario file.
    pub file: String,
    /// The line of the scenario in the file, counted from 1.
    pub line: usize,
    /// How the runner proved that no event came: one text for each proof.
    pub proofs: Vec<String>,
    /// All attempts; empty if there was only one.
    pub attempts: Vec<Attempt>,
    /// The evidence for a warning, a failure or an error.
    pub breach: Option<Evidence>,
    /// The findings besides `breach`: further warnings, and kinds of failures that only other attempts showed.
    pub further: Vec<FurtherFinding>,
}

/// A deviation that was known before the run.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Known {
    /// The list that names the deviation: `baseline`, or the name of the target's stack.
    pub by: String,
    /// The explanation of the deviation.
    pub reason: String,
}

/// One of several attempts to run a scenario.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Attempt {
    /// The verdict of the attempt.
    pub verdict: Verdict,
    /// The reason for the verdict; null for a pass.
    pub reason: Option<String>,
    /// The kind of failure; null for pass, skip and error.
    pub kind: Option<FailureKind>,
    /// The kind of error; null for other verdicts, and for errors without a kind of their own.
    pub error: Option<ErrorKind>,
    /// The duration of the attempt in milliseconds.
    pub duration_ms: u64,
    /// True if this machine was too busy for the attempt: the scenario was played again alone, and the attempt does not
    /// count.
    pub replayed: bool,
}

/// A finding besides the one that decided the verdict.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FurtherFinding {
    /// The verdict that the finding alone gives: `warn` or `fail`.
    pub verdict: Verdict,
    /// The kind of failure.
    pub kind: FailureKind,
    /// What happened, in one sentence.
    pub sentence: String,
    /// The id of the invariant that was broken; null if a step failed.
    pub invariant: Option<String>,
    /// The line of the scenario file that failed.
    pub place: Option<Place>,
    /// The expected value or behaviour, in the words of the scenario file.
    pub expected: Option<String>,
    /// The value or behaviour that was observed instead.
    pub received: Option<String>,
    /// The lenient form of the step, which the server meets, as it stands in the scenario file; null if the step
    /// tolerates nothing else.
    pub tolerated: Option<String>,
}

/// The evidence for a warning, a failure or an error.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Evidence {
    /// What happened, in one sentence.
    pub sentence: String,
    /// The id of the invariant that was broken, such as `invariant/one-ack`; null if a step failed.
    pub invariant: Option<String>,
    /// The line of the scenario file that failed.
    pub place: Option<Place>,
    /// The expected value or behaviour, in the words of the scenario file.
    pub expected: Option<String>,
    /// The value or behaviour that was observed instead.
    pub received: Option<String>,
    /// The lenient form of the step, which the server meets, as it stands in the scenario file; null if the step
    /// tolerates nothing else.
    pub tolerated: Option<String>,
    /// What a client waited for in vain; null if something else went wrong.
    pub missing: Option<Missing>,
    /// The traffic of each client.
    pub seen: Vec<View>,
    /// The requirements that the scenario verifies.
    pub requirements: Vec<Requirement>,
    /// The consequence for users of a server that fails the scenario.
    pub why: Option<String>,
    /// The scenario as it stands in its file; null in a report from an older record.
    pub excerpt: Option<Excerpt>,
    /// The command that repeats this scenario with the same settings.
    pub rerun: String,
    /// The last lines of the target's output; empty if sockspec did not launch the target.
    pub log: Vec<String>,
}

/// A part of a line in a scenario file.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Place {
    /// The path of the file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The first column of the part in characters, counted from 1.
    pub column: usize,
    /// The width of the part in characters.
    pub width: usize,
    /// The text of the whole line.
    pub text: String,
}

/// Lines of a scenario file.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Excerpt {
    /// The number of the first of these lines in the file, counted from 1.
    pub first_line: usize,
    /// The lines.
    pub lines: Vec<String>,
}

/// An event, packet or answer that a client waited for in vain.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Missing {
    /// The name of the client that waited.
    pub client: String,
    /// What did not come, in the words of the scenario file.
    pub what: String,
    /// The time since the start of the scenario at which the client gave up waiting, in milliseconds with fractions.
    pub until_ms: f64,
}

/// The traffic that one client saw.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct View {
    /// The name of the client.
    pub client: String,
    /// The number of earlier lines that were left out.
    pub left_out: usize,
    /// The lines, oldest first.
    pub lines: Vec<Line>,
}

/// A packet, frame or HTTP response that a client sent or received.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Line {
    /// The time since the start of the scenario, in milliseconds with fractions.
    pub at_ms: f64,
    /// The direction.
    pub direction: Direction,
    /// The packet or frame as text.
    pub text: String,
}

/// The direction of traffic, seen from the client.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the server.
    Received,
    /// To the server.
    Sent,
}

/// A requirement that a scenario verifies.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Requirement {
    /// The id of the requirement.
    pub id: String,
    /// The level of the requirement: `must`, `should` or `may`. It can differ from the level of the scenario.
    pub level: String,
    /// The behaviour that the requirement asks for.
    pub title: String,
    /// The document and section.
    pub clause: Option<String>,
    /// The URL of the document.
    pub source: Option<String>,
}
