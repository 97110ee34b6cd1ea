//! What changed between two runs.

use std::{collections::BTreeMap, time::Duration};

use crate::runner::{FailureKind, Outcome, Record, Verdict};

/// A scenario that takes this many times as long as before is slower.
const SLOWER: u32 = 2;

/// The shortest change of a duration that counts. Shorter ones are noise.
const NOTICED: Duration = Duration::from_millis(250);

/// What changed between two runs, each list in order of the scenarios' ids.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// Scenarios whose verdict is worse than before.
    pub broken: Vec<Change>,
    /// Scenarios whose verdict is better than before.
    pub fixed: Vec<Change>,
    /// Scenarios that were judged before, and are skipped now.
    pub unjudged: Vec<Change>,
    /// Scenarios that were skipped before, and are judged now, without a failure.
    pub judged: Vec<Change>,
    /// Scenarios that fail in another way than before.
    pub otherwise: Vec<Change>,
    /// Scenarios of the new run that the old one does not have.
    pub new: Vec<Change>,
    /// Scenarios of the old run that the new one does not have.
    pub gone: Vec<Change>,
    /// Scenarios that passed in both runs, and whose duration changed by much.
    pub timing: Vec<Change>,
    /// The number of scenarios without a change.
    pub same: usize,
}

/// One scenario in two runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// The id of the scenario.
    pub id: String,
    /// The scenario in the old run; `None` if the old run does not have it.
    pub old: Option<Moment>,
    /// The scenario in the new run; `None` if the new run does not have it.
    pub new: Option<Moment>,
}

/// One scenario in one run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moment {
    /// The verdict.
    pub verdict: Verdict,
    /// The kind of failure, if it failed or warned.
    pub kind: Option<FailureKind>,
    /// The reason for the verdict, in one sentence.
    pub reason: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

/// Returns what changed from `old` to `new`.
pub fn compare(old: &Record, new: &Record) -> Changes {
    let mut changes = Changes::default();
    let mut earlier: BTreeMap<&str, &Outcome> = old
        .outcomes
        .iter()
        .map(|outcome| (outcome.id.as_str(), outcome))
        .collect();
    for now in &new.outcomes {
        let Some(before) = earlier.remove(now.id.as_str()) else {
            let change = Change::of(None, Some(now));
            // A failure is a failure, whether the scenario is new or not. So is a scenario that is new and right.
            changes.new.push(change);
            continue;
        };
        let change = Change::of(Some(before), Some(now));
        match list_of(before, now) {
            Some(list) => list(&mut changes).push(change),
            None => changes.same += 1,
        }
    }
    let gone = earlier.into_values();
    changes
        .gone
        .extend(gone.map(|before| Change::of(Some(before), None)));
    changes
}

impl Changes {
    /// Returns true if anything is worse than before: a scenario broke, or a new one fails.
    pub fn are_worse(&self) -> bool {
        let mut new = self.new.iter().filter_map(|change| change.new.as_ref());
        !self.broken.is_empty() || new.any(|moment| moment.verdict.is_red())
    }
}

impl Change {
    fn of(old: Option<&Outcome>, new: Option<&Outcome>) -> Self {
        let id = new.or(old).map(|outcome| outcome.id.clone());
        Self {
            id: id.unwrap_or_default(),
            old: old.map(Moment::from),
            new: new.map(Moment::from),
        }
    }
}

impl From<&Outcome> for Moment {
    fn from(outcome: &Outcome) -> Self {
        Self {
            verdict: outcome.verdict,
            kind: outcome.kind,
            reason: outcome.reason.clone(),
            duration: outcome.duration,
        }
    }
}

/// Returns the list to which a scenario belongs that both runs have; `None` if nothing changed.
fn list_of(before: &Outcome, now: &Outcome) -> Option<fn(&mut Changes) -> &mut Vec<Change>> {
    let kinds = |outcome: &Outcome| -> Vec<_> {
        let mut kinds: Vec<_> = outcome.kinds().map(|(_, kind)| kind).collect();
        kinds.sort();
        kinds
    };
    match (rank(before.verdict), rank(now.verdict)) {
        (None, None) => None,
        (Some(_), None) => Some(|changes| &mut changes.unjudged),
        (None, Some(_)) if now.verdict.is_red() => Some(|changes| &mut changes.broken),
        (None, Some(_)) => Some(|changes| &mut changes.judged),
        (Some(old), Some(new)) if new > old => Some(|changes| &mut changes.broken),
        (Some(old), Some(new)) if new < old => Some(|changes| &mut changes.fixed),
        (Some(_), Some(_)) if before.verdict != now.verdict || kinds(before) != kinds(now) => {
            Some(|changes| &mut changes.otherwise)
        }
        (Some(_), Some(_)) if before.verdict == Verdict::Pass && is_other_pace(before, now) => {
            Some(|changes| &mut changes.timing)
        }
        (Some(_), Some(_)) => None,
    }
}

/// Returns how bad a verdict is; `None` for a scenario that was not judged. An error counts like a failure: the scenario
/// does not show that the target is right.
fn rank(verdict: Verdict) -> Option<u8> {
    match verdict {
        Verdict::Skip => None,
        Verdict::Pass => Some(0),
        Verdict::Warn => Some(1),
        Verdict::Fail | Verdict::Error => Some(2),
    }
}

fn is_other_pace(before: &Outcome, now: &Outcome) -> bool {
    let (shorter, longer) = if before.duration < now.duration {
        (before.duration, now.duration)
    } else {
        (now.duration, before.duration)
    };
    longer.saturating_sub(shorter) >= NOTICED && longer >= shorter.saturating_mul(SLOWER)
}
