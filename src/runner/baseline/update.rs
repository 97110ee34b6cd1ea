//! Updates a baseline from a run.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Baseline, Deviation, Names,
    model::{entry_of, scenario_of},
};
use crate::runner::{FailureKind, Outcome, Record, Verdict};

impl Baseline {
    /// Returns a baseline that describes this run. Keeps the reasons of the old baseline, and its entries for scenarios
    /// that did not run.
    #[must_use]
    pub fn updated(&self, record: &Record, names: &Names) -> Self {
        let former = self.present(names);
        let mut deviations = former.clone();
        deviations.retain(|id, _| names.may_exist(id));
        let ran = record
            .outcomes
            .iter()
            .filter(|outcome| outcome.verdict != Verdict::Skip);
        let mut covered: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
        let mut unlisted: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
        for outcome in ran {
            match entry_of(&former, outcome) {
                Some((id, _)) => covered.entry(id).or_default().push(outcome),
                // The shipped list of the stack already says so.
                None if outcome.is_known_of_stack() => {}
                None => unlisted
                    .entry(scenario_of(outcome))
                    .or_default()
                    .push(outcome),
            }
        }
        for (id, outcomes) in covered {
            let Some(worst) = worst(&outcomes) else {
                continue;
            };
            let Some(entry) = deviations.get_mut(id) else {
                continue;
            };
            if worst.verdict == Verdict::Pass && !entry.becomes_flaky(&outcomes) {
                deviations.remove(id);
            } else {
                entry.update(worst, &outcomes);
            }
        }
        for (scenario, outcomes) in unlisted {
            add_unlisted(&mut deviations, scenario, &outcomes);
        }
        Self {
            deviations,
            target: Some(record.info.target.clone()),
            stack: self.stack.clone(),
        }
    }
}

impl Deviation {
    /// Returns true if the baseline entry or one of the outcomes is flaky.
    fn becomes_flaky(&self, outcomes: &[&Outcome]) -> bool {
        self.flaky || outcomes.iter().any(|outcome| outcome.flaky)
    }

    /// Updates the entry from the outcomes of its scenario, of which `worst` has the worst verdict. Callers don't call
    /// this for a scenario that passed and is not flaky.
    fn update(&mut self, worst: &Outcome, outcomes: &[&Outcome]) {
        self.flaky = self.becomes_flaky(outcomes);
        let kinds = kinds(outcomes);
        if self.flaky {
            // Replace the verdict in the entry only by a worse verdict: a flaky scenario does not show its worst
            // verdict in every run.
            if worst.verdict.rank_in_baseline() > self.verdict.rank_in_baseline() {
                self.verdict = worst.verdict;
            }
            if !self.kinds.is_empty() {
                self.kinds.extend(kinds);
            }
        } else if self.has_other_kind(worst) {
            // Replace the whole entry, because its reason explains a failure of another kind.
            *self = Self {
                kinds,
                ..unexplained(worst)
            };
        } else {
            self.verdict = worst.verdict;
            self.kinds = kinds;
        }
    }
}

/// Adds entries for a scenario that the baseline does not list: one for all transports if they deviate alike, else one
/// for each transport.
fn add_unlisted(
    deviations: &mut BTreeMap<String, Deviation>,
    scenario: &str,
    outcomes: &[&Outcome],
) {
    let first = outcomes
        .first()
        .map(|outcome| (outcome.verdict, kinds(&[*outcome])));
    let alike = outcomes
        .iter()
        .all(|outcome| Some((outcome.verdict, kinds(&[*outcome]))) == first);
    for outcome in outcomes {
        if outcome.verdict == Verdict::Pass {
            continue;
        }
        let id = if alike { scenario } else { &outcome.id };
        deviations
            .entry(id.to_owned())
            .or_insert_with(|| unexplained(outcome));
    }
}

/// Returns the outcome with the worst verdict for a baseline; `None` if there are no outcomes.
fn worst<'o>(outcomes: &[&'o Outcome]) -> Option<&'o Outcome> {
    outcomes
        .iter()
        .max_by_key(|outcome| outcome.verdict.rank_in_baseline())
        .copied()
}

/// Returns all kinds of failures that the outcomes showed.
fn kinds(outcomes: &[&Outcome]) -> BTreeSet<FailureKind> {
    let kinds = outcomes.iter().flat_map(|outcome| outcome.kinds());
    kinds.map(|(_, kind)| kind).collect()
}

/// Returns a baseline entry for an outcome that nobody has explained yet: its reason is the run's own message.
fn unexplained(outcome: &Outcome) -> Deviation {
    Deviation {
        verdict: outcome.verdict,
        kinds: kinds(&[outcome]),
        flaky: outcome.flaky,
        because: None,
        is_of_stack: false,
        reason: outcome.reason.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::baseline::{Comparison, file::tests::written};
    use crate::{runner::samples, scenario::Transport};

    #[test]
    fn an_updated_baseline_is_read_back_and_covers_its_run() {
        let record = samples::record();
        let updated = Baseline::default().updated(&record, &Names::default());
        insta::assert_snapshot!(updated.to_yaml(), @r#"
        # Known deviations. `because` is `defect` (of the target), `difference` (legitimate) or `ours` (of the scenario).
        target: "reference"
        deviations:
        - id: "acks/late"
          verdict: error
          reason: "can't reach 127.0.0.1:3000: connection refused"
        - id: "rooms/to-excludes-sender"
          verdict: fail
          kind: delivered-to-outsider
          reason: "sender received room-message, which only member may receive"
        "#);
        let read = written(&updated.to_yaml()).unwrap();
        assert_eq!(read.deviations, updated.deviations);
        assert_eq!(
            read.compare(&record, &Names::default()),
            Comparison {
                known: 2,
                ..Comparison::default()
            }
        );
    }

    #[test]
    fn reasons_survive_an_update_also_under_a_new_id() {
        let former = written(
            "deviations:\n- { id: acks/former, verdict: fail, because: ours, reason: known }\n- { id: acks/value, verdict: warn, reason: gone }\n- { id: acks/elsewhere, verdict: warn, reason: not run }\n",
        )
        .unwrap();
        let names = Names {
            former: [("acks/former".to_owned(), "acks/late".to_owned())].into(),
            ..Names::default()
        };
        let updated = former.updated(&samples::record(), &names);
        let ids: Vec<_> = updated.deviations.keys().map(String::as_str).collect();
        assert_eq!(
            ids,
            ["acks/elsewhere", "acks/late", "rooms/to-excludes-sender"]
        );
        assert_eq!(updated.deviations["acks/late"].reason, "known");
        assert_eq!(updated.deviations["acks/late"].verdict, Verdict::Error);
    }

    #[test]
    fn what_deviates_alike_on_all_transports_is_one_entry() {
        let mut record = samples::record();
        let outcome = |id: &str, transport, verdict| Outcome {
            id: id.to_owned(),
            transport,
            verdict,
            ..samples::passed()
        };
        record.outcomes = vec![
            outcome("a/all@polling", Transport::Polling, Verdict::Warn),
            outcome("a/all@websocket", Transport::WebSocket, Verdict::Warn),
            outcome("a/one@polling", Transport::Polling, Verdict::Fail),
            outcome("a/one@websocket", Transport::WebSocket, Verdict::Pass),
        ];
        let updated = Baseline::default().updated(&record, &Names::default());
        let ids: Vec<_> = updated.deviations.keys().map(String::as_str).collect();
        assert_eq!(ids, ["a/all", "a/one@polling"]);
    }

    #[test]
    fn an_update_writes_kinds_and_drops_the_reason_of_another_kind() {
        let mut record = samples::record();
        let outcome = |id: &str, transport, kind| Outcome {
            id: id.to_owned(),
            transport,
            verdict: Verdict::Fail,
            kind: Some(kind),
            reason: Some("found".to_owned()),
            ..samples::passed()
        };
        let (lost, twice) = (FailureKind::NotDelivered, FailureKind::DeliveredTwice);
        record.outcomes = vec![
            outcome("a/both@polling", Transport::Polling, lost),
            outcome("a/both@websocket", Transport::WebSocket, twice),
            outcome("a/known", Transport::WebSocket, lost),
            outcome("a/other", Transport::WebSocket, twice),
        ];
        let former = written(
            "deviations:\n- { id: a/both, verdict: fail, reason: known }\n- { id: a/known, verdict: fail, reason: known }\n- { id: a/other, verdict: fail, kind: not-delivered, reason: known }\n",
        )
        .unwrap();
        let updated = former.updated(&record, &Names::default());
        let entries: Vec<_> = updated
            .deviations
            .iter()
            .map(|(id, entry)| {
                let kinds: Vec<_> = entry.kinds.iter().copied().collect();
                (id.as_str(), kinds, entry.reason.as_str())
            })
            .collect();
        assert_eq!(
            entries,
            [
                ("a/both", vec![twice, lost], "known"),
                ("a/known", vec![lost], "known"),
                ("a/other", vec![twice], "found"),
            ]
        );
        let comparison = updated.compare(&record, &Names::default());
        assert_eq!((comparison.known, comparison.fail), (3, vec![]));
    }

    #[test]
    fn a_flaky_deviation_stays_if_a_run_does_not_show_it() {
        let former = written(
            "deviations:\n- { id: acks/value, verdict: fail, flaky: true, reason: a race }\n",
        )
        .unwrap();
        let updated = former.updated(&samples::record(), &Names::default());
        assert_eq!(updated.deviations["acks/value"].verdict, Verdict::Fail);
        assert!(written(&updated.to_yaml()).unwrap().deviations["acks/value"].flaky);
    }

    #[test]
    fn entries_without_a_scenario_are_removed_if_all_ids_are_known() {
        let former =
            written("deviations:\n- { id: acks/gone, verdict: fail, reason: x }\n").unwrap();
        let names = Names {
            all: Some(["acks/value".to_owned()].into()),
            ..Names::default()
        };
        let updated = former.updated(&samples::record(), &names);
        assert!(!updated.deviations.contains_key("acks/gone"));
    }
}
