//! Baselines in memory, and the rules by which an entry applies to an outcome.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    runner::{FailureKind, Outcome, Verdict},
    scenario::Transport,
    text::nearest,
};

/// The known deviations of a target.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The deviations by scenario id. An id without a transport applies to every transport, `id@polling` to polling
    /// only.
    pub deviations: BTreeMap<String, Deviation>,
    /// The name of the target; `None` if the baseline names none.
    pub target: Option<String>,
    /// The stack of the target, whose own deviations have [`Deviation::is_of_stack`]; `None` if the baseline names
    /// none.
    pub stack: Option<String>,
}

impl Baseline {
    /// Returns the ids of the listed scenarios, without transports.
    pub fn scenarios(&self) -> BTreeSet<String> {
        let ids = self.deviations.keys().map(|id| split(id).0.to_owned());
        ids.collect()
    }
}

/// One known deviation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deviation {
    /// The verdict that this scenario is known to have.
    pub verdict: Verdict,
    /// The kinds of failures that the entry covers; an empty set covers every kind.
    pub kinds: BTreeSet<FailureKind>,
    /// Whether the scenario sometimes has a better verdict than `verdict`. If it does, a better result does not make
    /// the entry stale.
    pub flaky: bool,
    /// The cause of the deviation.
    pub because: Option<Because>,
    /// Whether the target's stack, such as a framework, behaves so by itself, whatever the application.
    pub is_of_stack: bool,
    /// The explanation of the deviation for readers of the baseline, in one line.
    pub reason: String,
}

impl Deviation {
    /// Returns true if the entry covers this kind of failure.
    pub(super) fn covers(&self, kind: FailureKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Returns true if the entry does not cover the kind of failure that decided the outcome's verdict.
    pub(super) fn has_other_kind(&self, outcome: &Outcome) -> bool {
        outcome.kind.is_some_and(|kind| !self.covers(kind))
    }
}

/// The cause of a deviation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Because {
    /// A defect of the target, to be repaired in the target.
    Defect,
    /// A legitimate difference between servers; the scenario could tolerate this difference.
    Difference,
    /// A mistake of the scenario or of the runner.
    Ours,
}

/// The ids of scenarios that a baseline can list.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The former ids of renamed scenarios, each with the present id.
    pub former: BTreeMap<String, String>,
    /// All existing ids; `None` if only some files were loaded, so that other scenarios may exist.
    pub all: Option<BTreeSet<String>>,
    /// All ids that are known to exist, including former ids and scenarios that were not selected.
    pub known: BTreeSet<String>,
}

impl Names {
    /// Returns true unless it is certain that no scenario has this id.
    pub(super) fn may_exist(&self, id: &str) -> bool {
        let (scenario, _) = split(id);
        self.all.as_ref().is_none_or(|all| all.contains(scenario))
    }

    /// Returns true if it is certain that a scenario has this id.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.known.contains(split(id).0)
    }

    /// Returns the known id that is most similar to the id of an unknown scenario.
    ///
    /// The rows of a scenario's `each:` table have ids such as `a/b[row]`. If `id` is `a/b` alone, returns the id of
    /// one of these rows.
    pub(super) fn find_similar(&self, id: &str) -> Option<&str> {
        let (scenario, _) = split(id);
        let mut known = self.known.iter().map(String::as_str);
        let row = known.find(|known| {
            let rest = known.strip_prefix(scenario);
            rest.is_some_and(|rest| rest.starts_with('['))
        });
        row.or_else(|| nearest(scenario, self.known.iter().map(String::as_str)))
    }

    /// Returns the present id if `id` is the former id of a renamed scenario, else returns `id` unchanged.
    fn present(&self, id: &str) -> String {
        let (scenario, transport) = split(id);
        let scenario = self
            .former
            .get(scenario)
            .map_or(scenario, |present| present.as_str());
        format!("{scenario}{transport}")
    }
}

impl Baseline {
    /// Returns the baseline's entries, with the present ids of renamed scenarios.
    pub(super) fn present(&self, names: &Names) -> BTreeMap<String, Deviation> {
        let entries = self.deviations.iter();
        entries
            .map(|(id, deviation)| (names.present(id), deviation.clone()))
            .collect()
    }
}

/// Returns the baseline's entry that applies to an outcome: the entry for the scenario on the outcome's transport (such
/// as `id@polling`), or else the entry for the scenario on all transports (`id`).
pub(super) fn entry_of<'d>(
    deviations: &'d BTreeMap<String, Deviation>,
    outcome: &Outcome,
) -> Option<(&'d str, &'d Deviation)> {
    entry_for(deviations, &outcome.id, outcome.transport)
}

/// Returns the baseline's entry that applies to the scenario with this id on this transport: the entry for the
/// transport (such as `id@polling`), or else the entry for all transports (`id`).
pub(super) fn entry_for<'d>(
    deviations: &'d BTreeMap<String, Deviation>,
    id: &str,
    transport: Transport,
) -> Option<(&'d str, &'d Deviation)> {
    let (scenario, _) = split(id);
    let exact = format!("{scenario}@{}", transport.name());
    let entry = deviations
        .get_key_value(&exact)
        .or_else(|| deviations.get_key_value(scenario))?;
    Some((entry.0.as_str(), entry.1))
}

/// Returns the id of an outcome's scenario, without the transport.
pub(super) fn scenario_of(outcome: &Outcome) -> &str {
    split(&outcome.id).0
}

/// Splits an id into the scenario's id and `@transport`, which may be empty.
pub(super) fn split(id: &str) -> (&str, &str) {
    let transports = [Transport::WebSocket, Transport::Polling, Transport::Upgrade];
    let at = id.rfind('@').filter(|at| {
        let name = id.get(at + 1..).unwrap_or_default();
        transports.iter().any(|transport| transport.name() == name)
    });
    id.split_at(at.unwrap_or(id.len()))
}
