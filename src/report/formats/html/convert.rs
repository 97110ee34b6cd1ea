//! Converts the record of a run to the data of the page.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use super::{
    budget,
    model::{Cause, Evidence, Next, Page, Scenario, Source},
};
use crate::{
    report::{
        Layer,
        formats::json::{
            Attempt, FurtherFinding, Known, Missing, Place, Report, Requirement, Target, View,
        },
    },
    runner::{
        self, Breach, ClientView, Excerpt, Outcome, Record, RequirementNote, Verdict, Way, unlocks,
    },
    text::{clip, keep_lines},
};

/// The limit on a value or a block of text, in bytes.
const BLOCK: usize = 4_000;

/// The limit on a line of traffic and on a sentence, in bytes.
const LINE: usize = 2_000;

/// The limit on an id, a name or an address, in bytes.
const NAME: usize = 500;

/// The limit on one proof of silence and on one line of the server's output, in bytes.
const SHORT_LINE: usize = 400;

/// The limit on the lines of a value.
const VALUE_LINES: usize = 200;

/// The limit on the attempts, the further findings and the proofs of one scenario.
const ATTEMPTS: usize = 20;
const FURTHER: usize = 20;
const PROOFS: usize = 8;

impl From<&Record> for Page {
    fn from(record: &Record) -> Self {
        let report = Report::from(record);
        let causes: Vec<_> = report
            .causes
            .into_iter()
            .map(|cause| Cause {
                id: cause.id,
                sentence: clip(&cause.sentence, LINE),
            })
            .collect();
        let mut shared = Shared {
            causes: causes
                .iter()
                .enumerate()
                .map(|(place, cause)| (cause.id.clone(), place))
                .collect(),
            ..Shared::default()
        };
        for note in &record.info.requirements {
            shared.add_requirement(note);
        }
        let outcomes = record.outcomes.iter();
        let mut scenarios: Vec<_> = outcomes
            .map(|outcome| scenario(outcome, &mut shared))
            .collect();
        budget::keep(&mut scenarios);
        Self {
            version: report.version,
            target: Target {
                name: name(&record.info.target),
                version: clipped(record.info.target_version.as_ref(), NAME),
                url: name(&record.info.url),
                provides: names(&record.info.provides),
            },
            run: report.run,
            summary: report.summary,
            notices: report.notices,
            next: next(&record.outcomes),
            causes,
            requirements: shared.requirements,
            excerpts: shared.excerpts,
            scenarios,
        }
    }
}

/// What several scenarios share.
#[derive(Default)]
struct Shared {
    /// The places of the causes, by id.
    causes: HashMap<String, usize>,
    requirements: BTreeMap<String, Requirement>,
    excerpts: Vec<Source>,
    /// The places of the excerpts: rows and transports of one scenario share its text.
    places: HashMap<(String, Excerpt), usize>,
}

impl Shared {
    fn add_requirement(&mut self, note: &RequirementNote) {
        let requirement = Requirement {
            id: name(&note.id),
            title: clip(&note.title, LINE),
            clause: clipped(note.clause.as_ref(), NAME),
            source: clipped(note.source.as_ref(), NAME),
            ..Requirement::from(note)
        };
        self.requirements.insert(name(&note.id), requirement);
    }

    /// Adds the text of a scenario, unless it is there already, and returns its place.
    fn add_excerpt(&mut self, file: &Path, excerpt: &Excerpt) -> usize {
        let file = path(file);
        let excerpts = &mut self.excerpts;
        *self
            .places
            .entry((file.clone(), excerpt.clone()))
            .or_insert_with(|| {
                excerpts.push(Source {
                    file,
                    first_line: excerpt.first_line,
                    lines: excerpt.lines.iter().map(|line| clip(line, LINE)).collect(),
                });
                excerpts.len() - 1
            })
    }
}

fn next(outcomes: &[Outcome]) -> Vec<Next> {
    let unlocks = unlocks(outcomes.iter().map(|outcome| outcome.lacks.as_slice()));
    let next = unlocks.into_iter().map(|unlock| Next {
        action: match unlock.way() {
            Way::Declare => "declare",
            Way::Profile => "add a profile that provides",
            Way::Support => "support",
        },
        names: unlock.declare.iter().map(|one| name(&one.key())).collect(),
        scenarios: unlock.scenarios,
    });
    next.collect()
}

fn scenario(outcome: &Outcome, shared: &mut Shared) -> Scenario {
    let cause = outcome.cause.as_ref();
    // Attempts that all passed say nothing more than the verdict.
    let tells_attempts = outcome.flaky || outcome.verdict != Verdict::Pass;
    let attempts = outcome.attempts.iter().filter(|_| tells_attempts);
    Scenario {
        id: name(&outcome.id),
        title: clip(&outcome.title, LINE),
        verdict: outcome.verdict,
        level: outcome.level.name(),
        layer: Layer::of(&outcome.file).name(),
        transport: outcome.transport.name(),
        ms: (outcome.duration.as_secs_f64() * 1e4).round() / 10.0,
        file: path(&outcome.file),
        line: outcome.line,
        requirements: names(&outcome.requirements),
        needs: names(&outcome.needs),
        flaky: outcome.flaky,
        known: outcome.known.as_ref().map(|known| Known {
            by: name(known.by.name()),
            reason: clip(&known.reason, LINE),
        }),
        lacks: outcome.lacks.iter().map(|one| name(&one.key())).collect(),
        reason: clipped(outcome.reason.as_ref(), LINE),
        kind: outcome.kind,
        error: outcome.error,
        cause: cause.and_then(|cause| shared.causes.get(&cause.id).copied()),
        proofs: limited(&outcome.proofs, PROOFS),
        left_out_attempts: outcome.attempts.len().saturating_sub(ATTEMPTS),
        attempts: attempts.take(ATTEMPTS).map(attempt).collect(),
        further: outcome.further.iter().take(FURTHER).map(further).collect(),
        evidence: outcome
            .breach
            .as_ref()
            .map(|breach| evidence(outcome, breach, shared)),
    }
}

fn attempt(attempt: &runner::Attempt) -> Attempt {
    Attempt {
        reason: clipped(attempt.reason.as_ref(), SHORT_LINE),
        ..Attempt::from(attempt)
    }
}

fn further(finding: &runner::FurtherFinding) -> FurtherFinding {
    FurtherFinding {
        sentence: clip(&finding.sentence, LINE),
        place: finding.place.as_ref().map(place),
        expected: value(finding.expected.as_ref()),
        received: value(finding.received.as_ref()),
        tolerated: clipped(finding.tolerated.as_ref(), LINE),
        ..FurtherFinding::from(finding)
    }
}

fn evidence(outcome: &Outcome, breach: &Breach, shared: &mut Shared) -> Evidence {
    for note in &breach.requirements {
        shared.add_requirement(note);
    }
    let excerpt = breach.excerpt.as_ref();
    Evidence {
        invariant: breach.invariant.map(|invariant| invariant.id().to_owned()),
        place: breach.place.as_ref().map(place),
        expected: value(breach.expected.as_ref()),
        received: value(breach.received.as_ref()),
        tolerated: clipped(breach.tolerated.as_ref(), LINE),
        missing: breach.missing.as_ref().map(|missing| Missing {
            client: name(&missing.client),
            what: clip(&missing.what, LINE),
            ..Missing::from(missing)
        }),
        seen: breach.seen.iter().map(view).collect(),
        excerpt: excerpt.map(|excerpt| shared.add_excerpt(&outcome.file, excerpt)),
        why: clipped(breach.why.as_ref(), LINE),
        rerun: clip(&breach.rerun, LINE),
        log: limited(&breach.log, usize::MAX),
        is_short: false,
    }
}

fn view(seen: &ClientView) -> View {
    let mut view = View {
        client: name(&seen.client),
        ..View::from(seen)
    };
    for (line, seen) in view.lines.iter_mut().zip(&seen.lines) {
        line.text = clip(&seen.text, LINE);
    }
    view
}

fn place(place: &runner::Place) -> Place {
    Place {
        file: path(&place.file),
        text: clip(&place.text, LINE),
        ..Place::from(place)
    }
}

/// Returns a value with at most [`VALUE_LINES`] lines.
fn value(text: Option<&String>) -> Option<String> {
    let text = clipped(text, BLOCK)?;
    let lines = text.lines().map(str::to_owned).collect();
    Some(keep_lines(lines, VALUE_LINES).join("\n"))
}

/// Returns an id, a name or an address. Only a hostile record has longer ones than the limit.
fn name(text: &str) -> String {
    clip(text, NAME)
}

fn names(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| name(text)).collect()
}

fn path(path: &Path) -> String {
    name(&path.display().to_string())
}

fn clipped(text: Option<&String>, limit: usize) -> Option<String> {
    text.map(|text| clip(text, limit))
}

fn limited(lines: &[String], limit: usize) -> Vec<String> {
    let lines = lines.iter().take(limit);
    lines.map(|line| clip(line, SHORT_LINE)).collect()
}
