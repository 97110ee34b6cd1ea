//! What differs between two snapshot files, section by section.

use super::{Heading, Section, SnapshotFile, order::joined};

/// A section that differs between two snapshot files.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Both files have the section, with another content.
    Changed {
        /// The section in the old file.
        old: Section,
        /// The section in the new file.
        new: Section,
    },
    /// Only the new file has the section.
    New(Section),
    /// Only the old file has the section.
    Gone(Section),
}

impl Change {
    /// Returns the heading of the section.
    pub fn heading(&self) -> &Heading {
        match self {
            Self::Changed { new: section, .. } | Self::New(section) | Self::Gone(section) => {
                &section.heading
            }
        }
    }

    /// Returns the section in the old file. `None` if the section is new.
    pub fn before(&self) -> Option<&Section> {
        match self {
            Self::Changed { old, .. } | Self::Gone(old) => Some(old),
            Self::New(_) => None,
        }
    }

    /// Returns the section in the new file. `None` if the section is gone.
    pub fn after(&self) -> Option<&Section> {
        match self {
            Self::Changed { new, .. } | Self::New(new) => Some(new),
            Self::Gone(_) => None,
        }
    }

    /// Returns the verdict before and after, if both files have the section and the verdict differs.
    pub fn verdicts(&self) -> Option<(&str, &str)> {
        let (old, new) = (self.before()?.verdict(), self.after()?.verdict());
        (old != new).then_some((old, new))
    }

    /// Returns `changed`, `new` or `gone`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::New(_) => "new",
            Self::Gone(_) => "gone",
        }
    }
}

/// Returns the sections that differ, in the order of the new file. A section that is gone stands behind the section
/// that it follows in the old file.
pub fn changes(old: Option<&SnapshotFile>, new: &SnapshotFile) -> Vec<Change> {
    let before = old.map(SnapshotFile::by_heading).unwrap_or_default();
    let after = new.by_heading();
    let headings = all_headings(old, new);
    headings
        .iter()
        .filter_map(
            |heading| match (before.get(heading).copied(), after.get(heading).copied()) {
                (Some(old), Some(new)) => (old != new).then(|| Change::Changed {
                    old: old.clone(),
                    new: new.clone(),
                }),
                (None, Some(new)) => Some(Change::New(new.clone())),
                (Some(old), None) => Some(Change::Gone(old.clone())),
                (None, None) => None,
            },
        )
        .collect()
}

/// Returns the headings of both files, in the order of [`changes`].
pub(super) fn all_headings(old: Option<&SnapshotFile>, new: &SnapshotFile) -> Vec<Heading> {
    let headings = |file: &SnapshotFile| -> Vec<Heading> {
        let sections = file.sections().iter();
        sections.map(|section| section.heading.clone()).collect()
    };
    joined(&old.map(headings).unwrap_or_default(), &headings(new))
}
