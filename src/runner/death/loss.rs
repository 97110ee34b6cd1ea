//! What a run does when its target died and can't be started again: it reports what it knows, and skips the rest.

use std::{collections::VecDeque, time::Duration};

use super::outcome::{death, with_verdict};
use crate::{
    runner::{
        record::{
            event::{Event, EventKind},
            notice::{NAMED_SCENARIOS, Notice},
            verdict::Verdict,
        },
        run::{
            Run,
            batch::{Batch, Judged},
        },
    },
    targets::Masked,
    text::first_names,
};

/// What is known about the scenario that killed the target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Killer {
    /// The scenario that killed the target was found and reported, or no scenario killed it.
    Known,
    /// One of the scenarios that ran killed the target. If exactly one of them failed, it is blamed, because the target
    /// can't be started again for a second try.
    OneOfThem,
    /// One of the scenarios that ran killed the target, or the target ended by itself. No scenario was tried again to
    /// find out.
    Unknown,
}

impl<E: FnMut(&Masked<Event>)> Run<'_, E> {
    /// Emits the outcomes after the death of a target that can't be started again, and skips the scenarios that have
    /// not run. `reason` is a clause that says why the target can't be started.
    pub(super) fn lose(
        &mut self,
        batch: &mut Batch,
        candidates: VecDeque<Judged>,
        killer: Killer,
        reason: &str,
    ) {
        let names = names(&candidates);
        let (passed, suspects): (Vec<_>, Vec<_>) = candidates
            .into_iter()
            .partition(|(_, outcome)| outcome.verdict == Verdict::Pass);
        // Don't blame a scenario that could not be judged: the target may have been dead before the scenario ran.
        let is_found = match suspects.as_slice() {
            [(_, outcome)] => killer == Killer::OneOfThem && outcome.verdict != Verdict::Error,
            _ => false,
        };
        for (_, outcome) in suspects {
            let (verdict, sentence) = match killer {
                Killer::Known => (
                    Verdict::Skip,
                    format!("Not judged: the target died while this scenario ran, and {reason}.")
                        .into(),
                ),
                Killer::OneOfThem if is_found => (
                    Verdict::Fail,
                    death(&outcome, None).and(&format!(
                        "The scenario could not be tried again, because {reason}."
                    )),
                ),
                Killer::OneOfThem => (
                    Verdict::Error,
                    format!(
                        "The target died during one of these scenarios: {names}. To find out which, run each alone with `--jobs 1`."
                    )
                    .into(),
                ),
                Killer::Unknown => (
                    Verdict::Error,
                    format!(
                        "The target died, perhaps because of one of these scenarios: {names}; it can't be started again to find out which."
                    )
                    .into(),
                ),
            };
            let mut outcome = with_verdict(outcome, verdict, sentence);
            if verdict == Verdict::Skip {
                outcome.breach = None;
            }
            self.emit(EventKind::ScenarioFinished(outcome));
        }
        for (_, outcome) in passed {
            self.emit(EventKind::ScenarioFinished(outcome));
        }
        self.notice(Notice::TargetLost {
            reason: reason.to_owned(),
        });
        self.lost = Some(format!("Not run: the target had died, and {reason}."));
        self.skip_if_lost(batch);
    }

    /// Skips every scenario that has not started if the target died and can't be started again.
    pub(in crate::runner) fn skip_if_lost(&mut self, batch: &mut Batch) {
        if let Some(reason) = self.lost.clone() {
            for item in std::mem::take(&mut batch.waiting) {
                self.emit_unjudged(&item, Verdict::Skip, &reason, Duration::ZERO);
            }
        }
    }
}

/// Returns the ids of the scenarios that may have killed the target: those that did not pass.
///
/// If at most one did not pass, returns all scenarios, because a target can also die a moment after a scenario that
/// passed.
fn names(candidates: &VecDeque<Judged>) -> String {
    let failed = |(_, outcome): &&Judged| outcome.verdict != Verdict::Pass;
    let alone = candidates.iter().filter(failed).count() <= 1;
    let mut names: Vec<_> = candidates
        .iter()
        .filter(|candidate| alone || failed(candidate))
        .map(|(item, _)| item.id.clone())
        .collect();
    names.sort();
    first_names(&names, NAMED_SCENARIOS)
}
