//! A list of all changes that wait for a review.

use super::change_title;
use crate::{
    report::Palette,
    snapshots::{Change, PendingFile},
    text::{escape, humanize::count},
};

/// Returns the changes of snapshots, file by file.
pub fn changes_list<'f>(
    files: impl IntoIterator<Item = (&'f PendingFile, Vec<&'f Change>)>,
    palette: Palette,
) -> String {
    let mut text = String::new();
    for (file, changes) in files {
        if changes.is_empty() {
            continue;
        }
        text += &format!("{}\n", escape::line(&file.stored_path.to_string_lossy()));
        for change in changes {
            text += &format!("  {}\n", change_title(change, palette));
        }
    }
    text
}

/// Returns what the changes of a group have in common: `the same change in 37 scenarios`.
pub fn group_title(change: &Change, scenarios: usize) -> String {
    let scenarios = count(scenarios, "scenario");
    match change {
        Change::Changed { .. } => format!("the same change in {scenarios}"),
        Change::New(section) => {
            let verdict = escape::line(section.verdict());
            format!("{scenarios} without a snapshot, with the verdict {verdict}")
        }
        Change::Gone(_) => format!("{scenarios} whose snapshot is left over"),
    }
}
