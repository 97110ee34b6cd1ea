//! Turns the findings of an attempt into the outcome that reports show.

use std::{sync::Arc, time::Duration};

use super::{
    attempt, cause,
    error_kind::ErrorKind,
    failure_kind::FailureKind,
    finding::{Detail, Finding, Obstacle, Stop},
    outcome::{Attempt, Breach, Outcome, Place, RequirementNote, Weight},
    plan::Item,
    settings::Settings,
    trace,
    verdict::Verdict,
};
use crate::{
    scenario::{Invariant, Level, Scenario, SourceFile, Span, Tier},
    targets::Maskable,
};

/// The number of lines of the target's output that a failure shows.
const LOG_LINES: usize = 20;

/// The findings of one attempt.
#[derive(Debug)]
pub(super) struct Finished {
    /// The finding or obstacle that stopped the attempt.
    pub(super) stop: Option<Stop>,
    /// Findings that only warn: tolerated deviations and broken `should` requirements.
    pub(super) warnings: Vec<Finding>,
    /// How the runner proved that a client did not receive something forbidden: one text for each proof.
    pub(super) proofs: Vec<String>,
}

/// Returns an outcome with this verdict for a scenario about which there is no evidence, such as a skipped scenario.
pub(super) fn outcome_without_evidence(
    item: &Item,
    verdict: Verdict,
    reason: Option<String>,
    duration: Duration,
) -> Outcome {
    let scenario = &item.scenario;
    Outcome {
        id: item.id.clone(),
        title: scenario.title.clone(),
        verdict,
        flaky: false,
        level: scenario.level,
        weight: match scenario.tier {
            Tier::Info => Weight::Informs,
            Tier::Core | Tier::Destructive | Tier::Extended | Tier::Slow => Weight::Counts,
        },
        requirements: scenario.verifies.clone(),
        needs: scenario.needs.clone(),
        transport: item.transport,
        reason,
        kind: None,
        error: None,
        cause: None,
        breach: None,
        proofs: Vec::new(),
        duration,
        attempts: Vec::new(),
        file: scenario.source.path.clone(),
        line: scenario.span.line,
    }
}

/// Returns the outcome of one attempt.
pub(super) fn judge(
    item: &Item,
    settings: &Settings,
    attempt: &attempt::Attempt<'_>,
    finished: Finished,
) -> Outcome {
    let scenario = &item.scenario;
    let duration = attempt.started.elapsed();
    let (verdict, found) = match finished.stop {
        Some(Stop::Unjudged(obstacle)) => (Verdict::Error, Some(Found::from(*obstacle))),
        Some(Stop::Inapplicable(obstacle)) => {
            let reason = Some(obstacle.detail.sentence.clone());
            let mut outcome = outcome_without_evidence(item, Verdict::Skip, reason, duration);
            outcome.mask(&attempt.to_mask());
            return outcome;
        }
        Some(Stop::Breach(finding)) => (
            breach_verdict(scenario, &finding),
            Some(Found::from(*finding)),
        ),
        None => match finished.warnings.into_iter().next() {
            Some(warning) => (Verdict::Warn, Some(Found::from(warning))),
            None => (Verdict::Pass, None),
        },
    };
    let mut outcome = outcome_without_evidence(
        item,
        verdict,
        found.as_ref().map(|found| found.detail.sentence.clone()),
        duration,
    );
    outcome.proofs = finished.proofs;
    outcome.kind = found.as_ref().and_then(|found| found.kind);
    outcome.error = found.as_ref().and_then(|found| found.error);
    let decided = found.as_ref().and_then(|found| found.detail.cause.clone());
    outcome.breach = found.map(|found| breach(item, settings, attempt, found));
    outcome.mask(&attempt.to_mask());
    outcome.cause = cause::of_attempt(&outcome, decided, attempt);
    outcome
}

/// Combines a finding or an obstacle with the evidence that reports show, such as the traffic of the clients.
fn breach(
    item: &Item,
    settings: &Settings,
    attempt: &attempt::Attempt<'_>,
    found: Found,
) -> Breach {
    let scenario = &item.scenario;
    let detail = found.detail;
    let log = attempt
        .target
        .log
        .as_ref()
        .map(|log| log.tail(LOG_LINES))
        .unwrap_or_default();
    Breach {
        sentence: detail.sentence,
        invariant: found.invariant,
        place: detail.span.and_then(|span| place(&scenario.source, span)),
        expected: detail.expected,
        received: detail.received,
        seen: trace::views(attempt),
        requirements: notes(scenario, settings),
        why: scenario.why.clone(),
        rerun: rerun(item, settings),
        log,
    }
}

/// A finding (the target did something wrong) or an obstacle (the scenario can't be judged), in one type.
struct Found {
    /// What the target did wrong; `None` if it did nothing wrong.
    kind: Option<FailureKind>,
    /// The kind of error; `None` for a finding, and for an obstacle without a kind of its own.
    error: Option<ErrorKind>,
    detail: Detail,
    invariant: Option<Invariant>,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        Self {
            kind: Some(finding.kind),
            error: None,
            detail: finding.detail,
            invariant: finding.invariant,
        }
    }
}

impl From<Obstacle> for Found {
    fn from(obstacle: Obstacle) -> Self {
        Self {
            kind: None,
            error: obstacle.kind,
            detail: obstacle.detail,
            invariant: None,
        }
    }
}

/// Returns the verdict for a finding: a broken `must` fails, and any other finding warns. A scenario of tier `info`
/// always warns.
fn breach_verdict(scenario: &Scenario, finding: &Finding) -> Verdict {
    match finding.level.unwrap_or(scenario.level) {
        Level::Must if scenario.tier != Tier::Info => Verdict::Fail,
        Level::Must | Level::Should | Level::May => Verdict::Warn,
    }
}

/// Merges the outcomes of several attempts at one scenario; `by` says which attempt decides the verdict.
pub(super) fn merge(mut outcomes: Vec<Outcome>, by: Merge) -> Option<Outcome> {
    let attempts: Vec<_> = outcomes
        .iter()
        .map(|outcome| Attempt {
            verdict: outcome.verdict,
            reason: outcome.reason.clone(),
            duration: outcome.duration,
        })
        .collect();
    let deciding = match by {
        Merge::Last => outcomes.len().checked_sub(1)?,
        Merge::Worst => (0..outcomes.len()).max_by_key(|index| {
            outcomes
                .get(*index)
                .map(|outcome| outcome.verdict.rank_in_repeats())
        })?,
    };
    let mut outcome = outcomes.swap_remove(deciding);
    outcome.flaky = attempts
        .iter()
        .any(|attempt| attempt.verdict != outcome.verdict);
    if attempts.len() > 1 {
        outcome.attempts = attempts;
    }
    Some(outcome)
}

/// The attempt that decides the verdict.
#[derive(Clone, Copy, Debug)]
pub(super) enum Merge {
    /// The last attempt, because the earlier attempts did not pass and the scenario was tried again.
    Last,
    /// The attempt with the worst verdict, because the user asked for several attempts.
    Worst,
}

fn notes(scenario: &Scenario, settings: &Settings) -> Vec<RequirementNote> {
    let entries = &settings.requirements.entries;
    let known = scenario.verifies.iter().filter_map(|id| entries.get(id));
    known
        .map(|requirement| RequirementNote {
            id: requirement.id.clone(),
            title: requirement.title.clone(),
            clause: requirement.clause.clone(),
            source: requirement.source.clone(),
        })
        .collect()
}

fn place(source: &Arc<SourceFile>, span: Span) -> Option<Place> {
    let text = source.text.lines().nth(span.line.checked_sub(1)?)?;
    let spanned = source.text.get(span.start..span.end).unwrap_or_default();
    let width = spanned
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        .max(1);
    Some(Place {
        file: source.path.clone(),
        line: span.line,
        column: span.column,
        text: text.to_owned(),
        width,
    })
}

fn rerun(item: &Item, settings: &Settings) -> String {
    let scenario = &item.scenario;
    let selector = if settings.shipped.contains(&scenario.id) {
        format!("'{}'", scenario.id)
    } else {
        format!("{}:{}", scenario.source.path.display(), scenario.span.line)
    };
    let mut command = format!("sockspec run {selector}");
    if !settings.target_options.is_empty() {
        command.push(' ');
        command.push_str(&settings.target_options);
    }
    if item.id != scenario.id {
        command.push_str(" --transport ");
        command.push_str(item.transport.name());
    }
    command.push_str(&format!(" --seed {}", settings.seed));
    command
}
