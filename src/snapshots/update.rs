//! What a `.snap.new` file holds after a run.

use std::collections::HashSet;

use super::{Heading, Section, SnapshotFile, changes};

/// What a run found in the scenarios of one file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The path of the scenario file.
    pub source: String,
    /// The transcripts of the scenarios that ran and were judged.
    pub sections: Vec<Section>,
    /// The headings of all sections that a run of every scenario of the file would give, in the order of that run.
    pub order: Vec<Heading>,
    /// Whether the run was about the whole file.
    pub completeness: Completeness,
}

/// Whether a run was about all scenarios of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Completeness {
    /// A stored section that [`Found::order`] does not name is gone.
    WholeFile,
    /// A stored section that [`Found::order`] does not name stays.
    SomeScenarios,
}

/// Returns what the `.snap.new` file has to hold after a run; `None` if nothing differs from the `.snap` file.
///
/// `stored` is the `.snap` file, and `pending` the `.snap.new` file of an earlier run. A section that did not run stays
/// as it is in `pending`, or else in `stored`.
pub fn next_pending(
    stored: Option<&SnapshotFile>,
    pending: Option<&SnapshotFile>,
    found: &Found,
) -> Option<SnapshotFile> {
    let before = pending.or(stored);
    let mut headings = found.order.clone();
    let named: HashSet<&Heading> = found.order.iter().collect();
    match found.completeness {
        Completeness::WholeFile => {}
        Completeness::SomeScenarios => {
            let earlier = before.map(SnapshotFile::sections).unwrap_or_default();
            let earlier = earlier.iter().map(|section| &section.heading);
            headings.extend(earlier.filter(|heading| !named.contains(heading)).cloned());
        }
    }
    let now = SnapshotFile::new(&found.source, found.sections.iter().cloned());
    let (now, earlier) = (now.by_heading(), before.map(SnapshotFile::by_heading));
    let earlier = earlier.unwrap_or_default();
    let sections = headings.iter().filter_map(|heading| {
        let section = now.get(heading).or_else(|| earlier.get(heading));
        section.copied().cloned()
    });
    let next = SnapshotFile::new(&found.source, sections);
    (!changes(stored, &next).is_empty()).then_some(next)
}
