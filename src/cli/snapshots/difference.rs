//! The lines of a transcript that differ, as text.

use crate::snapshots::{Change, Row, differences};

/// The limit on the lines of one transcript.
const LINES: usize = 200;

/// Returns what differs, by lane: `[alice]`, then `- old` and `+ new`, each with the line before it.
pub(super) fn change_lines(change: &Change) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((old, new)) = change.verdicts() {
        lines.push(format!("- verdict: {old}"));
        lines.push(format!("+ verdict: {new}"));
    }
    for lane in differences(change).iter().filter(|lane| lane.differs()) {
        lines.push(format!("[{}]", lane.client));
        let mut before = None;
        for row in &lane.rows {
            if let Row::Same(line) = row {
                before = Some(line);
                continue;
            }
            lines.extend(before.take().map(|line| format!("  {line}")));
            lines.extend(row.before().map(|line| format!("- {line}")));
            lines.extend(row.after().map(|line| format!("+ {line}")));
        }
    }
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        lines.truncate(LINES);
        lines.push(format!("… and {more} more lines"));
    }
    lines
}
