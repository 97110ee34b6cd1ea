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
use crate::{
    runner::{FailureKind, Outcome, Record, Verdict, Weight},
    text::join_names,
};

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
    /// The kinds of failures, of scenarios in the four lists above, that their baseline entry does not cover.
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
    /// The most similar id of a scenario that exists, if the scenario does not exist.
    pub near: Option<String>,
}

/// A kind of failure that a scenario showed and that its baseline entry does not cover.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OtherKind {
    /// The scenario's id, as the run reports it.
    pub id: String,
    /// The verdict that the failure gives.
    pub verdict: Verdict,
    /// The kinds of failures in the baseline.
    pub listed: Vec<FailureKind>,
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
            if outcome.verdict == Verdict::Skip || outcome.is_known_of_stack() {
                continue;
            }
            let found = outcome.verdict.rank_in_baseline();
            let entry = entry_of(&listed, outcome);
            let expected = entry.map_or(0, |(_, entry)| entry.verdict.rank_in_baseline());
            if let Some((_, entry)) = entry {
                comparison.add_other_kinds(outcome, entry);
            }
            if let Some((id, entry)) = entry
                && entry.has_other_kind(outcome)
            {
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
                    comparison.add_new(outcome, outcome.verdict);
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
    /// Returns true if the run has every deviation that the baseline lists, and no other one.
    pub fn is_as_listed(&self) -> bool {
        let Self {
            fail,
            error,
            warn,
            informative,
            other_kinds,
            stale,
            known: _,
            notes,
        } = self;
        let new = [fail, error, warn, informative];
        new.iter().all(|ids| ids.is_empty())
            && other_kinds.is_empty()
            && stale.is_empty()
            && notes.is_empty()
    }

    /// Adds a scenario with a deviation that the baseline does not excuse to the list for `verdict`: there is no entry
    /// for the scenario, or the entry has a better verdict or other kinds of failures. Ignores scenarios that passed or
    /// were skipped.
    fn add_new(&mut self, outcome: &Outcome, verdict: Verdict) {
        let list = match verdict {
            Verdict::Pass | Verdict::Skip => return,
            Verdict::Warn if outcome.weight == Weight::Informs => &mut self.informative,
            Verdict::Warn => &mut self.warn,
            Verdict::Fail => &mut self.fail,
            Verdict::Error => &mut self.error,
        };
        if !list.contains(&outcome.id) {
            list.push(outcome.id.clone());
        }
    }

    /// Adds the scenario for each kind of failure that it showed and that its baseline entry does not cover.
    fn add_other_kinds(&mut self, outcome: &Outcome, entry: &Deviation) {
        let kinds: BTreeSet<_> = outcome.kinds().map(|(_, kind)| kind).collect();
        for found in kinds.into_iter().filter(|kind| !entry.covers(*kind)) {
            let verdicts = outcome.kinds().filter(|(_, kind)| *kind == found);
            let worst = verdicts
                .map(|(verdict, _)| verdict)
                .max_by_key(|verdict| verdict.rank_in_baseline());
            let Some(verdict) = worst else { continue };
            self.add_new(outcome, verdict);
            self.other_kinds.push(OtherKind {
                id: outcome.id.clone(),
                verdict,
                listed: entry.kinds.iter().copied().collect(),
                found,
            });
        }
    }

    /// Returns what is new about a scenario: "FAIL of kind delivered-twice; the baseline lists the kind not-delivered".
    fn describe_new(&self, id: &str, sign: &str) -> String {
        let mut others = self
            .other_kinds
            .iter()
            .filter(|other| other.id == id && other.verdict.sign() == sign)
            .peekable();
        let Some(listed) = others.peek().map(|other| &other.listed) else {
            return format!("{sign}, which the baseline does not list");
        };
        let names = |kinds: &mut dyn Iterator<Item = FailureKind>| {
            join_names(kinds.map(|kind| kind.name().to_owned()))
        };
        let plural = if listed.len() == 1 { "" } else { "s" };
        let listed = names(&mut listed.iter().copied());
        let found = names(&mut others.map(|other| other.found));
        format!("{sign} of kind {found}; the baseline lists the kind{plural} {listed}")
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
        let near = found.is_none().then(|| names.find_similar(id)).flatten();
        let near = near.map(str::to_owned);
        let id = id.clone();
        Some(Stale { id, found, near })
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
                writeln!(formatter, "{id}: {}", self.describe_new(id, verdict))?;
            }
        }
        for Stale { id, found, near } in &self.stale {
            let what = match found {
                Some(Verdict::Pass) => "but passes",
                Some(Verdict::Warn) => "but only warns",
                Some(Verdict::Fail) => "but fails, so it can be judged",
                Some(Verdict::Error | Verdict::Skip) => "but differs",
                None => "but there is no such scenario",
            };
            let near = near
                .as_ref()
                .map(|near| format!("; did you mean `{near}`?"));
            let near = near.unwrap_or_default();
            writeln!(
                formatter,
                "{id}: stale: listed in the baseline, {what}{near}"
            )?;
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
mod tests;
