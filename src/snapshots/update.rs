//! What a `.snap.new` file holds after a run.

use super::{Heading, Section, SnapshotFile, changes};

/// What a run found in the scenarios of one file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The path of the scenario file.
    pub source: String,
    /// The transcripts of the scenarios that ran and were judged.
    pub sections: Vec<Section>,
    /// The headings of the sections that the file has after the run, in their order. A stored section that is not among
    /// them is gone.
    pub order: Vec<Heading>,
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
    let now = SnapshotFile::new(&found.source, found.sections.iter().cloned());
    let (now, earlier) = (now.by_heading(), before.map(SnapshotFile::by_heading));
    let earlier = earlier.unwrap_or_default();
    let sections = found.order.iter().filter_map(|heading| {
        let section = now.get(heading).or_else(|| earlier.get(heading));
        section.copied().cloned()
    });
    let next = SnapshotFile::new(&found.source, sections);
    (!changes(stored, &next).is_empty()).then_some(next)
}
