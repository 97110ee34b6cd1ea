//! Renders a record as JSON text.

use super::Report;
use crate::{
    report::{Format, proof_json, to_safe_json},
    runner::Record,
};

/// The format `json`.
pub(in crate::report) static FORMAT: Format = Format {
    name: "json",
    purpose: "for programs",
    run: |record| Ok(report_json(record)),
    proof: Some(proof_json),
};

fn report_json(record: &Record) -> String {
    to_safe_json(&Report::from(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{runner::samples, schema_checks, text::escape};

    fn parsed(record: &Record) -> serde_json::Value {
        serde_json::from_str(&report_json(record)).unwrap()
    }

    #[test]
    fn json_has_the_documented_fields() {
        let mut record = samples::record();
        record.outcomes.truncate(1);
        insta::assert_snapshot!(report_json(&record), @r#"
        {
          "schema": "sockspec-report/1",
          "version": "0.1.0",
          "target": {
            "name": "reference",
            "version": "socket.io 4.8.1",
            "url": "http://127.0.0.1:4000",
            "provides": [
              "acks",
              "rooms"
            ]
          },
          "run": {
            "seed": 7,
            "jobs": 16,
            "interrupted": false,
            "target_lost": false
          },
          "summary": {
            "pass": 2,
            "warn": 0,
            "fail": 1,
            "skip": 1,
            "error": 1,
            "known": 0,
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
              "known": null,
              "lacks": [],
              "transport": "websocket",
              "duration_ms": 23,
              "reason": "sender received room-message, which only member may receive",
              "kind": "delivered-to-outsider",
              "error": null,
              "cause": "8d7f3a0c21b4",
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
                "tolerated": null,
                "missing": null,
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
                    "level": "must",
                    "title": "The sender of a room emit does not receive it",
                    "clause": "Socket.IO server API, socket.to(room)",
                    "source": "https://socket.io/docs/v4/server-api/#sockettoroom"
                  }
                ],
                "why": "A chat shows every message twice to the person who wrote it.",
                "excerpt": {
                  "first_line": 20,
                  "lines": [
                    "  steps:",
                    "  - deliver: room-message"
                  ]
                },
                "rerun": "sockspec run rooms/to-excludes-sender --seed 7",
                "log": [
                  "listening",
                  "TypeError: x is not a function"
                ]
              },
              "further": []
            }
          ],
          "causes": [
            {
              "id": "8d7f3a0c21b4",
              "sentence": "Sender received room-message, which only member may receive",
              "scenarios": [
                "rooms/to-excludes-sender"
              ]
            }
          ],
          "next": [],
          "notices": [
            "acks/value ended the target; it was started again"
          ]
        }
        "#);
    }

    #[test]
    fn hostile_text_is_escaped_and_a_parser_reads_it_unchanged() {
        let mut record = samples::record();
        record.outcomes = vec![samples::hostile()];
        let json = report_json(&record);
        assert!(!json.chars().any(|c| c != '\n' && escape::acts(c)));
        let received = &parsed(&record)["scenarios"][0]["breach"]["received"];
        assert_eq!(received.as_str(), Some(samples::HOSTILE));
    }

    #[test]
    fn a_huge_text_is_shortened() {
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
    fn the_committed_schema_matches_the_types() {
        schema_checks::assert_committed("report.json", &schemars::schema_for!(Report));
    }

    #[test]
    fn a_report_matches_its_schema() {
        let schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&parsed(&samples::record()))
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}
