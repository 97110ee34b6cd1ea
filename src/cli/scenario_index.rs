//! Finds scenarios by path and by name without a look at every scenario.

use std::{collections::HashMap, ops::Range, path::Path, sync::Arc};

use crate::scenario::Scenario;

/// The places of scenarios in a list, by path and by name. With the index, the cost of many selectors grows with
/// their number and with the number of scenarios, not with the product of both.
pub(super) struct ScenarioIndex<'s> {
    scenarios: &'s [Scenario],
    /// The scenarios of each file and of each folder above a file.
    paths: HashMap<&'s Path, Vec<Range<usize>>>,
    /// The scenarios by id, by id without the row of a table, and by alias.
    names: HashMap<&'s str, Vec<usize>>,
}

impl<'s> ScenarioIndex<'s> {
    /// Returns the index of a list.
    pub(super) fn new(scenarios: &'s [Scenario]) -> Self {
        let mut paths: HashMap<&Path, Vec<Range<usize>>> = HashMap::new();
        let mut start = 0;
        for file in scenarios.chunk_by(|one, next| Arc::ptr_eq(&one.source, &next.source)) {
            let range = start..start + file.len();
            start = range.end;
            for path in file
                .iter()
                .take(1)
                .flat_map(|one| one.source.path.ancestors())
            {
                paths.entry(path).or_default().push(range.clone());
            }
        }
        let mut names: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, scenario) in scenarios.iter().enumerate() {
            let table = scenario.id.split_once('[').map(|(table, _)| table);
            let aliases = scenario.aliases.iter().map(String::as_str);
            for name in aliases.chain(table).chain([scenario.id.as_str()]) {
                names.entry(name).or_default().push(place);
            }
        }
        Self {
            scenarios,
            paths,
            names,
        }
    }

    /// Returns all scenarios with their places.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &'s Scenario)> {
        self.scenarios.iter().enumerate()
    }

    /// Returns the scenarios of a file, or of all files below a folder, with their places.
    pub(super) fn below(&self, path: &Path) -> impl Iterator<Item = (usize, &'s Scenario)> {
        let ranges = self.paths.get(path).into_iter().flatten();
        ranges
            .flat_map(Range::clone)
            .filter_map(|place| Some((place, self.scenarios.get(place)?)))
    }

    /// Returns the places of the scenarios that have this id or alias, and of the rows of the table with this id.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.names.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}
