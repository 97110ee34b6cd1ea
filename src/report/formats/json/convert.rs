//! Converts the record of a run to the fields of the report.

use std::{collections::HashMap, time::Duration};

use super::model::{
    Attempt, Cause, Direction, Evidence, Excerpt, FurtherFinding, Known, Line, Missing, Next,
    Place, REPORT_SCHEMA, Report, Requirement, Run, Scenario, SnapshotChange, Snapshots, Summary,
    Target, View,
};
use crate::{
    runner::{
        self, Breach, ClientView, Declarable, Outcome, Record, RunInfo, SnapshotReport, unlocks,
    },
    text::{clip, humanize::millis},
};

/// The limit on one text in the report, in bytes. Only a target that floods its clients causes longer texts, and these
/// are shortened.
const TEXT_LIMIT: usize = 64 << 10;

impl From<&Record> for Report {
    fn from(record: &Record) -> Self {
        let RunInfo {
            version,
            target,
            target_version,
            url,
            provides,
            scenarios: _,
            jobs,
            seed,
            requirements: _,
        } = &record.info;
        let summary = record.summary;
        Self {
            schema: REPORT_SCHEMA,
            version: version.clone(),
            target: Target {
                name: target.clone(),
                version: target_version.clone(),
                url: url.clone(),
                provides: provides.clone(),
            },
            run: Run {
                seed: *seed,
                jobs: *jobs,
                interrupted: summary.interrupted,
                target_lost: summary.target_lost,
            },
            summary: Summary {
                pass: summary.pass,
                warn: summary.warn,
                fail: summary.fail,
                skip: summary.skip,
                error: summary.error,
                known: summary.known(),
                flaky: summary.flaky,
                duration_ms: millis(summary.duration),
            },
            scenarios: record.outcomes.iter().map(Scenario::from).collect(),
            causes: causes(&record.outcomes),
            next: next(&record.outcomes),
            snapshots: record.snapshots.as_ref().map(Snapshots::from),
            notices: record
                .notices
                .iter()
                .map(|notice| text(&notice.to_string()))
                .collect(),
        }
    }
}

impl From<&SnapshotReport> for Snapshots {
    fn from(report: &SnapshotReport) -> Self {
        let changes = report.changes.iter().map(|change| SnapshotChange {
            scenario: change.scenario.clone(),
            transport: change.transport,
            profile: change.profile.clone(),
            change: change.kind,
            file: change.file.display().to_string(),
            difference: change.difference.iter().map(|line| text(line)).collect(),
            proposal: change.proposal.clone(),
        });
        Self {
            folder: report.folder.display().to_string(),
            mode: report.mode,
            fails: report.fails(),
            same: report.same,
            changes: changes.collect(),
        }
    }
}

/// Returns what to declare so that skipped scenarios run.
fn next(outcomes: &[Outcome]) -> Vec<Next> {
    let unlocks = unlocks(outcomes.iter().map(|outcome| outcome.lacks.as_slice()));
    let next = unlocks.into_iter().map(|unlock| Next {
        declare: unlock.declare.iter().map(Declarable::key).collect(),
        scenarios: unlock.scenarios,
    });
    next.collect()
}

/// Returns the causes of all outcomes, the cause of most outcomes first.
fn causes(outcomes: &[Outcome]) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    let mut places = HashMap::new();
    for outcome in outcomes {
        let Some(cause) = &outcome.cause else {
            continue;
        };
        let place = *places.entry(&cause.id).or_insert_with(|| {
            causes.push(Cause {
                id: cause.id.clone(),
                sentence: text(&cause.sentence),
                scenarios: Vec::new(),
            });
            causes.len() - 1
        });
        if let Some(cause) = causes.get_mut(place) {
            cause.scenarios.push(text(&outcome.id));
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.scenarios.len()));
    causes
}

impl From<&Outcome> for Scenario {
    fn from(outcome: &Outcome) -> Self {
        Self {
            id: text(&outcome.id),
            title: text(&outcome.title),
            verdict: outcome.verdict,
            flaky: outcome.flaky,
            level: outcome.level.name().to_owned(),
            requirements: outcome.requirements.clone(),
            needs: outcome.needs.clone(),
            known: outcome.known.as_ref().map(Known::from),
            lacks: outcome.lacks.iter().map(Declarable::key).collect(),
            transport: outcome.transport.name().to_owned(),
            duration_ms: millis(outcome.duration),
            reason: optional(outcome.reason.as_ref()),
            kind: outcome.kind,
            error: outcome.error,
            cause: outcome.cause.as_ref().map(|cause| cause.id.clone()),
            file: outcome.file.display().to_string(),
            line: outcome.line,
            proofs: texts(&outcome.proofs),
            attempts: outcome.attempts.iter().map(Attempt::from).collect(),
            breach: outcome.breach.as_ref().map(Evidence::from),
            further: outcome.further.iter().map(FurtherFinding::from).collect(),
        }
    }
}

impl From<&runner::Known> for Known {
    fn from(known: &runner::Known) -> Self {
        Self {
            by: known.by.name().to_owned(),
            reason: text(&known.reason),
        }
    }
}

impl From<&runner::Attempt> for Attempt {
    fn from(attempt: &runner::Attempt) -> Self {
        Self {
            verdict: attempt.verdict,
            reason: optional(attempt.reason.as_ref()),
            kind: attempt.kind,
            error: attempt.error,
            duration_ms: millis(attempt.duration),
            replayed: attempt.replayed,
        }
    }
}

impl From<&runner::FurtherFinding> for FurtherFinding {
    fn from(finding: &runner::FurtherFinding) -> Self {
        Self {
            verdict: finding.verdict,
            kind: finding.kind,
            sentence: text(&finding.sentence),
            invariant: finding.invariant.map(|invariant| invariant.id().to_owned()),
            place: finding.place.as_ref().map(Place::from),
            expected: optional(finding.expected.as_ref()),
            received: optional(finding.received.as_ref()),
            tolerated: optional(finding.tolerated.as_ref()),
        }
    }
}

impl From<&Breach> for Evidence {
    fn from(breach: &Breach) -> Self {
        Self {
            sentence: text(&breach.sentence),
            invariant: breach.invariant.map(|invariant| invariant.id().to_owned()),
            place: breach.place.as_ref().map(Place::from),
            expected: optional(breach.expected.as_ref()),
            received: optional(breach.received.as_ref()),
            tolerated: optional(breach.tolerated.as_ref()),
            missing: breach.missing.as_ref().map(Missing::from),
            seen: breach.seen.iter().map(View::from).collect(),
            requirements: breach.requirements.iter().map(Requirement::from).collect(),
            why: optional(breach.why.as_ref()),
            excerpt: breach.excerpt.as_ref().map(Excerpt::from),
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

impl From<&runner::Excerpt> for Excerpt {
    fn from(excerpt: &runner::Excerpt) -> Self {
        Self {
            first_line: excerpt.first_line,
            lines: texts(&excerpt.lines),
        }
    }
}

impl From<&runner::Missing> for Missing {
    fn from(missing: &runner::Missing) -> Self {
        Self {
            client: text(&missing.client),
            what: text(&missing.what),
            until_ms: fractions(missing.until),
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
            at_ms: fractions(line.at),
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
            level: note.level.name().to_owned(),
            title: text(&note.title),
            clause: note.clause.clone(),
            source: note.source.clone(),
        }
    }
}

/// Returns a time in milliseconds, to the microsecond.
fn fractions(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
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
