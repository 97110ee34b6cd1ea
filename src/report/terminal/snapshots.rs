//! Renders the comparison of the transcripts of a run with the stored ones.

use std::fmt::Write as _;

use super::Detail;
use crate::{
    report::{Palette, Role},
    runner::{SnapshotChange, SnapshotChangeKind, SnapshotMode, SnapshotReport, Verdict},
    text::{escape, shell_word},
};

/// Returns what a run says about its transcripts: what differs, if the run fails for it, and one line of counts.
pub(super) fn snapshots(report: &SnapshotReport, palette: Palette, detail: Detail) -> String {
    if detail == Detail::Quiet && report.changes.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for change in &report.changes {
        if report.mode == SnapshotMode::Check || change.kind == SnapshotChangeKind::Unsteady {
            text += &one(change, palette);
        }
    }
    let mut counts = vec![format!("{} as stored", report.same)];
    for kind in SnapshotChangeKind::ALL {
        match report.count(kind) {
            0 => {}
            count => counts.push(format!("{count} {}", kind.name())),
        }
    }
    let folder = report.folder.display().to_string();
    let is_pending = report.mode == SnapshotMode::Write
        && report
            .changes
            .iter()
            .any(|change| change.kind != SnapshotChangeKind::Unsteady);
    let next = match is_pending {
        true => format!("; to review: sockspec review {}", shell_word(&folder)),
        false => String::new(),
    };
    let counts = counts.join(", ");
    // Writing to a `String` can't fail.
    let _ = writeln!(
        text,
        "snapshots in {}: {counts}{next}",
        escape::line(&folder)
    );
    text
}

/// Returns the lines about one transcript.
fn one(change: &SnapshotChange, palette: Palette) -> String {
    let word = palette.paint(Role::Sign(Verdict::Warn), change.kind.name());
    let mut text = format!("{word}  {}\n", escape::line(&change.heading()));
    match change.kind {
        SnapshotChangeKind::Changed => {}
        SnapshotChangeKind::Gone => text += "  no scenario has this id any more\n",
        SnapshotChangeKind::New => text += "  no transcript of it is stored\n",
        SnapshotChangeKind::Unsteady => {
            text += "  its transcripts differ between the repeats of this run\n";
        }
    }
    for line in &change.difference {
        let line = escape::line(line);
        let role = match line.chars().next() {
            Some('-') => Some(Role::Expected),
            Some('+') => Some(Role::Received),
            _ => None,
        };
        let line = role.map_or_else(
            || line.clone(),
            |role| palette.paint(role, &line).to_string(),
        );
        text += &format!("  {line}\n");
    }
    match &change.proposal {
        Some(proposal) => {
            text += &format!("  write into the scenario: {}\n", escape::line(proposal))
        }
        None if change.kind == SnapshotChangeKind::Unsteady => {
            text += "  if a race decides, write into the scenario: snapshot: { skip: true }\n";
        }
        None => {}
    }
    text.push('\n');
    text
}
