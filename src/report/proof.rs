//! Renders the result of `sockspec prove`: JSON for programs; for people, a table of the faults that no scenario
//! catches and of the scenarios that prove nothing.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Palette, Role, to_safe_json};
use crate::{
    runner::{Proof, Verdict},
    text::{escape, humanize},
};

/// The name and the version of the format of proof reports.
pub const PROOF_SCHEMA: &str = "sockspec-proof/1";

/// The report of `sockspec prove`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProofReport {
    /// Always `sockspec-proof/1`.
    pub schema: String,
    /// The number of faults and scenarios.
    pub summary: ProofSummary,
    /// All faults, sorted by id.
    pub faults: Vec<Fault>,
    /// All selected scenarios, sorted by id.
    pub scenarios: Vec<Scenario>,
}

/// The number of faults and scenarios.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProofSummary {
    /// The number of faults.
    pub faults: usize,
    /// The number of faults that make a scenario fail.
    pub caught: usize,
    /// The number of selected scenarios.
    pub scenarios: usize,
    /// The number of scenarios that fail with every fault in their `catches`.
    pub proved: usize,
    /// The duration of the run in milliseconds.
    pub duration_ms: u64,
}

/// A fault of the reference server.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct Fault {
    /// The id of the fault.
    pub id: String,
    /// What the faulty server does wrong.
    pub breaks: String,
    /// The ids of the scenarios that fail with this fault.
    pub caught_by: Vec<String>,
}

/// What `sockspec prove` found about one scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct Scenario {
    /// The id of the scenario.
    pub id: String,
    /// The faults that make the scenario fail.
    pub killed_by: Vec<String>,
    /// The faults in `catches` with which the scenario passes.
    pub survived: Vec<String>,
    /// Why the scenario proves nothing: it fails on the correct server, or it passes although the step that should
    /// end a connection was left out. Null if neither is the case.
    pub broken: Option<String>,
    /// The path of the scenario file.
    pub file: String,
    /// The line of the scenario in the file, counted from 1.
    pub line: usize,
}

/// The error of a text that is not a report of `sockspec prove`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadProofError {
    /// The text is not JSON, or its fields are not those of a proof.
    #[error("not a report of `sockspec prove`: {0}")]
    Fields(#[from] serde_json::Error),
    /// The text is a report of another format.
    #[error("the format is `{found}`, not `{PROOF_SCHEMA}`")]
    Format {
        /// The format that the text names.
        found: String,
    },
}

impl ProofReport {
    /// Reads a report that `sockspec prove` wrote.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a report of `sockspec prove`.
    pub fn read(text: &str) -> Result<Self, ReadProofError> {
        /// The part of a report that names its format.
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let Head { schema } = serde_json::from_str(text)?;
        if schema != PROOF_SCHEMA {
            return Err(ReadProofError::Format { found: schema });
        }
        Ok(serde_json::from_str(text)?)
    }
}

/// Returns the proof in the format `sockspec-proof/1`.
pub fn proof_json(proof: &Proof) -> String {
    to_safe_json(&ProofReport::from(proof))
}

/// Returns a table of the faults that no scenario catches and of the scenarios that are not proved, and the counts.
pub fn proof_table(proof: &Proof, palette: Palette) -> String {
    let mut out = String::new();
    let fail = palette.sign(Verdict::Fail);
    // Writing to a `String` can't fail.
    let uncaught = proof
        .faults
        .iter()
        .filter(|fault| fault.caught_by.is_empty());
    for fault in uncaught {
        let id = palette.paint(Role::Strong, escape::line(&fault.id));
        let breaks = escape::line(&fault.breaks);
        let _ = writeln!(
            out,
            "{fail:5}  fault {id} is not caught by any scenario\n         {breaks}"
        );
    }
    for scenario in proof.scenarios.iter().filter(|one| !one.is_proved()) {
        let id = palette.paint(Role::Strong, escape::line(&scenario.id));
        let file = escape::line(&scenario.file.display().to_string());
        let place = palette.paint(Role::Dim, format!("{file}:{}", scenario.line));
        if let Some(reason) = &scenario.broken {
            let reason = escape::line(reason);
            let _ = writeln!(out, "{fail:5}  {id} proves nothing: {reason}");
        } else if scenario.killed_by.is_empty() && scenario.survived.is_empty() {
            let _ = writeln!(out, "{fail:5}  {id} names no fault that could make it fail");
        } else {
            for survivor in &scenario.survived {
                let fault = escape::line(&survivor.fault);
                let outcome = escape::line(&survivor.outcome);
                let _ = writeln!(out, "{fail:5}  {id} does not catch {fault}: {outcome}");
            }
        }
        let _ = writeln!(out, "         {place}");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let summary = ProofReport::from(proof).summary;
    let time = palette.paint(Role::Dim, humanize::duration(proof.duration));
    let _ = writeln!(
        out,
        "{} of {} caught, {} of {} proved in {time}",
        summary.caught,
        humanize::count(summary.faults, "fault"),
        summary.proved,
        humanize::count(summary.scenarios, "scenario"),
    );
    out
}

impl From<&Proof> for ProofReport {
    fn from(proof: &Proof) -> Self {
        let faults: Vec<_> = proof
            .faults
            .iter()
            .map(|fault| Fault {
                id: fault.id.clone(),
                breaks: fault.breaks.clone(),
                caught_by: fault.caught_by.clone(),
            })
            .collect();
        let scenarios = proof.scenarios.iter().map(|scenario| Scenario {
            id: scenario.id.clone(),
            killed_by: scenario.killed_by.clone(),
            survived: scenario
                .survived
                .iter()
                .map(|survivor| survivor.fault.clone())
                .collect(),
            broken: scenario.broken.clone(),
            file: scenario.file.display().to_string(),
            line: scenario.line,
        });
        Self {
            schema: PROOF_SCHEMA.to_owned(),
            summary: ProofSummary {
                faults: faults.len(),
                caught: faults
                    .iter()
                    .filter(|fault| !fault.caught_by.is_empty())
                    .count(),
                scenarios: proof.scenarios.len(),
                proved: proof
                    .scenarios
                    .iter()
                    .filter(|scenario| scenario.is_proved())
                    .count(),
                duration_ms: humanize::millis(proof.duration),
            },
            faults,
            scenarios: scenarios.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        runner::{FaultProof, ScenarioProof, Survivor},
        schema_checks,
    };

    fn proof() -> Proof {
        let fault = |id: &str, caught_by: &[&str]| FaultProof {
            id: id.to_owned(),
            breaks: "The server does wrong.".to_owned(),
            caught_by: caught_by.iter().map(ToString::to_string).collect(),
        };
        let scenario = |id: &str, killed_by: &[&str]| ScenarioProof {
            id: id.to_owned(),
            killed_by: killed_by.iter().map(ToString::to_string).collect(),
            file: "specs/acks.yaml".into(),
            line: 7,
            ..ScenarioProof::default()
        };
        let survivor = Survivor {
            fault: "ack-late".to_owned(),
            outcome: "pass".to_owned(),
        };
        Proof {
            faults: vec![
                fault("ack-late", &[]),
                fault("ack-missing", &["acks/value"]),
            ],
            scenarios: vec![
                ScenarioProof {
                    survived: vec![survivor],
                    ..scenario("acks/late", &[])
                },
                scenario("acks/nothing", &[]),
                scenario("acks/value", &["ack-missing"]),
                ScenarioProof {
                    broken: Some("no ack within 2 s".to_owned()),
                    ..scenario("acks/wrong", &[])
                },
            ],
            duration: Duration::from_millis(1_500),
        }
    }

    #[test]
    fn the_table_lists_uncaught_faults_and_unproved_scenarios() {
        insta::assert_snapshot!(proof_table(&proof(), Palette::Plain), @r"
        FAIL   fault ack-late is not caught by any scenario
                 The server does wrong.
        FAIL   acks/late does not catch ack-late: pass
                 specs/acks.yaml:7
        FAIL   acks/nothing names no fault that could make it fail
                 specs/acks.yaml:7
        FAIL   acks/wrong proves nothing: no ack within 2 s
                 specs/acks.yaml:7

        1 of 2 faults caught, 1 of 4 scenarios proved in 1.5 s
        ");
    }

    #[test]
    fn a_complete_proof_is_one_line() {
        let mut complete = proof();
        complete.faults.remove(0);
        complete.scenarios.retain(ScenarioProof::is_proved);
        insta::assert_snapshot!(proof_table(&complete, Palette::Plain), @"1 of 1 fault caught, 1 of 1 scenario proved in 1.5 s");
    }

    #[test]
    fn json_has_the_documented_fields() {
        insta::assert_snapshot!(proof_json(&proof()), @r#"
        {
          "schema": "sockspec-proof/1",
          "summary": {
            "faults": 2,
            "caught": 1,
            "scenarios": 4,
            "proved": 1,
            "duration_ms": 1500
          },
          "faults": [
            {
              "id": "ack-late",
              "breaks": "The server does wrong.",
              "caught_by": []
            },
            {
              "id": "ack-missing",
              "breaks": "The server does wrong.",
              "caught_by": [
                "acks/value"
              ]
            }
          ],
          "scenarios": [
            {
              "id": "acks/late",
              "killed_by": [],
              "survived": [
                "ack-late"
              ],
              "broken": null,
              "file": "specs/acks.yaml",
              "line": 7
            },
            {
              "id": "acks/nothing",
              "killed_by": [],
              "survived": [],
              "broken": null,
              "file": "specs/acks.yaml",
              "line": 7
            },
            {
              "id": "acks/value",
              "killed_by": [
                "ack-missing"
              ],
              "survived": [],
              "broken": null,
              "file": "specs/acks.yaml",
              "line": 7
            },
            {
              "id": "acks/wrong",
              "killed_by": [],
              "survived": [],
              "broken": "no ack within 2 s",
              "file": "specs/acks.yaml",
              "line": 7
            }
          ]
        }
        "#);
    }

    #[test]
    fn only_a_report_of_prove_can_be_read() {
        let json = proof_json(&proof());
        let read = ProofReport::read(&json).unwrap();
        assert_eq!(to_safe_json(&read), json);
        let error_of = |text: &str| ProofReport::read(text).unwrap_err().to_string();
        assert_eq!(
            error_of(r#"{"schema":"sockspec-list/1"}"#),
            "the format is `sockspec-list/1`, not `sockspec-proof/1`"
        );
        assert!(error_of("[]").starts_with("not a report of `sockspec prove`: "));
    }

    #[test]
    fn the_committed_schema_matches_the_types() {
        schema_checks::assert_committed("proof.json", &schemars::schema_for!(ProofReport));
    }
}
