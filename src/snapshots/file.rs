//! A snapshot file: the transcripts of the scenarios of one file.

use std::collections::{HashMap, HashSet};

use super::{Heading, Section};

/// The content of a `.snap` or `.snap.new` file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SnapshotFile {
    /// The path of the scenario file, as the run that wrote the snapshot named it.
    pub source: String,
    /// The sections, each with a heading of its own.
    pub(super) sections: Vec<Section>,
}

impl SnapshotFile {
    /// Returns a snapshot file. Of several sections with the same heading, the first one stays.
    pub fn new(source: &str, sections: impl IntoIterator<Item = Section>) -> Self {
        let mut file = Self {
            source: source.to_owned(),
            sections: Vec::new(),
        };
        let mut seen = HashSet::new();
        file.sections.extend(
            sections
                .into_iter()
                .filter(|section| seen.insert(section.heading.clone())),
        );
        file
    }

    /// Returns the sections, in the order of the file.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Returns the sections by their headings.
    pub fn by_heading(&self) -> HashMap<&Heading, &Section> {
        let sections = self.sections.iter();
        sections
            .map(|section| (&section.heading, section))
            .collect()
    }
}
