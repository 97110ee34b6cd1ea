//! Renders the coverage report, which says for each requirement whether scenarios test it: JSON for programs, tables for
//! people.

mod questions;
#[cfg(test)]
mod samples;
mod table;

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use self::questions::CoveredQuestion;
use super::to_safe_json;
use crate::{
    runner::{Coverage, CoverageState, Covered},
    text::{escape, humanize},
};

pub use questions::question_table;
pub use table::{Grouping, coverage_table};

/// The name and the version of the format of coverage reports.
pub const COVERAGE_SCHEMA: &str = "sockspec-coverage/1";

/// The coverage of all requirements.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CoverageReport {
    /// Always `sockspec-coverage/1`.
    pub schema: &'static str,
    /// The name of the target (`--target`) whose skipped scenarios don't count; null without a target.
    pub target: Option<String>,
    /// The number of requirements in each state.
    pub summary: CoverageSummary,
    /// All requirements of the catalogue, or those that the selection concerns, sorted by id.
    pub requirements: Vec<CoveredRequirement>,
    /// The coverage of each question that a requirement names, sorted by number.
    pub questions: Vec<CoveredQuestion>,
}

/// The number of requirements in each state.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct CoverageSummary {
    /// The number of requirements.
    pub requirements: usize,
    /// The number of requirements with a scenario that is proved to fail on a faulty server.
    pub tested: usize,
    /// The number of requirements without a scenario for which a scenario is planned.
    pub planned: usize,
    /// The number of requirements whose scenarios the target skips. Zero without a target.
    pub skipped: usize,
    /// The number of requirements without a scenario for which no scenario is planned.
    pub untested: usize,
    /// The number of requirements whose scenarios are not proved to fail on a faulty server.
    pub unproved: usize,
}

/// The coverage of one requirement.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CoveredRequirement {
    /// The id of the requirement.
    pub id: String,
    /// The level: `must`, `should` or `may`.
    pub level: String,
    /// The document and section; null if the requirement names none.
    pub clause: Option<String>,
    /// The numbers of the questions that the requirement answers.
    pub questions: Vec<u32>,
    /// A remark on the level; null if the requirement has none.
    pub note: Option<String>,
    /// The state: `planned`, `skipped`, `tested`, `unproved` or `untested`.
    pub state: String,
    /// The reason why the requirement is not tested. Null if it is tested, or if its file gives no reason.
    pub reason: Option<String>,
    /// The ids of the scenarios that verify the requirement, sorted. Scenarios that the target skips are left out.
    pub scenarios: Vec<String>,
}

/// Returns the coverage in the format `sockspec-coverage/1`.
pub fn coverage_json(coverage: &Coverage) -> String {
    to_safe_json(&CoverageReport::from(coverage))
}

/// Returns the last lines of every table: what the catalogue does not list, and the counts.
fn footer(coverage: &Coverage) -> String {
    let mut text = String::new();
    // Writing to a `String` can't fail.
    if !coverage.unlisted.is_empty() {
        let ids = escape::line(&coverage.unlisted.join(", "));
        let _ = writeln!(
            text,
            "requirements that a scenario verifies, but that the catalogue does not list: {ids}\n"
        );
    }
    let summary = CoverageSummary::new(&coverage.entries);
    let requirements = humanize::count(summary.requirements, "requirement");
    let _ = write!(text, "{requirements}: {} tested", summary.tested);
    if let Some(target) = &coverage.target {
        let target = escape::line(target);
        let _ = write!(text, " on {target}, {} skipped", summary.skipped);
    }
    let _ = writeln!(
        text,
        ", {} planned, {} untested, {} unproved",
        summary.planned, summary.untested, summary.unproved
    );
    if coverage.others > 0 {
        let others = humanize::count(coverage.others, "other requirement");
        let _ = writeln!(text, "the selection leaves out {others}");
    }
    text
}

impl CoverageSummary {
    /// Counts the requirements by state.
    fn new<'c>(entries: impl IntoIterator<Item = &'c Covered>) -> Self {
        let mut summary = Self {
            requirements: 0,
            tested: 0,
            planned: 0,
            skipped: 0,
            untested: 0,
            unproved: 0,
        };
        for entry in entries {
            summary.requirements += 1;
            *match entry.state {
                CoverageState::Planned => &mut summary.planned,
                CoverageState::Skipped => &mut summary.skipped,
                CoverageState::Tested => &mut summary.tested,
                CoverageState::Unproved => &mut summary.unproved,
                CoverageState::Untested => &mut summary.untested,
            } += 1;
        }
        summary
    }
}

impl From<&Coverage> for CoverageReport {
    fn from(coverage: &Coverage) -> Self {
        let requirement = |entry: &Covered| CoveredRequirement {
            id: entry.requirement.id.clone(),
            level: entry.requirement.level.to_string(),
            clause: entry.requirement.clause.clone(),
            questions: entry.requirement.brief.clone(),
            note: entry.requirement.note.clone(),
            state: entry.state.name().to_owned(),
            reason: entry.reason.clone(),
            scenarios: entry
                .scenarios
                .iter()
                .map(|scenario| scenario.id.clone())
                .collect(),
        };
        Self {
            schema: COVERAGE_SCHEMA,
            target: coverage.target.clone(),
            summary: CoverageSummary::new(&coverage.entries),
            requirements: coverage.entries.iter().map(requirement).collect(),
            questions: questions::questions(coverage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_checks;

    #[test]
    fn json_has_the_documented_fields() {
        let mut short = samples::coverage();
        short.entries.drain(2..);
        insta::assert_snapshot!(coverage_json(&short), @r#"
        {
          "schema": "sockspec-coverage/1",
          "target": null,
          "summary": {
            "requirements": 2,
            "tested": 1,
            "planned": 0,
            "skipped": 0,
            "untested": 0,
            "unproved": 1
          },
          "requirements": [
            {
              "id": "acks.value",
              "level": "must",
              "clause": "RFC 6455 5.10",
              "questions": [],
              "note": null,
              "state": "tested",
              "reason": null,
              "scenarios": [
                "acks/a",
                "acks/b",
                "acks/c",
                "acks/d"
              ]
            },
            {
              "id": "acks.late",
              "level": "must",
              "clause": "RFC 6455 5.9",
              "questions": [],
              "note": null,
              "state": "unproved",
              "reason": "acks/late names no fault that could make it fail",
              "scenarios": [
                "acks/late"
              ]
            }
          ],
          "questions": []
        }
        "#);
    }

    #[test]
    fn the_committed_schema_matches_the_types() {
        schema_checks::assert_committed("coverage.json", &schemars::schema_for!(CoverageReport));
    }
}
