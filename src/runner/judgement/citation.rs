//! The requirements that reports cite.

use std::collections::BTreeSet;

use crate::{
    runner::{plan::Item, record::outcome::RequirementNote},
    scenario::{Requirement, Requirements, Scenario},
};

/// Returns the requirements that a scenario verifies, in its own order.
pub(super) fn of_scenario(scenario: &Scenario, catalogue: &Requirements) -> Vec<RequirementNote> {
    let known = scenario.verifies.iter();
    let known = known.filter_map(|id| catalogue.entries.get(id));
    known.map(note).collect()
}

/// Returns the requirements that any of the items verifies, sorted by id.
pub fn of_items(items: &[Item], catalogue: &Requirements) -> Vec<RequirementNote> {
    let ids: BTreeSet<_> = items
        .iter()
        .flat_map(|item| &item.scenario.verifies)
        .collect();
    let known = ids.into_iter().filter_map(|id| catalogue.entries.get(id));
    known.map(note).collect()
}

fn note(requirement: &Requirement) -> RequirementNote {
    RequirementNote {
        id: requirement.id.clone(),
        level: requirement.level,
        title: requirement.title.clone(),
        clause: requirement.clause.clone(),
        source: requirement.source.clone(),
    }
}
