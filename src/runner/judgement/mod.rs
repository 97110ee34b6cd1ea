//! Turns the findings of an attempt into the outcome that reports show.

pub(super) mod cause;
pub(super) mod citation;
pub(super) mod dismissal;
mod excerpt;
pub(super) mod expired_session;
pub(super) mod illegal_end;
pub(super) mod invariants;
mod unanswered;

use std::{sync::Arc, time::Duration};

use self::excerpt::excerpt;
use crate::{
    clock,
    runner::{
        findings::{
            Detail, Finding, Obstacle, Stop, error_kind::ErrorKind, failure_kind::FailureKind,
            trace,
        },
        plan::Item,
        play::attempt,
        record::{
            outcome::{Attempt, Breach, FurtherFinding, Missing, Outcome, Place, Weight},
            verdict::Verdict,
        },
        settings::Settings,
        translation::operations,
    },
    scenario::{Invariant, Level, Scenario, SourceFile, Span, Tier},
    targets::Maskable,
};

/// The number of lines of the target's output that a failure shows.
const LOG_LINES: usize = 20;

/// The limit on further findings of one scenario, apart from the first of each kind.
const FURTHER: usize = 50;

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
        operations: operations::used(scenario)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        known: None,
        lacks: if verdict == Verdict::Skip {
            item.lacks.clone()
        } else {
            Vec::new()
        },
        transport: item.transport,
        reason,
        kind: None,
        error: None,
        cause: None,
        breach: None,
        further: Vec::new(),
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
    let mut warnings = finished.warnings;
    let (verdict, found) = match finished.stop {
        Some(Stop::Unjudged(obstacle)) => {
            warnings.clear();
            (Verdict::Error, Some(Found::from(*obstacle)))
        }
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
        None if warnings.is_empty() => (Verdict::Pass, None),
        None => (Verdict::Warn, Some(Found::from(warnings.remove(0)))),
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
    let gist = found.as_ref().and_then(|found| found.detail.gist.clone());
    outcome.breach = found.map(|found| breach(item, settings, attempt, found));
    for warning in warnings {
        add_further(&mut outcome, further(scenario, warning));
    }
    outcome.mask(&attempt.to_mask());
    outcome.cause = cause::of_attempt(&outcome, decided, gist, attempt);
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
        tolerated: detail.tolerated,
        missing: detail.missing.map(|missing| Missing {
            client: missing.client,
            what: missing.what,
            until: ended_after(attempt),
        }),
        seen: trace::views(attempt),
        requirements: citation::of_scenario(scenario, &settings.requirements),
        why: scenario.why.clone(),
        excerpt: Some(excerpt(scenario, detail.span)),
        rerun: rerun(item, settings),
        log,
    }
}

/// Returns the time from the start of an attempt to the end of its last step.
fn ended_after(attempt: &attempt::Attempt<'_>) -> Duration {
    let over = attempt.notes().over.unwrap_or_else(clock::now);
    over.saturating_duration_since(attempt.started)
}

/// Returns a warning besides the finding that decides the verdict.
fn further(scenario: &Scenario, warning: Finding) -> FurtherFinding {
    let Finding {
        kind,
        detail,
        invariant,
        level: _,
    } = warning;
    FurtherFinding {
        verdict: Verdict::Warn,
        kind,
        sentence: detail.sentence,
        invariant,
        place: detail.span.and_then(|span| place(&scenario.source, span)),
        expected: detail.expected,
        received: detail.received,
        tolerated: detail.tolerated,
    }
}

/// Adds a finding to an outcome that does not contain it. Keeps at least one finding of each kind.
fn add_further(outcome: &mut Outcome, finding: FurtherFinding) {
    let is_headline =
        outcome.kind == Some(finding.kind) && outcome.reason.as_ref() == Some(&finding.sentence);
    let is_known = outcome
        .further
        .iter()
        .any(|known| known.kind == finding.kind && known.sentence == finding.sentence);
    let is_new_kind = || {
        outcome
            .kinds()
            .all(|known| known != (finding.verdict, finding.kind))
    };
    if !is_headline && !is_known && (outcome.further.len() < FURTHER || is_new_kind()) {
        outcome.further.push(finding);
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

/// The outcome of an attempt, and whether it counts.
#[derive(Clone, Debug)]
pub(super) enum Tried {
    /// The attempt counts.
    Counted(Outcome),
    /// This machine was too busy for the attempt, so the scenario was played again alone.
    Replayed(Outcome),
}

/// Merges the outcomes of several attempts at one scenario; `by` says which of the attempts that count decides the
/// verdict.
pub(super) fn merge(tried: Vec<Tried>, by: Merge) -> Option<Outcome> {
    let attempts: Vec<_> = tried
        .iter()
        .map(|tried| {
            let (outcome, replayed) = match tried {
                Tried::Counted(outcome) => (outcome, false),
                Tried::Replayed(outcome) => (outcome, true),
            };
            Attempt {
                verdict: outcome.verdict,
                reason: outcome.reason.clone(),
                kind: outcome.kind,
                error: outcome.error,
                duration: outcome.duration,
                replayed,
            }
        })
        .collect();
    let mut outcomes: Vec<_> = tried
        .into_iter()
        .filter_map(|tried| match tried {
            Tried::Counted(outcome) => Some(outcome),
            Tried::Replayed(_) => None,
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
    let mut outcome = outcomes.remove(deciding);
    // A retry that passes forgives the failures before it; repeats forgive nothing.
    if outcome.verdict.is_red() || matches!(by, Merge::Worst) {
        for other in outcomes {
            add_findings_of(&mut outcome, other);
        }
    }
    outcome.flaky = attempts
        .iter()
        .any(|attempt| !attempt.replayed && attempt.verdict != outcome.verdict);
    if attempts.len() > 1 {
        outcome.attempts = attempts;
    }
    Some(outcome)
}

/// Adds what another attempt found to the outcome of the deciding attempt, if that attempt did not find the same kind.
fn add_findings_of(outcome: &mut Outcome, other: Outcome) {
    let headline = other
        .kind
        .zip(other.breach)
        .map(|(kind, breach)| FurtherFinding {
            verdict: other.verdict,
            kind,
            sentence: breach.sentence,
            invariant: breach.invariant,
            place: breach.place,
            expected: breach.expected,
            received: breach.received,
            tolerated: breach.tolerated,
        });
    for finding in headline.into_iter().chain(other.further) {
        let found = (finding.verdict, finding.kind);
        if outcome.kinds().all(|known| known != found) {
            add_further(outcome, finding);
        }
    }
}

/// The attempt that decides the verdict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Merge {
    /// The last attempt, because the earlier attempts did not pass and the scenario was tried again.
    Last,
    /// The attempt with the worst verdict, because the user asked for several attempts.
    Worst,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    fn failed(kind: FailureKind) -> Outcome {
        Outcome {
            kind: Some(kind),
            ..samples::failed()
        }
    }

    #[test]
    fn repeats_keep_every_kind_that_an_attempt_showed() {
        let (lost, twice) = (FailureKind::NotDelivered, FailureKind::DeliveredTwice);
        let counted = |outcomes: Vec<Outcome>| -> Vec<_> {
            outcomes.into_iter().map(Tried::Counted).collect()
        };
        let attempts = || {
            counted(vec![
                failed(lost),
                failed(twice),
                failed(lost),
                samples::passed(),
            ])
        };
        let merged = merge(attempts(), Merge::Worst).unwrap();
        let kinds: Vec<_> = merged.kinds().collect();
        assert_eq!(kinds, [(Verdict::Fail, lost), (Verdict::Fail, twice)]);
        let kinds: Vec<_> = merged.attempts.iter().map(|attempt| attempt.kind).collect();
        assert_eq!(kinds, [Some(lost), Some(twice), Some(lost), None]);
        // The attempts of a retry are forgiven if the last one passes.
        let merged = merge(attempts(), Merge::Last).unwrap();
        assert_eq!((merged.verdict, merged.kinds().count()), (Verdict::Pass, 0));
        let merged = merge(counted(vec![failed(lost), failed(twice)]), Merge::Last).unwrap();
        assert_eq!(merged.kinds().count(), 2);
    }
}
