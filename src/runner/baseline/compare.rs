//! Compares a run with a baseline, which is the list of a target's known deviations.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    Baseline, Deviation, Names,
    model::{entry_of, scenario_of, split},
};
use crate::runner::{FailureKind, Outcome, Record, Verdict};

/// The differences between a run and its baseline. Holds ids only; the run's own reports hold the evidence.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Comparison {
    /// The scenarios that failed and whose failure the baseline does not list.
    pub fail: Vec<String>,
    /// The scenarios that could not be judged and that the baseline does not list.
    pub error: Vec<String>,
    /// The scenarios that warned and whose warning the baseline does not list.
    pub warn: Vec<String>,
    /// The scenarios of tier `info` that warned and whose warning the baseline does not list. They never count against
    /// the target.
    pub informative: Vec<String>,
    /// The scenarios of the four lists above that the baseline lists, but with another kind of failure.
    pub other_kinds: Vec<OtherKind>,
    /// The baseline entries that are out of date.
    pub stale: Vec<Stale>,
    /// The number of baseline entries that match the run.
    pub known: usize,
    /// Signs that this is the wrong baseline for the run. They don't decide the exit code.
    pub notes: Vec<String>,
}

/// A baseline entry that is out of date: its scenario had a better verdict in the run, or no scenario has its id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stale {
    /// The id of the entry: the id of a scenario, with `@transport` if the entry is for one transport only.
    pub id: String,
    /// The scenario's verdict in the run; `None` if the scenario does not exist.
    pub found: Option<Verdict>,
}

/// A scenario whose kind of failure differs from the kind in the baseline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OtherKind {
    /// The scenario's id, as the run reports it.
    pub id: String,
    /// The kind of failure in the baseline.
    pub listed: FailureKind,
    /// The kind of failure in the run.
    pub found: FailureKind,
}

impl Baseline {
    /// Compares a run with the baseline. Ignores scenarios that did not run or were skipped.
    pub fn compare(&self, record: &Record, names: &Names) -> Comparison {
        let listed = self.present(names);
        let mut comparison = Comparison::default();
        let mut known = BTreeSet::new();
        // The entries whose deviation happened on at least one transport. Such an entry is not stale, even if its
        // scenario had a better verdict on another transport.
        let mut held = BTreeSet::new();
        let mut better = BTreeMap::new();
        for outcome in &record.outcomes {
            if outcome.verdict == Verdict::Skip {
                continue;
            }
            let found = outcome.verdict.rank_in_baseline();
            let entry = entry_of(&listed, outcome);
            let expected = entry.map_or(0, |(_, entry)| entry.verdict.rank_in_baseline());
            if let Some((id, entry)) = entry
                && entry.has_other_kind(outcome)
            {
                comparison.add_other_kind(outcome, entry);
                if found < expected && !entry.flaky {
                    note_better(&mut better, id, outcome);
                } else {
                    held.insert(id);
                }
                continue;
            }
            match (found.cmp(&expected), entry) {
                (Ordering::Equal, None) => {}
                (Ordering::Equal, Some((id, _))) => {
                    known.insert(id);
                    held.insert(id);
                }
                (Ordering::Less, Some((id, entry))) if !entry.flaky => {
                    note_better(&mut better, id, outcome);
                }
                (Ordering::Less, _) => {}
                (Ordering::Greater, entry) => {
                    held.extend(entry.map(|(id, _)| id));
                    comparison.add_new(outcome);
                }
            }
        }
        comparison.known = known.len();
        comparison.stale = stale(&listed, names, &held, &better);
        comparison.notes = self
            .other_target(record)
            .into_iter()
            .chain(notes_on_unknown(&listed, record, names))
            .collect();
        comparison
    }

    fn other_target(&self, record: &Record) -> Option<String> {
        let (listed, run) = (self.target.as_ref()?, &record.info.target);
        let differs = listed != run;
        differs
            .then(|| format!("the baseline is for the target `{listed}`, this run tested `{run}`"))
    }
}

impl Comparison {
    /// Adds a scenario with a deviation that the baseline does not excuse to the list for its verdict: there is no entry
    /// for the scenario, or the entry has a better verdict or another kind of failure. Ignores scenarios that passed or
    /// were skipped.
    fn add_new(&mut self, outcome: &Outcome) {
        let list = match outcome.verdict {
            Verdict::Pass | Verdict::Skip => return,
            Verdict::Warn if outcome.is_informative_warning() => &mut self.informative,
            Verdict::Warn => &mut self.warn,
            Verdict::Fail => &mut self.fail,
            Verdict::Error => &mut self.error,
        };
        list.push(outcome.id.clone());
    }

    /// Adds a scenario whose kind of failure differs from the kind in its baseline entry, and records both kinds.
    fn add_other_kind(&mut self, outcome: &Outcome, entry: &Deviation) {
        self.add_new(outcome);
        if let (Some(listed), Some(found)) = (entry.kind, outcome.kind) {
            let id = outcome.id.clone();
            self.other_kinds.push(OtherKind { id, listed, found });
        }
    }
}

/// Returns the baseline entries that are out of date.
///
/// An entry is out of date if its scenario does not exist. It is also out of date if the run had a better verdict
/// (`better`) and the listed deviation happened on no transport (`held`).
fn stale(
    listed: &BTreeMap<String, Deviation>,
    names: &Names,
    held: &BTreeSet<&str>,
    better: &BTreeMap<&str, Verdict>,
) -> Vec<Stale> {
    let ids = listed.keys().filter(|id| !held.contains(id.as_str()));
    let entries = ids.filter_map(|id| {
        let found = match names.may_exist(id) {
            true => Some(*better.get(id.as_str())?),
            false => None,
        };
        let id = id.clone();
        Some(Stale { id, found })
    });
    entries.collect()
}

/// Records that the run had a better verdict than the baseline entry `id` says. If several transports had better
/// verdicts, keeps the worst of these verdicts.
fn note_better<'d>(better: &mut BTreeMap<&'d str, Verdict>, id: &'d str, outcome: &Outcome) {
    let worst = better.entry(id).or_insert(outcome.verdict);
    if outcome.verdict.rank_in_baseline() > worst.rank_in_baseline() {
        *worst = outcome.verdict;
    }
}

/// Returns notes about baseline entries whose scenario is unknown. Returns no notes if the ids of all scenarios are
/// known, because the comparison then lists these entries as stale.
fn notes_on_unknown(
    listed: &BTreeMap<String, Deviation>,
    record: &Record,
    names: &Names,
) -> Vec<String> {
    if names.all.is_some() {
        return Vec::new();
    }
    let seen: BTreeSet<_> = record.outcomes.iter().map(scenario_of).collect();
    let strange = listed
        .keys()
        .filter(|id| !names.is_known(id) && !seen.contains(split(id).0));
    let (near, far): (Vec<_>, Vec<_>) = strange
        .map(|id| (id, names.find_similar(id)))
        .partition(|(_, near)| near.is_some());
    let misspelt = near.iter().filter_map(|(id, near)| {
        let near = (*near)?;
        Some(format!(
            "the baseline lists `{id}`, which no known scenario has; did you mean `{near}`?"
        ))
    });
    let unknown = far.first().map(|(id, _)| match far.len() {
        1 => format!("the baseline lists `{id}`, which no known scenario has"),
        count => format!(
            "the baseline lists `{id}` and {} more, which no known scenario has",
            count - 1
        ),
    });
    misspelt.chain(unknown).collect()
}

/// Writes the comparison as the text below the summary of a run.
impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let new = [
            ("FAIL", &self.fail),
            ("ERROR", &self.error),
            ("warn", &self.warn),
            ("warn", &self.informative),
        ];
        for (verdict, ids) in new {
            for id in ids {
                match self.other_kinds.iter().find(|other| other.id == *id) {
                    Some(OtherKind { listed, found, .. }) => writeln!(
                        formatter,
                        "{id}: {verdict} of kind {found}; the baseline lists the kind {listed}"
                    )?,
                    None => writeln!(
                        formatter,
                        "{id}: {verdict}, which the baseline does not list"
                    )?,
                }
            }
        }
        for Stale { id, found } in &self.stale {
            let what = match found {
                Some(Verdict::Pass) => "but passes",
                Some(Verdict::Warn) => "but only warns",
                Some(Verdict::Fail) => "but fails, so it can be judged",
                Some(Verdict::Error | Verdict::Skip) => "but differs",
                None => "but there is no such scenario",
            };
            writeln!(formatter, "{id}: stale: listed in the baseline, {what}")?;
        }
        for note in &self.notes {
            writeln!(formatter, "note   {note}")?;
        }
        writeln!(
            formatter,
            "baseline: {} known, {} new, {} stale",
            self.known,
            self.fail.len() + self.error.len() + self.warn.len() + self.informative.len(),
            self.stale.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::file::tests::written, *};
    use crate::{
        runner::{Outcome, samples},
        scenario::Transport,
    };

    /// Returns a run with these verdicts, each with id and transport.
    fn run(verdicts: &[(&str, &str, Verdict)]) -> Record {
        let mut record = samples::record();
        record.outcomes = verdicts
            .iter()
            .map(|(id, transport, verdict)| Outcome {
                id: (*id).to_owned(),
                transport: transport_named(transport),
                verdict: *verdict,
                ..samples::passed()
            })
            .collect();
        record
    }

    fn transport_named(name: &str) -> Transport {
        let all = [Transport::WebSocket, Transport::Polling, Transport::Upgrade];
        all.into_iter().find(|one| one.name() == name).unwrap()
    }

    fn listing(id: &str, verdict: Verdict, flaky: bool) -> Baseline {
        let deviation = Deviation {
            verdict,
            kind: None,
            flaky,
            because: None,
            reason: String::new(),
        };
        Baseline {
            deviations: [(id.to_owned(), deviation)].into(),
            target: None,
        }
    }

    #[test]
    fn new_and_stale_deviations_are_listed() {
        let baseline = written(
            "deviations:\n- { id: acks/former, verdict: fail, because: defect, reason: answers twice }\n",
        )
        .unwrap();
        let names = Names {
            former: [("acks/former".to_owned(), "acks/value".to_owned())].into(),
            ..Names::default()
        };
        insta::assert_snapshot!(baseline.compare(&samples::record(), &names), @r"
        rooms/to-excludes-sender: FAIL, which the baseline does not list
        acks/late: ERROR, which the baseline does not list
        acks/value: stale: listed in the baseline, but passes
        baseline: 0 known, 2 new, 1 stale
        ");
    }

    #[test]
    fn scenarios_that_did_not_run_are_not_compared() {
        let names = Names::default();
        let listed = listing("a/b", Verdict::Fail, false);
        let others = run(&[
            ("c/d", "websocket", Verdict::Pass),
            ("a/b", "websocket", Verdict::Skip),
        ]);
        assert_eq!(listed.compare(&others, &names), Comparison::default());
    }

    #[test]
    fn an_entry_for_one_transport_overrides_the_entry_for_all_transports() {
        let names = Names::default();
        let several = run(&[
            ("a/b@polling", "polling", Verdict::Fail),
            ("a/b@websocket", "websocket", Verdict::Pass),
        ]);
        let known = |baseline: Baseline| {
            let comparison = baseline.compare(&several, &names);
            (comparison.known, comparison.fail, comparison.stale.len())
        };
        assert_eq!(known(listing("a/b", Verdict::Fail, false)), (1, vec![], 0));
        assert_eq!(
            known(listing("a/b@polling", Verdict::Fail, false)),
            (1, vec![], 0)
        );
        assert_eq!(
            known(listing("a/b@websocket", Verdict::Fail, false)),
            (0, vec!["a/b@polling".to_owned()], 1)
        );
        // A run on only one transport reports the scenario as `a/b`, without `@polling`. The entry `a/b@polling` still
        // applies.
        let one = run(&[("a/b", "polling", Verdict::Fail)]);
        let comparison = listing("a/b@polling", Verdict::Fail, false).compare(&one, &names);
        assert_eq!((comparison.known, comparison.fail.len()), (1, 0));
    }

    #[test]
    fn a_better_verdict_is_stale_unless_flaky_and_a_worse_one_is_new() {
        let names = Names::default();
        let compare = |listed, flaky, found| {
            let record = run(&[("a/b", "websocket", found)]);
            let text = listing("a/b", listed, flaky)
                .compare(&record, &names)
                .to_string();
            text.lines().next().unwrap_or_default().to_owned()
        };
        insta::assert_snapshot!(
            [
                compare(Verdict::Fail, false, Verdict::Warn),
                compare(Verdict::Fail, true, Verdict::Warn),
                compare(Verdict::Fail, true, Verdict::Pass),
                compare(Verdict::Warn, false, Verdict::Fail),
                compare(Verdict::Warn, true, Verdict::Fail),
                compare(Verdict::Fail, false, Verdict::Error),
                compare(Verdict::Error, false, Verdict::Fail),
            ]
            .join("\n"),
            @r"
        a/b: stale: listed in the baseline, but only warns
        baseline: 0 known, 0 new, 0 stale
        baseline: 0 known, 0 new, 0 stale
        a/b: FAIL, which the baseline does not list
        a/b: FAIL, which the baseline does not list
        a/b: ERROR, which the baseline does not list
        a/b: stale: listed in the baseline, but fails, so it can be judged
        "
        );
    }

    #[test]
    fn a_known_failure_of_one_kind_does_not_hide_another_kind() {
        let names = Names::default();
        let compare = |entry: &str, verdict, kind| {
            let mut record = run(&[("a/b", "websocket", verdict)]);
            for outcome in &mut record.outcomes {
                outcome.kind = kind;
            }
            let text = format!("deviations:\n- {{ id: a/b, {entry}, reason: x }}\n");
            written(&text).unwrap().compare(&record, &names).to_string()
        };
        let known = "verdict: fail, kind: not-delivered";
        let twice = Some(FailureKind::DeliveredTwice);
        insta::assert_snapshot!(
            [
                compare(known, Verdict::Fail, Some(FailureKind::NotDelivered)),
                compare("verdict: fail", Verdict::Fail, twice),
                compare(known, Verdict::Fail, twice),
                compare(&format!("{known}, flaky: true"), Verdict::Warn, twice),
                compare(known, Verdict::Warn, twice),
                compare(known, Verdict::Pass, None),
                compare(known, Verdict::Error, None),
            ]
            .join("\n"),
            @r"
        baseline: 1 known, 0 new, 0 stale

        baseline: 1 known, 0 new, 0 stale

        a/b: FAIL of kind delivered-twice; the baseline lists the kind not-delivered
        baseline: 0 known, 1 new, 0 stale

        a/b: warn of kind delivered-twice; the baseline lists the kind not-delivered
        baseline: 0 known, 1 new, 0 stale

        a/b: warn of kind delivered-twice; the baseline lists the kind not-delivered
        a/b: stale: listed in the baseline, but only warns
        baseline: 0 known, 1 new, 1 stale

        a/b: stale: listed in the baseline, but passes
        baseline: 0 known, 0 new, 1 stale

        a/b: ERROR, which the baseline does not list
        baseline: 0 known, 1 new, 0 stale
        "
        );
    }

    #[test]
    fn another_target_and_unknown_ids_give_notes() {
        let baseline = written(
            "target: another
deviations:
- { id: rooms/leeve@polling, verdict: fail, reason: x }
- { id: rooms/leave, verdict: fail, reason: x }
- { id: rooms/join, verdict: fail, reason: x }
- { id: mine/first, verdict: fail, reason: x }
- { id: mine/second, verdict: fail, reason: x }
",
        )
        .unwrap();
        let names = Names {
            known: ["rooms/join[twice]", "rooms/leave"]
                .map(str::to_owned)
                .into(),
            ..Names::default()
        };
        insta::assert_snapshot!(baseline.compare(&run(&[]), &names), @r"
        note   the baseline is for the target `another`, this run tested `reference`
        note   the baseline lists `rooms/join`, which no known scenario has; did you mean `rooms/join[twice]`?
        note   the baseline lists `rooms/leeve@polling`, which no known scenario has; did you mean `rooms/leave`?
        note   the baseline lists `mine/first` and 1 more, which no known scenario has
        baseline: 0 known, 0 new, 0 stale
        ");
    }

    #[test]
    fn an_entry_without_a_scenario_is_stale_if_all_ids_are_known() {
        let names = Names {
            all: Some(["a/b".to_owned()].into()),
            ..Names::default()
        };
        let record = run(&[]);
        for (id, stale) in [("a/b", 0), ("a/b@polling", 0), ("a/gone", 1)] {
            let comparison = listing(id, Verdict::Fail, false).compare(&record, &names);
            assert_eq!(comparison.stale.len(), stale, "{id}");
        }
    }
}
