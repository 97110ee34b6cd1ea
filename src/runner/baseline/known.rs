//! The deviations of a run that are known in advance: those in its baseline, and those of the target's stack.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Baseline, Deviation, Names,
    model::{entry_for, split},
};
use crate::{
    runner::{
        Outcome, Verdict,
        record::known::{Known, KnownBy},
    },
    scenario::{Diagnostic, Transport},
    targets::Stack,
};

/// The deviations of a run that are known in advance. An entry of the baseline takes precedence over one of the stack.
#[derive(Clone, Debug, Default)]
pub struct KnownDeviations {
    baseline: BTreeMap<String, Deviation>,
    stack: Option<(Stack, BTreeMap<String, Deviation>)>,
}

impl KnownDeviations {
    /// Returns the deviations in a baseline and in the list of a stack. `names` holds the former ids of scenarios.
    ///
    /// # Errors
    ///
    /// Returns every mistake in the shipped list of the stack; a test makes sure that there is none.
    pub fn new(
        baseline: Option<&Baseline>,
        stack: Option<Stack>,
        names: &Names,
    ) -> Result<Self, Vec<Diagnostic>> {
        let stack = match stack {
            Some(stack) => Some((stack, Baseline::of_stack(stack)?.present(names))),
            None => None,
        };
        Ok(Self {
            baseline: baseline.map(|one| one.present(names)).unwrap_or_default(),
            stack,
        })
    }

    /// Returns the ids of the listed scenarios, without transports.
    pub fn scenarios(&self) -> BTreeSet<String> {
        let of_stack = self.stack.iter().flat_map(|(_, entries)| entries.keys());
        let ids = self.baseline.keys().chain(of_stack);
        ids.map(|id| split(id).0.to_owned()).collect()
    }

    /// Returns the entry that explains a warning, a failure or an error: it has the verdict of the outcome, and covers
    /// all of its kinds of failures. Returns `None` if no entry does.
    pub fn find(&self, outcome: &Outcome) -> Option<Known> {
        let (by, entry) = self.entry(&outcome.id, outcome.transport)?;
        entry.explains(outcome).then(|| Known {
            by,
            reason: entry.reason.clone(),
        })
    }

    /// Returns true if the scenario with this id is listed as one in which something does not happen before a deadline.
    /// Then a shorter deadline shows it too.
    pub(in crate::runner) fn waits_in_vain(&self, id: &str, transport: Transport) -> bool {
        self.entry(id, transport).is_some_and(|(_, entry)| {
            let mut kinds = entry.kinds.iter();
            !entry.kinds.is_empty() && !entry.flaky && kinds.all(|kind| kind.is_absence())
        })
    }

    fn entry(&self, id: &str, transport: Transport) -> Option<(KnownBy, &Deviation)> {
        if let Some((_, entry)) = entry_for(&self.baseline, id, transport) {
            return Some((KnownBy::Baseline, entry));
        }
        let (stack, entries) = self.stack.as_ref()?;
        let (_, entry) = entry_for(entries, id, transport)?;
        Some((KnownBy::Stack(stack.name.to_owned()), entry))
    }
}

impl Deviation {
    /// Returns true if the entry explains the outcome.
    fn explains(&self, outcome: &Outcome) -> bool {
        let (found, listed) = (
            outcome.verdict.rank_in_baseline(),
            self.verdict.rank_in_baseline(),
        );
        let is_listed = match outcome.verdict {
            Verdict::Pass | Verdict::Skip => false,
            Verdict::Warn | Verdict::Fail | Verdict::Error => {
                found == listed || (self.flaky && found < listed)
            }
        };
        is_listed && outcome.kinds().all(|(_, kind)| self.covers(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    fn known(entry: &str) -> Option<Known> {
        let text =
            format!("deviations:\n- {{ id: rooms/to-excludes-sender, {entry}, reason: old }}\n");
        let baseline = super::super::file::tests::written(&text).unwrap();
        let known = KnownDeviations::new(Some(&baseline), None, &Names::default()).unwrap();
        known.find(&samples::failed())
    }

    #[test]
    fn an_entry_explains_its_verdict_and_its_kinds_only() {
        let right = known("verdict: fail, kind: delivered-to-outsider").unwrap();
        assert_eq!(
            (right.by.name(), right.reason.as_str()),
            ("baseline", "old")
        );
        assert!(known("verdict: fail").is_some());
        assert!(known("verdict: error, flaky: true").is_some());
        assert_eq!(known("verdict: warn"), None);
        assert_eq!(known("verdict: error"), None);
        assert_eq!(known("verdict: fail, kind: not-delivered"), None);
    }

    #[test]
    fn every_shipped_list_names_its_stack_and_deviations() {
        for name in Stack::names() {
            let stack = Stack::from_name(name).unwrap();
            let heading = format!("\nstack: {name}\n");
            let shipped = Baseline::of_stack(stack).unwrap();
            assert!(shipped.deviations.len() > 3, "{name}");
            for text in stack.baselines {
                assert!(text.contains(&heading), "{name}");
                super::super::file::tests::written(text).unwrap();
            }
        }
    }
}
