//! An index to find scenarios by path and by id without a search through all scenarios.

use std::{
    collections::{BTreeMap, HashMap},
    ops::{Bound, Range},
    path::Path,
    sync::Arc,
};

use crate::scenario::Scenario;

/// Finds scenarios in a list by path and by id. With this index, the time to select scenarios grows with the number of
/// selectors plus the number of scenarios, not with their product. The exception is a pattern that starts with a
/// wildcard, which is compared with every id.
pub(super) struct ScenarioIndex<'s> {
    scenarios: &'s [Scenario],
    /// For each file, and for each folder that contains a file: the ranges of its scenarios in the list.
    paths: HashMap<&'s Path, Vec<Range<usize>>>,
    /// The positions of the scenarios in the list: by id, by the id without the label of the `each:` row (`[expired]`),
    /// and by alias.
    names: HashMap<&'s str, Vec<usize>>,
    /// The index of the scenario with each id, in the order of ids.
    ids: BTreeMap<&'s str, usize>,
}

impl<'s> ScenarioIndex<'s> {
    /// Builds the index for a list of scenarios.
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
        let ids = scenarios.iter().enumerate();
        Self {
            scenarios,
            paths,
            names,
            ids: ids
                .map(|(place, scenario)| (scenario.id.as_str(), place))
                .collect(),
        }
    }

    /// Returns the ids that start with `prefix`, each with the index of its scenario.
    pub(super) fn starting_with<'p>(
        &self,
        prefix: &'p str,
    ) -> impl Iterator<Item = (&'s str, usize)> + use<'_, 's, 'p> {
        self.ids
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .map(|(id, place)| (*id, *place))
            .take_while(move |(id, _)| id.starts_with(prefix))
    }

    /// Returns the scenarios of a file, or of all files below a folder, with their indices.
    pub(super) fn below(&self, path: &Path) -> impl Iterator<Item = (usize, &'s Scenario)> {
        let ranges = self.paths.get(path).into_iter().flatten();
        ranges
            .flat_map(Range::clone)
            .filter_map(|place| Some((place, self.scenarios.get(place)?)))
    }

    /// Returns the indices of the scenarios with this id or alias. The id of an `each:` table without a row's label
    /// gives all rows.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.names.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}
