//! A change with its old lines and its new lines one below the other.

use super::{
    folded::{Shown, folded, unchanged},
    line::{Pieces, Side},
};
use crate::{
    report::{Palette, Role},
    snapshots::{Change, LaneDifference, Presence, Row, Section, differences},
    text::{escape, keep_lines},
};

/// The limit on the lines of one change, because anybody can write a snapshot file.
pub(super) const LINES: usize = 2_000;

/// Returns one line that says which section changed: `rooms/to · websocket  changed, verdict ok → fail`.
pub fn change_title(change: &Change, palette: Palette) -> String {
    let heading = escape::line(&change.heading().to_string());
    let verdict = match change.verdicts() {
        Some((old, new)) => format!(", verdict {} → {}", escape::line(old), escape::line(new)),
        None => String::new(),
    };
    format!(
        "{}  {}{verdict}",
        palette.paint(Role::Strong, heading),
        change.word()
    )
}

/// Returns the lines that differ, with the lines around them, client by client. A client without a difference is left
/// out. `width` is the width of the terminal in columns; without it, no line is divided.
pub fn change_in_full(change: &Change, width: Option<usize>, palette: Palette) -> String {
    let lines = keep_lines(lines(change, width, palette), LINES);
    lines.join("\n") + "\n"
}

fn lines(change: &Change, width: Option<usize>, palette: Palette) -> Vec<String> {
    let mut lines = Lines {
        lines: Vec::new(),
        width,
        palette,
    };
    let verdict = |section: &Section| format!("verdict: {}", section.verdict());
    let (old, new) = (change.before().map(verdict), change.after().map(verdict));
    if old != new {
        lines.add_changed(old.as_deref(), new.as_deref());
    }
    for lane in differences(change) {
        if lane.differs() {
            lines.add_lane(&lane);
        }
    }
    lines.lines
}

/// The lines so far.
struct Lines {
    lines: Vec<String>,
    width: Option<usize>,
    palette: Palette,
}

impl Lines {
    fn add_lane(&mut self, lane: &LaneDifference) {
        let name = format!("[{}]", lane.client);
        let side = match lane.presence {
            Presence::Both => Side::Both,
            Presence::Before => Side::Old,
            Presence::After => Side::New,
        };
        self.add(side, &Pieces::new(side, &name));
        for shown in folded(&lane.rows) {
            match shown {
                Shown::Row(Row::Same(line)) => self.add(Side::Both, &Pieces::new(Side::Both, line)),
                Shown::Row(row) => self.add_changed(row.before(), row.after()),
                Shown::Unchanged(count) => {
                    let note = self.palette.paint(Role::Dim, unchanged(count));
                    self.lines.push(format!("  {note}"));
                }
            }
        }
    }

    fn add_changed(&mut self, old: Option<&str>, new: Option<&str>) {
        match (old, new) {
            (Some(old), Some(new)) => {
                let (old, new) = Pieces::pair(old, new);
                self.add(Side::Old, &old);
                self.add(Side::New, &new);
            }
            (Some(old), None) => self.add(Side::Old, &Pieces::new(Side::Old, old)),
            (None, Some(new)) => self.add(Side::New, &Pieces::new(Side::New, new)),
            (None, None) => {}
        }
    }

    fn add(&mut self, side: Side, line: &Pieces) {
        let parts = match self.width {
            Some(width) => line.wrapped(width.saturating_sub(2).max(1)),
            None => vec![line.clone()],
        };
        for (index, part) in parts.iter().enumerate() {
            let sign = if index == 0 { side.sign() } else { ' ' };
            self.lines
                .push(format!("{sign} {}", part.painted(self.palette)));
        }
    }
}
