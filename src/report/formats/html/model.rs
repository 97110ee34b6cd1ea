//! The data of the page. It belongs to the page's script and can change with it; `json` is the format for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    report::formats::json::{
        Attempt, FurtherFinding, Known, Missing, Place, Requirement, Run, Summary, Target, View,
    },
    runner::{ErrorKind, FailureKind, Verdict},
};

/// Everything that the page shows.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) version: String,
    pub(super) target: Target,
    pub(super) run: Run,
    pub(super) summary: Summary,
    pub(super) notices: Vec<String>,
    pub(super) next: Vec<Next>,
    /// All causes. A scenario names its cause by the place in this list.
    pub(super) causes: Vec<Cause>,
    /// The requirements that the scenarios verify, by id.
    pub(super) requirements: BTreeMap<String, Requirement>,
    /// The scenarios as they stand in their files. Evidence names one by the place in this list.
    pub(super) excerpts: Vec<Source>,
    pub(super) scenarios: Vec<Scenario>,
}

/// What went wrong in one or more scenarios.
#[derive(Debug, Serialize)]
pub(super) struct Cause {
    pub(super) id: String,
    pub(super) sentence: String,
}

/// What to declare so that skipped scenarios run.
#[derive(Debug, Serialize)]
pub(super) struct Next {
    /// What to do with the names, such as `declare`.
    pub(super) action: &'static str,
    pub(super) names: Vec<String>,
    pub(super) scenarios: usize,
}

/// Lines of a scenario file.
#[derive(Debug, Eq, Hash, PartialEq, Serialize)]
pub(super) struct Source {
    pub(super) file: String,
    pub(super) first_line: usize,
    pub(super) lines: Vec<String>,
}

/// One scenario. What is empty is left out, because most scenarios pass and have little to say.
#[derive(Debug, Serialize)]
pub(super) struct Scenario {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) verdict: Verdict,
    pub(super) level: &'static str,
    pub(super) layer: &'static str,
    pub(super) transport: &'static str,
    /// The duration in milliseconds with fractions.
    pub(super) ms: f64,
    pub(super) file: String,
    pub(super) line: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requirements: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) needs: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) flaky: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) known: Option<Known>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) lacks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<FailureKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ErrorKind>,
    /// The place of the cause in [`Page::causes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) proofs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attempts: Vec<Attempt>,
    /// The number of further attempts.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) left_out_attempts: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) further: Vec<FurtherFinding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<Evidence>,
}

/// The evidence for a warning, a failure or an error.
#[derive(Debug, Serialize)]
pub(super) struct Evidence {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invariant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) received: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tolerated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<Missing>,
    pub(super) seen: Vec<View>,
    /// The place of the scenario's text in [`Page::excerpts`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) excerpt: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    pub(super) rerun: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) log: Vec<String>,
    /// True if the page leaves out parts of the evidence to stay small.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_short: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
