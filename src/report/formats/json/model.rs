//! The fields of `sockspec-report/1`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::runner::{FailureKind, Verdict};

/// The version of the format.
pub const REPORT_SCHEMA: &str = "sockspec-report/1";

/// A run.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Report {
    /// Always `sockspec-report/1`.
    pub schema: &'static str,
    /// The version of sockspec that wrote this.
    pub version: String,
    /// What was judged.
    pub target: Target,
    /// How it was run.
    pub run: Run,
    /// The count of every verdict.
    pub summary: Summary,
    /// Every scenario that was selected, in order of id.
    pub scenarios: Vec<Scenario>,
    /// What happened beside verdicts: a scenario ended the target, and the runner started the target again.
    pub notices: Vec<String>,
}

/// What was judged.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Target {
    /// Its name, from its manifest.
    pub name: String,
    /// Its address; empty where nothing had to be started.
    pub url: String,
    /// Its capabilities.
    pub provides: Vec<String>,
}

/// How it was run.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub struct Run {
    /// The seed of everything random.
    pub seed: u64,
    /// How many scenarios ran at once.
    pub jobs: usize,
    /// Whether somebody stopped it before its end.
    pub interrupted: bool,
}

/// The count of every verdict.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub struct Summary {
    /// Strictly right.
    pub pass: usize,
    /// Right in a lenient form, or a `should` broken.
    pub warn: usize,
    /// A `must` broken.
    pub fail: usize,
    /// The target lacks a needed capability.
    pub skip: usize,
    /// Could not be judged.
    pub error: usize,
    /// Attempts disagreed; each is counted in its verdict, too.
    pub flaky: usize,
    /// Wall time of the run in milliseconds.
    pub duration_ms: u64,
}

/// One scenario.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Scenario {
    /// Stable id; `id@polling` where it ran over more than one transport.
    pub id: String,
    /// What is right, in one sentence.
    pub title: String,
    /// The answer.
    pub verdict: Verdict,
    /// Whether attempts disagreed.
    pub flaky: bool,
    /// `must`, `should` or `may`.
    pub level: String,
    /// Requirement ids.
    pub requirements: Vec<String>,
    /// Capabilities that the target must have.
    pub needs: Vec<String>,
    /// `websocket`, `polling` or `upgrade`.
    pub transport: String,
    /// Time of the deciding attempt in milliseconds.
    pub duration_ms: u64,
    /// Why, in one sentence; null for a pass.
    pub reason: Option<String>,
    /// The kind of failure, as `docs/baselines.md` lists them; null for pass, skip and error.
    pub kind: Option<FailureKind>,
    /// The scenario's file.
    pub file: String,
    /// The line of its entry in the file, from 1.
    pub line: usize,
    /// How silence was proved, one line a proof.
    pub proofs: Vec<String>,
    /// All attempts, where there was more than one.
    pub attempts: Vec<Attempt>,
    /// The evidence for warn, fail and error.
    pub breach: Option<Evidence>,
}

/// One attempt of several.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Attempt {
    /// Its answer.
    pub verdict: Verdict,
    /// Why; null for a pass.
    pub reason: Option<String>,
    /// Its time in milliseconds.
    pub duration_ms: u64,
}

/// What was wrong.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Evidence {
    /// A sentence.
    pub sentence: String,
    /// The rule's own id where it is no step: `invariant/one-ack`.
    pub invariant: Option<String>,
    /// The scenario line.
    pub place: Option<Place>,
    /// What was expected, in the words of the scenario language.
    pub expected: Option<String>,
    /// What came in its place.
    pub received: Option<String>,
    /// What each client saw.
    pub seen: Vec<View>,
    /// What the scenario verifies.
    pub requirements: Vec<Requirement>,
    /// What a user loses.
    pub why: Option<String>,
    /// The command that runs exactly this again.
    pub rerun: String,
    /// The last lines of the target's output, where it was launched.
    pub log: Vec<String>,
}

/// A piece of a scenario file.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The first column in characters, from 1.
    pub column: usize,
    /// How many characters are meant.
    pub width: usize,
    /// The text of the line.
    pub text: String,
}

/// One client's view.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct View {
    /// The client's name.
    pub client: String,
    /// How many lines before these were left out.
    pub left_out: usize,
    /// Its lines, oldest first.
    pub lines: Vec<Line>,
}

/// One thing that a client sent or received.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Line {
    /// Milliseconds since the scenario's start, with fractions.
    pub at_ms: f64,
    /// Which way it went.
    pub direction: Direction,
    /// The packet's or frame's text.
    pub text: String,
}

/// Which way something went, seen from the client.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the server.
    Received,
    /// To the server.
    Sent,
}

/// A requirement.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Requirement {
    /// Its id.
    pub id: String,
    /// What is right.
    pub title: String,
    /// Document and section.
    pub clause: Option<String>,
    /// Where to read it.
    pub source: Option<String>,
}
