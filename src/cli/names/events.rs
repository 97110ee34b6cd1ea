//! Checks the names of operations and events in the steps of scenarios.
//!
//! A step that sends or expects an event with a wrong name fails in the run. A step that forbids such an event passes on
//! every server. So a wrong name is a mistake there, and a name that nothing else mentions gives a warning.

use std::collections::BTreeSet;

use super::{
    kind::{Kind, mistake, warning},
    known::{in_manifests, is_long, mistyped_event, operations_and_events},
};
use crate::{
    scenario::{Diagnostic, EventMention, EventRole, Mentions},
    targets::{ManifestMentions, NameKind},
    text::mistyped,
};

/// The name that stands for any event.
const ANY: &str = "*";

/// Returns a mistake for each step that forbids an event which nothing in these files mentions and whose name is nearly
/// a known one.
pub(super) fn mistakes(scenarios: &[Mentions], manifests: &[ManifestMentions]) -> Vec<Diagnostic> {
    let known = Known::of(scenarios, manifests);
    let forbidden = unmentioned(scenarios, &known);
    let mistakes = forbidden.filter_map(|(file, event)| {
        let near = known.mistyped(&event.name.name)?;
        Some(unfailing(file, event, format!("did you mean `{near}`?")))
    });
    mistakes.collect()
}

/// Returns a warning for each step whose event has nearly the name of an operation or event of the contract, and for
/// each step that forbids an event which nothing in these files mentions.
///
/// A short name does not count as a mistyped one, because it resembles other words by chance. Nor does a name that a
/// manifest of the run mentions.
pub(super) fn warnings(scenarios: &[Mentions], manifests: &[ManifestMentions]) -> Vec<Diagnostic> {
    let contract: BTreeSet<&str> = operations_and_events().collect();
    let known = Known::of(scenarios, manifests);
    let mut found = Vec::new();
    for file in scenarios {
        let mut seen = BTreeSet::new();
        for event in file.events.iter().filter(|event| event.is_claimed()) {
            let name = event.name.name.as_str();
            let is_new = !known.manifests.contains(name) && seen.insert(name);
            if is_new && is_long(name) && mistyped(name, contract.iter().copied()).is_some() {
                let mistake = Kind::Step.diagnostic(&file.source, &event.name, &contract);
                found.push(warning(mistake));
            }
        }
    }
    let forbidden = unmentioned(scenarios, &known);
    let unknown = forbidden.filter(|(_, event)| known.mistyped(&event.name.name).is_none());
    found.extend(unknown.map(|(file, event)| {
        let help = "is the name right? a step that expects the event, or a key of `bindings` in the manifest, makes it \
                    known";
        warning(unfailing(file, event, help.to_owned()))
    }));
    found
}

/// Returns the events that steps forbid and that nothing in these files mentions, each with its file.
fn unmentioned<'m>(
    scenarios: &'m [Mentions],
    known: &Known<'m>,
) -> impl Iterator<Item = (&'m Mentions, &'m EventMention)> {
    let events = scenarios
        .iter()
        .flat_map(|file| file.events.iter().map(move |event| (file, event)));
    let is_unmentioned = move |name: &str| {
        name != ANY && !known.contains(name) && !scenarios.iter().any(|file| file.knows_event(name))
    };
    events.filter(move |(_, event)| {
        event.role == EventRole::Forbidden && is_unmentioned(&event.name.name)
    })
}

fn unfailing(file: &Mentions, event: &EventMention, help: String) -> Diagnostic {
    let message = format!(
        "nothing else in these files mentions the event `{}`, so a step that forbids it may never fail",
        event.name.name
    );
    mistake(&file.source, &event.name, "unknown-event", message, help)
}

/// The names of operations and events that the contract, the manifests and the steps of a run know.
struct Known<'m> {
    contract: BTreeSet<&'m str>,
    manifests: BTreeSet<&'m str>,
    /// The names that steps send or expect.
    steps: BTreeSet<&'m str>,
}

impl<'m> Known<'m> {
    fn of(scenarios: &'m [Mentions], manifests: &'m [ManifestMentions]) -> Self {
        let kinds = NameKind::ALL
            .into_iter()
            .filter(|kind| can_name_event(*kind));
        let entering = manifests.iter().flat_map(|file| &file.entering);
        let steps = scenarios.iter().flat_map(|file| &file.events);
        let named = |event: &'m EventMention| {
            (event.role != EventRole::Forbidden).then_some(event.name.name.as_str())
        };
        Self {
            contract: operations_and_events().collect(),
            manifests: kinds
                .flat_map(|kind| in_manifests(manifests, kind))
                .chain(entering.filter_map(named))
                .collect(),
            steps: steps.filter_map(named).collect(),
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.contract.contains(name) || self.manifests.contains(name) || self.steps.contains(name)
    }

    /// Returns the known name that the author of an unknown name probably meant.
    fn mistyped(&self, name: &str) -> Option<&'m str> {
        let own = self.manifests.iter().chain(&self.steps);
        mistyped_event(name, &self.contract, own.copied())
    }
}

/// Returns true if a name of this kind in a manifest can be the name of an operation or event.
fn can_name_event(kind: NameKind) -> bool {
    match kind {
        NameKind::Bound | NameKind::Event | NameKind::Operation | NameKind::Own => true,
        NameKind::Capability | NameKind::Credential | NameKind::Namespace | NameKind::Part => false,
    }
}
