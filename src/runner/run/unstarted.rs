//! The record of a run whose target can't be started or reached, so that reports are complete in this case too.

use std::time::Duration;

use crate::{
    runner::{
        findings::error_kind::ErrorKind,
        judgement::outcome_without_evidence,
        plan::Plan,
        record::{
            Record,
            event::{Event, EventKind, RunInfo},
            summary::Summary,
            verdict::Verdict,
        },
    },
    targets::{Masked, Secrets},
};

/// Returns the record of a run in which no scenario could start because of `reason`.
///
/// A scenario that the plan skips is skipped; every other scenario is an error.
pub fn record_unstarted(
    plan: &Plan,
    info: RunInfo,
    reason: &str,
    secrets: &Secrets,
) -> Masked<Record> {
    let mut record = Record::default();
    let mut add = |kind| {
        record.add(&Event {
            at: Duration::ZERO,
            kind,
        });
    };
    add(EventKind::RunStarted(info));
    for item in &plan.items {
        let (verdict, why) = match &item.skip {
            Some(skip) => (Verdict::Skip, skip.clone()),
            None => (Verdict::Error, format!("Not run: {reason}.")),
        };
        let mut outcome = outcome_without_evidence(item, verdict, Some(why), Duration::ZERO);
        outcome.error = (verdict == Verdict::Error).then_some(ErrorKind::TargetNotStarted);
        add(EventKind::ScenarioFinished(Box::new(outcome)));
    }
    let summary = Summary {
        duration: Duration::ZERO,
        ..record.summary
    };
    record.add(&Event {
        at: Duration::ZERO,
        kind: EventKind::RunFinished(summary),
    });
    secrets.masked(record)
}
