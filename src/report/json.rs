//! A run for machines: `sockspec-report/1`, described by `schemas/report.json`.
//!
//! Fields may be added to a version; one that is renamed, removed or changes its meaning makes a new version.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    escape::{self, clip},
    humanize::millis,
};
use crate::runner::{self, Breach, ClientView, Outcome, Record, RunInfo, Verdict};

/// The version of the format.
pub const REPORT_SCHEMA: &str = "sockspec-report/1";

/// Bytes of one text in a report: whole for everything but floods.
const TEXT_LIMIT: usize = 64 << 10;

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
    /// What happened beside verdicts: "target started again".
    pub notices: Vec<String>,
}

/// What was judged.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Target {
    /// Its name, from its manifest.
    pub name: String,
    /// Its address.
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

/// The record of a run in the format `sockspec-report/1`.
pub fn report_json(record: &Record) -> String {
    to_safe_json(&Report::from(record))
}

/// Pretty JSON in which no character acts on a terminal: what [`escape::acts`] names is written as `\u….`, which
/// means the same to a parser.
pub(crate) fn to_safe_json<T: Serialize>(value: &T) -> String {
    // These types have no map with keys that are not text and no failing serializer.
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        if character != '\n' && escape::acts(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}

impl From<&Record> for Report {
    fn from(record: &Record) -> Self {
        let RunInfo {
            version,
            target,
            url,
            provides,
            scenarios: _,
            jobs,
            seed,
        } = &record.info;
        let summary = record.summary;
        Self {
            schema: REPORT_SCHEMA,
            version: version.clone(),
            target: Target {
                name: target.clone(),
                url: url.clone(),
                provides: provides.clone(),
            },
            run: Run {
                seed: *seed,
                jobs: *jobs,
                interrupted: summary.interrupted,
            },
            summary: Summary {
                pass: summary.pass,
                warn: summary.warn,
                fail: summary.fail,
                skip: summary.skip,
                error: summary.error,
                flaky: summary.flaky,
                duration_ms: millis(summary.duration),
            },
            scenarios: record.outcomes.iter().map(Scenario::from).collect(),
            notices: texts(&record.notices),
        }
    }
}

impl From<&Outcome> for Scenario {
    fn from(outcome: &Outcome) -> Self {
        Self {
            id: text(&outcome.id),
            title: text(&outcome.title),
            verdict: outcome.verdict,
            flaky: outcome.flaky,
            level: outcome.level.clone(),
            requirements: outcome.requirements.clone(),
            needs: outcome.needs.clone(),
            transport: outcome.transport.clone(),
            duration_ms: millis(outcome.duration),
            reason: optional(outcome.reason.as_ref()),
            file: outcome.file.display().to_string(),
            line: outcome.line,
            proofs: texts(&outcome.proofs),
            attempts: outcome.attempts.iter().map(Attempt::from).collect(),
            breach: outcome.breach.as_ref().map(Evidence::from),
        }
    }
}

impl From<&runner::Attempt> for Attempt {
    fn from(attempt: &runner::Attempt) -> Self {
        Self {
            verdict: attempt.verdict,
            reason: optional(attempt.reason.as_ref()),
            duration_ms: millis(attempt.duration),
        }
    }
}

impl From<&Breach> for Evidence {
    fn from(breach: &Breach) -> Self {
        Self {
            sentence: text(&breach.sentence),
            invariant: breach.invariant.clone(),
            place: breach.place.as_ref().map(Place::from),
            expected: optional(breach.expected.as_ref()),
            received: optional(breach.received.as_ref()),
            seen: breach.seen.iter().map(View::from).collect(),
            requirements: breach.requirements.iter().map(Requirement::from).collect(),
            why: optional(breach.why.as_ref()),
            rerun: text(&breach.rerun),
            log: texts(&breach.log),
        }
    }
}

impl From<&runner::Place> for Place {
    fn from(place: &runner::Place) -> Self {
        Self {
            file: place.file.display().to_string(),
            line: place.line,
            column: place.column,
            width: place.width,
            text: text(&place.text),
        }
    }
}

impl From<&ClientView> for View {
    fn from(view: &ClientView) -> Self {
        Self {
            client: text(&view.client),
            left_out: view.left_out,
            lines: view.lines.iter().map(Line::from).collect(),
        }
    }
}

impl From<&runner::SeenLine> for Line {
    fn from(line: &runner::SeenLine) -> Self {
        Self {
            at_ms: (line.at.as_secs_f64() * 1e6).round() / 1e3,
            direction: if line.received {
                Direction::Received
            } else {
                Direction::Sent
            },
            text: text(&line.text),
        }
    }
}

impl From<&runner::RequirementNote> for Requirement {
    fn from(note: &runner::RequirementNote) -> Self {
        Self {
            id: note.id.clone(),
            title: text(&note.title),
            clause: note.clause.clone(),
            source: note.source.clone(),
        }
    }
}

fn text(text: &str) -> String {
    clip(text, TEXT_LIMIT)
}

fn optional(text: Option<&String>) -> Option<String> {
    text.map(|text| clip(text, TEXT_LIMIT))
}

fn texts(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| text(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn parsed(record: &Record) -> serde_json::Value {
        serde_json::from_str(&report_json(record)).unwrap()
    }

    #[test]
    fn the_promised_fields() {
        let mut record = samples::record();
        record.outcomes.truncate(1);
        insta::assert_snapshot!(report_json(&record), @r#"
        {
          "schema": "sockspec-report/1",
          "version": "0.1.0",
          "target": {
            "name": "reference",
            "url": "http://127.0.0.1:4000",
            "provides": [
              "acks",
              "rooms"
            ]
          },
          "run": {
            "seed": 7,
            "jobs": 16,
            "interrupted": false
          },
          "summary": {
            "pass": 2,
            "warn": 0,
            "fail": 1,
            "skip": 1,
            "error": 1,
            "flaky": 1,
            "duration_ms": 1480
          },
          "scenarios": [
            {
              "id": "rooms/to-excludes-sender",
              "title": "A client's room emit never reaches the sender",
              "verdict": "fail",
              "flaky": false,
              "level": "must",
              "requirements": [
                "rooms.to-excludes-sender"
              ],
              "needs": [
                "acks"
              ],
              "transport": "websocket",
              "duration_ms": 23,
              "reason": "sender received room-message, which only member may receive",
              "file": "specs/gateway/rooms/emit.yaml",
              "line": 6,
              "proofs": [
                "member: echo round trip, then 12 ms of silence"
              ],
              "attempts": [],
              "breach": {
                "sentence": "sender received room-message, which only member may receive",
                "invariant": null,
                "place": {
                  "file": "specs/gateway/rooms/emit.yaml",
                  "line": 21,
                  "column": 5,
                  "width": 21,
                  "text": "  - deliver: room-message"
                },
                "expected": "member: 1, sender: 0",
                "received": "member: 1, sender: 1",
                "seen": [
                  {
                    "client": "sender",
                    "left_out": 3,
                    "lines": [
                      {
                        "at_ms": 2.0,
                        "direction": "sent",
                        "text": "421[\"send-to-room\",{\"room\":\"r1\",\"text\":\"hi\"}]"
                      },
                      {
                        "at_ms": 12.0,
                        "direction": "received",
                        "text": "42[\"room-message\",{\"room\":\"r1\",\"text\":\"hi\"}]"
                      }
                    ]
                  },
                  {
                    "client": "outsider",
                    "left_out": 0,
                    "lines": []
                  }
                ],
                "requirements": [
                  {
                    "id": "rooms.to-excludes-sender",
                    "title": "The sender of a room emit does not receive it",
                    "clause": "Socket.IO server API, socket.to(room)",
                    "source": "https://socket.io/docs/v4/server-api/#sockettoroom"
                  }
                ],
                "why": "A chat shows every message twice to the person who wrote it.",
                "rerun": "sockspec run rooms/to-excludes-sender --seed 7",
                "log": [
                  "listening",
                  "TypeError: x is not a function"
                ]
              }
            }
          ],
          "notices": [
            "target started again"
          ]
        }
        "#);
    }

    #[test]
    fn hostile_text_survives_unchanged_for_a_parser_and_acts_on_no_terminal() {
        let mut record = samples::record();
        record.outcomes = vec![samples::hostile()];
        let json = report_json(&record);
        assert!(!json.chars().any(|c| c != '\n' && escape::acts(c)));
        let received = &parsed(&record)["scenarios"][0]["breach"]["received"];
        assert_eq!(received.as_str(), Some(samples::HOSTILE));
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut record = samples::record();
        let mut flood = samples::failed();
        if let Some(breach) = &mut flood.breach {
            breach.received = Some("x".repeat(1_000_000));
        }
        record.outcomes = vec![flood];
        let json = report_json(&record);
        assert!(json.len() < 100_000, "{} bytes", json.len());
        assert!(json.contains("(1,000,000 bytes)"));
    }

    #[test]
    fn the_committed_schema_is_the_types() {
        samples::assert_schema("report.json", &schemars::schema_for!(Report));
    }

    #[test]
    fn a_report_keeps_to_its_schema() {
        let schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&parsed(&samples::record()))
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}
