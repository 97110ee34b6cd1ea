//! One line of a transcript as pieces with their colours, and its division into lines of a limited width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    report::{Palette, Role},
    text::{
        clip,
        escape::{self, LINE_LIMIT, Newlines},
    },
};

/// The limit, in bytes, on the part that differs, and on a line that has no counterpart.
const PART_LIMIT: usize = 2_000;

/// The characters that are shown before and after the part that differs, if the whole line is too long.
const AROUND: usize = 120;

/// Whether a line is only in the old version, only in the new one, or in both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    Old,
    New,
    Both,
}

/// A line, escaped and shortened.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(Vec<(Option<Role>, String)>);

impl Side {
    /// Returns the sign in front of the line, so that nothing depends on colour.
    pub(super) fn sign(self) -> char {
        match self {
            Self::Old => '-',
            Self::New => '+',
            Self::Both => ' ',
        }
    }

    fn role(self) -> Option<Role> {
        match self {
            Self::Old => Some(Role::Removed),
            Self::New => Some(Role::Added),
            Self::Both => None,
        }
    }

    fn role_of_part(self) -> Option<Role> {
        match self {
            Self::Old => Some(Role::RemovedPart),
            Self::New => Some(Role::AddedPart),
            Self::Both => None,
        }
    }
}

impl Pieces {
    /// Returns a line without a counterpart to compare it with.
    pub(super) fn new(side: Side, text: &str) -> Self {
        let limit = match side {
            Side::Both => LINE_LIMIT,
            Side::Old | Side::New => PART_LIMIT,
        };
        let text = escape::visible(&clip(text, limit), Newlines::Escape);
        Self(vec![(side.role(), text)])
    }

    /// Returns a line and the line that took its place, with the parts that differ marked.
    pub(super) fn pair(old: &str, new: &str) -> (Self, Self) {
        let old = escape::visible(old, Newlines::Escape);
        let new = escape::visible(new, Newlines::Escape);
        let same = |(one, other): &(char, char)| one == other;
        let bytes = |(one, _): (char, char)| one.len_utf8();
        let head: usize = old
            .chars()
            .zip(new.chars())
            .take_while(same)
            .map(bytes)
            .sum();
        let rest = old[head..].chars().rev().zip(new[head..].chars().rev());
        let tail: usize = rest.take_while(same).map(bytes).sum();
        let marked = |side: Side, text: &str| {
            let (before, rest) = text.split_at(head);
            let (part, after) = rest.split_at(rest.len() - tail);
            let is_long = text.len() > LINE_LIMIT;
            Self(vec![
                (
                    side.role(),
                    if is_long {
                        last(before)
                    } else {
                        before.to_owned()
                    },
                ),
                (side.role_of_part(), clip(part, PART_LIMIT)),
                (
                    side.role(),
                    if is_long {
                        first(after)
                    } else {
                        after.to_owned()
                    },
                ),
            ])
        };
        (marked(Side::Old, &old), marked(Side::New, &new))
    }

    /// Returns the number of columns that the line takes on a terminal.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    /// Returns the line with its colours.
    pub(super) fn painted(&self, palette: Palette) -> String {
        let mut line = String::new();
        for (role, text) in self.0.iter().filter(|(_, text)| !text.is_empty()) {
            match role {
                Some(role) => line += &palette.paint(*role, text).to_string(),
                None => line += text,
            }
        }
        line
    }

    /// Returns the line in parts of at most `width` columns.
    pub(super) fn wrapped(&self, width: usize) -> Vec<Self> {
        let mut lines = vec![Self::default()];
        let mut used = 0;
        for (role, text) in &self.0 {
            let mut part = String::new();
            for character in text.chars() {
                let columns = character.width().unwrap_or(0);
                if used + columns > width && used > 0 {
                    push(&mut lines, *role, std::mem::take(&mut part));
                    lines.push(Self::default());
                    used = 0;
                }
                part.push(character);
                used += columns;
            }
            push(&mut lines, *role, part);
        }
        lines
    }
}

/// Adds a piece to the last line.
fn push(lines: &mut [Pieces], role: Option<Role>, text: String) {
    if let Some(line) = lines.last_mut() {
        line.0.push((role, text));
    }
}

/// Returns the end of a long text.
fn last(text: &str) -> String {
    match text.char_indices().rev().nth(AROUND) {
        Some((start, _)) => format!("…{}", &text[start..]),
        None => text.to_owned(),
    }
}

/// Returns the beginning of a long text.
fn first(text: &str) -> String {
    match text.char_indices().nth(AROUND) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
