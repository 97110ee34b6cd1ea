//! The lines that differ between two versions of a section, client by client.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Change, Lane, Section};

/// The limit on the product of the numbers of lines that are compared with each other. Beyond it, all lines between the
/// first and the last difference count as different, so that a huge section takes no minutes.
const COMPARED: usize = 25_000_000;

/// What one client sent and received, before and after.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LaneDifference {
    /// The name of the client.
    pub client: String,
    /// Which version has the client.
    pub presence: Presence,
    /// The lines, in their order.
    pub rows: Vec<Row>,
}

/// Which version of a section has a client.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Presence {
    /// Both versions.
    Both,
    /// Only the old one.
    Before,
    /// Only the new one.
    After,
}

/// One line before and after.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Row {
    /// The line is the same.
    Same(String),
    /// One line took the place of another.
    Replaced {
        /// The line before.
        old: String,
        /// The line after.
        new: String,
    },
    /// The line is gone.
    Removed(String),
    /// The line is new.
    Added(String),
}

impl LaneDifference {
    /// Returns true if a line differs, or if only one version has the client.
    pub fn differs(&self) -> bool {
        self.presence != Presence::Both || self.rows.iter().any(Row::differs)
    }
}

impl Row {
    /// Returns true if the line before is not the line after.
    pub fn differs(&self) -> bool {
        !matches!(self, Self::Same(_))
    }

    /// Returns the line before.
    pub fn before(&self) -> Option<&str> {
        match self {
            Self::Same(line) | Self::Removed(line) | Self::Replaced { old: line, .. } => Some(line),
            Self::Added(_) => None,
        }
    }

    /// Returns the line after.
    pub fn after(&self) -> Option<&str> {
        match self {
            Self::Same(line) | Self::Added(line) | Self::Replaced { new: line, .. } => Some(line),
            Self::Removed(_) => None,
        }
    }
}

/// Returns what each client sent and received, before and after. A client that only one version has stands there with
/// all its lines.
pub fn differences(change: &Change) -> Vec<LaneDifference> {
    let (old, new) = (lanes(change.before()), lanes(change.after()));
    let names = |lanes: &[Lane]| -> Vec<String> {
        lanes.iter().map(|lane| lane.client().to_owned()).collect()
    };
    let empty = Vec::new;
    let mut found = Vec::new();
    for operation in operations(&names(old), &names(new)) {
        let (before, after) = (&old[operation.old_range()], &new[operation.new_range()]);
        if let DiffOp::Equal { .. } = operation {
            let pairs = before.iter().zip(after);
            found.extend(pairs.map(|(old, new)| lane(new, Presence::Both, lines(old), lines(new))));
        } else {
            found.extend(
                before
                    .iter()
                    .map(|old| lane(old, Presence::Before, lines(old), empty())),
            );
            found.extend(
                after
                    .iter()
                    .map(|new| lane(new, Presence::After, empty(), lines(new))),
            );
        }
    }
    found
}

fn lanes(section: Option<&Section>) -> &[Lane] {
    section.map_or(&[], |section| section.lanes.as_slice())
}

fn lines(lane: &Lane) -> Vec<String> {
    lane.lines().collect()
}

fn lane(named: &Lane, presence: Presence, old: Vec<String>, new: Vec<String>) -> LaneDifference {
    let mut rows = Vec::new();
    for operation in operations(&old, &new) {
        let (before, after) = (&old[operation.old_range()], &new[operation.new_range()]);
        if let DiffOp::Equal { .. } = operation {
            rows.extend(before.iter().cloned().map(Row::Same));
            continue;
        }
        let both = before.len().min(after.len());
        rows.extend(before.iter().zip(after).map(|(old, new)| Row::Replaced {
            old: old.clone(),
            new: new.clone(),
        }));
        rows.extend(before[both..].iter().cloned().map(Row::Removed));
        rows.extend(after[both..].iter().cloned().map(Row::Added));
    }
    LaneDifference {
        client: named.client().to_owned(),
        presence,
        rows,
    }
}

/// Returns the steps that turn `old` into `new`. Equal lines at both ends are found first.
fn operations(old: &[String], new: &[String]) -> Vec<DiffOp> {
    if old.len().saturating_mul(new.len()) <= COMPARED {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let head = old
        .iter()
        .zip(new)
        .take_while(|(old, new)| old == new)
        .count();
    let rest = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = rest.take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    vec![
        DiffOp::Equal {
            old_index: 0,
            new_index: 0,
            len: head,
        },
        DiffOp::Replace {
            old_index: head,
            old_len: old_end - head,
            new_index: head,
            new_len: new_end - head,
        },
        DiffOp::Equal {
            old_index: old_end,
            new_index: new_end,
            len: tail,
        },
    ]
}
