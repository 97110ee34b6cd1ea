//! A change in two columns: the old lines on the left, the new ones on the right.

use super::{
    folded::{Shown, folded, unchanged},
    line::{Pieces, Side},
    one_below_the_other::{LINES, change_in_full},
};
use crate::{
    report::{Palette, Role},
    snapshots::{Change, LaneDifference, Presence, Row, differences},
    text::{escape, humanize::count, keep_lines},
};

/// The least width of a column. A terminal without room for two of them shows the lines one below the other.
const LEAST_COLUMN: usize = 32;

/// The columns between the left lines and the right ones: a space, a bar and a space.
const BETWEEN: usize = 3;

/// The columns of the sign in front of a line, with its space.
const SIGN: usize = 2;

/// Returns the lines of a change side by side, client by client, on a terminal of this width in columns. A section that
/// is new or gone has nothing beside it, so its lines take the whole width.
pub fn change_in_columns(change: &Change, width: usize, palette: Palette) -> String {
    let column = width.saturating_sub(BETWEEN) / 2;
    let Change::Changed { old, new } = change else {
        return change_in_full(change, Some(width), palette);
    };
    if column < LEAST_COLUMN + SIGN {
        return change_in_full(change, Some(width), palette);
    }
    let mut columns = Columns {
        lines: Vec::new(),
        column: column - SIGN,
        palette,
    };
    if old.verdict() != new.verdict() {
        columns.add_row(
            Some(&format!("verdict: {}", old.verdict())),
            Some(&format!("verdict: {}", new.verdict())),
        );
    }
    let (changed, same): (Vec<_>, Vec<_>) = differences(change)
        .into_iter()
        .partition(LaneDifference::differs);
    for lane in &changed {
        columns.add_lane(lane);
    }
    if !same.is_empty() {
        let others = if changed.is_empty() { "" } else { "other " };
        let note = format!(
            "{} without a difference",
            count(same.len(), &format!("{others}client"))
        );
        columns
            .lines
            .push(format!("  {}", palette.paint(Role::Dim, note)));
    }
    keep_lines(columns.lines, LINES).join("\n") + "\n"
}

/// The lines so far.
struct Columns {
    lines: Vec<String>,
    /// The width of a column without its sign.
    column: usize,
    palette: Palette,
}

impl Columns {
    fn add_lane(&mut self, lane: &LaneDifference) {
        let name = format!("[{}]", lane.client);
        match lane.presence {
            Presence::Both => {
                let name = self.palette.paint(Role::Strong, escape::line(&name));
                self.lines.push(format!("  {name}"));
            }
            Presence::Before => self.add_row(Some(&name), None),
            Presence::After => self.add_row(None, Some(&name)),
        }
        for shown in folded(&lane.rows) {
            match shown {
                Shown::Row(row) => match row {
                    Row::Same(line) => self.add_same(line),
                    Row::Replaced { .. } | Row::Removed(_) | Row::Added(_) => {
                        self.add_row(row.before(), row.after());
                    }
                },
                Shown::Unchanged(count) => {
                    let note = self.palette.paint(Role::Dim, unchanged(count));
                    self.lines.push(format!("  {note}"));
                }
            }
        }
    }

    fn add_same(&mut self, line: &str) {
        let line = Pieces::new(Side::Both, line);
        self.add((Side::Both, &line), (Side::Both, &line));
    }

    fn add_row(&mut self, old: Option<&str>, new: Option<&str>) {
        let (left, right) = match (old, new) {
            (Some(old), Some(new)) => Pieces::pair(old, new),
            (old, new) => {
                let alone = |side, text: Option<&str>| {
                    text.map_or_else(Pieces::default, |text| Pieces::new(side, text))
                };
                (alone(Side::Old, old), alone(Side::New, new))
            }
        };
        let left_side = if old.is_some() { Side::Old } else { Side::Both };
        let right_side = if new.is_some() { Side::New } else { Side::Both };
        self.add((left_side, &left), (right_side, &right));
    }

    fn add(&mut self, (left_side, left): (Side, &Pieces), (right_side, right): (Side, &Pieces)) {
        let (left, right) = (left.wrapped(self.column), right.wrapped(self.column));
        let empty = Pieces::default();
        for index in 0..left.len().max(right.len()) {
            let sign = |side: Side| if index == 0 { side.sign() } else { ' ' };
            let left = left.get(index).unwrap_or(&empty);
            let right = right.get(index).unwrap_or(&empty);
            let filler = " ".repeat(self.column.saturating_sub(left.width()));
            let bar = self.palette.paint(Role::Dim, '│');
            let line = format!(
                "{} {}{filler} {bar} {} {}",
                sign(left_side),
                left.painted(self.palette),
                sign(right_side),
                right.painted(self.palette),
            );
            self.lines.push(line.trim_end().to_owned());
        }
    }
}
