//! Leaves out the lines of a transcript that are far from every difference.

use crate::snapshots::Row;

/// The number of unchanged lines shown before and after a change.
const CONTEXT: usize = 3;

/// What is shown of the lines of one client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shown<'r> {
    /// A line.
    Row(&'r Row),
    /// This many unchanged lines are left out.
    Unchanged(usize),
}

/// Returns the lines that differ, with the lines around them.
pub(super) fn folded(rows: &[Row]) -> Vec<Shown<'_>> {
    let mut shown = Vec::new();
    let runs: Vec<&[Row]> = rows
        .chunk_by(|one, next| one.differs() == next.differs())
        .collect();
    let last = runs.len().saturating_sub(1);
    for (index, run) in runs.into_iter().enumerate() {
        if run.iter().any(Row::differs) {
            shown.extend(run.iter().map(Shown::Row));
            continue;
        }
        // Nothing stands before the first line and behind the last one that these lines could lead to.
        let head = if index == 0 { 0 } else { CONTEXT };
        let tail = if index == last { 0 } else { CONTEXT };
        match run.len().checked_sub(head + tail) {
            // A note in place of a single line would save nothing.
            Some(hidden @ 2..) => {
                shown.extend(run[..head].iter().map(Shown::Row));
                shown.push(Shown::Unchanged(hidden));
                shown.extend(run[run.len() - tail..].iter().map(Shown::Row));
            }
            _ => shown.extend(run.iter().map(Shown::Row)),
        }
    }
    shown
}

/// Returns the note in place of unchanged lines.
pub(super) fn unchanged(count: usize) -> String {
    format!("… {count} lines without a difference")
}
