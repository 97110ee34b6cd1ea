//! What a baseline says, and which outcomes an entry speaks of.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    runner::{FailureKind, Outcome, Verdict},
    scenario::Transport,
    text::nearest,
};

/// Known deviations, by scenario id.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// In order of id. An id without a transport speaks of every transport, `id@polling` of one.
    pub deviations: BTreeMap<String, Deviation>,
    /// The target's name.
    pub target: Option<String>,
}

impl Baseline {
    /// Ids of the scenarios that it speaks of.
    pub fn scenarios(&self) -> BTreeSet<String> {
        let ids = self.deviations.keys().map(|id| split(id).0.to_owned());
        ids.collect()
    }
}

/// One known deviation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deviation {
    /// What the scenario gives.
    pub verdict: Verdict,
    /// What the target does wrong; `None` stands for every kind.
    pub kind: Option<FailureKind>,
    /// Whether it gives a better one now and then.
    pub flaky: bool,
    /// Whose it is.
    pub because: Option<Because>,
    /// Why, in one line.
    pub reason: String,
}

impl Deviation {
    /// Returns true if the entry names a kind and the outcome has another one.
    pub(super) fn has_other_kind(&self, outcome: &Outcome) -> bool {
        matches!((self.kind, outcome.kind), (Some(listed), Some(found)) if listed != found)
    }
}

/// Whose deviation it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Because {
    /// The target's own: it should be repaired there.
    Defect,
    /// A legitimate difference: the scenario should be lenient.
    Difference,
    /// Ours: the scenario or the runner is wrong.
    Ours,
}

/// What the scenarios are called that a baseline can speak of.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Former ids, and the present ones.
    pub former: BTreeMap<String, String>,
    /// Every id there is; `None` where only some scenarios were looked at, so that any other may exist.
    pub all: Option<BTreeSet<String>>,
    /// Every id that is known to exist, former ones included, whether its scenario was asked for or not.
    pub known: BTreeSet<String>,
}

impl Names {
    /// Whether the scenario of an entry may exist.
    pub(super) fn may_exist(&self, id: &str) -> bool {
        let (scenario, _) = split(id);
        self.all.as_ref().is_none_or(|all| all.contains(scenario))
    }

    /// Whether the scenario of an entry is known to exist.
    pub(super) fn is_known(&self, id: &str) -> bool {
        self.known.contains(split(id).0)
    }

    /// The id that was most likely meant by an entry of no known scenario; of a table's, that of a row.
    pub(super) fn near(&self, id: &str) -> Option<&str> {
        let (scenario, _) = split(id);
        let mut known = self.known.iter().map(String::as_str);
        let row = known.find(|known| {
            let rest = known.strip_prefix(scenario);
            rest.is_some_and(|rest| rest.starts_with('['))
        });
        row.or_else(|| nearest(scenario, self.known.iter().map(String::as_str)))
    }

    /// An entry's id in present words.
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
    /// The entries by present ids.
    pub(super) fn present(&self, names: &Names) -> BTreeMap<String, Deviation> {
        let entries = self.deviations.iter();
        entries
            .map(|(id, deviation)| (names.present(id), deviation.clone()))
            .collect()
    }
}

/// The entry that speaks of an outcome: that of its transport, else that of its scenario.
pub(super) fn entry_of<'d>(
    deviations: &'d BTreeMap<String, Deviation>,
    outcome: &Outcome,
) -> Option<(&'d str, &'d Deviation)> {
    let scenario = scenario_of(outcome);
    let exact = format!("{scenario}@{}", outcome.transport.name());
    let entry = deviations
        .get_key_value(&exact)
        .or_else(|| deviations.get_key_value(scenario))?;
    Some((entry.0.as_str(), entry.1))
}

/// The id of an outcome's scenario.
pub(super) fn scenario_of(outcome: &Outcome) -> &str {
    split(&outcome.id).0
}

/// A scenario's id, and `@transport` if it is there.
pub(super) fn split(id: &str) -> (&str, &str) {
    let transports = [Transport::WebSocket, Transport::Polling, Transport::Upgrade];
    let at = id.rfind('@').filter(|at| {
        let name = id.get(at + 1..).unwrap_or_default();
        transports.iter().any(|transport| transport.name() == name)
    });
    id.split_at(at.unwrap_or(id.len()))
}
