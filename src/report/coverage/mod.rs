//! Renders the coverage report, which says for each requirement whether scenarios test it: JSON for programs, tables
//! for people.

mod questions;
#[cfg(test)]
mod samples;
mod summary;
mod table;

use schemars::JsonSchema;
use serde::Serialize;

use self::{questions::CoveredQuestion, summary::CoverageSummary};
use super::to_safe_json;
use crate::runner::{Coverage, Covered};

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
