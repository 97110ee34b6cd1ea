//! A text without its line breaks, to find secrets that a tool has broken into lines.
//!
//! `base64` and mail software break their output after 76 or 64 characters, so a long secret begins in the middle of one
//! line and ends in another.

use std::ops::Range;

/// How a line can end in a text, or in a JSON string: there, a line break is an escape.
const BREAKS: [&str; 6] = ["\r\n", "\n", "\r", "\\r\\n", "\\n", "\\r"];

/// A text without its line breaks and without the blanks at the start of each line.
#[derive(Debug, Default)]
pub(super) struct Unbroken {
    /// The text.
    pub(super) text: String,
    /// Where each line starts: in this text, and in the original.
    lines: Vec<(usize, usize)>,
}

impl Unbroken {
    /// Returns `text` without its line breaks; `None` if it has none.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut unbroken = Self::default();
        let mut rest = text;
        while let Some((at, length)) = line_break(rest) {
            unbroken.add(rest.get(..at)?, text.len() - rest.len());
            rest = rest.get(at + length..)?.trim_start_matches([' ', '\t']);
        }
        if unbroken.lines.is_empty() {
            return None;
        }
        unbroken.add(rest, text.len() - rest.len());
        Some(unbroken)
    }

    fn add(&mut self, line: &str, original: usize) {
        self.lines.push((self.text.len(), original));
        self.text.push_str(line);
    }

    /// Returns the parts of the original text from which the part `range` of this text comes, one for each line.
    pub(super) fn originals(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let first = self
            .lines
            .partition_point(|(start, _)| *start <= range.start)
            .saturating_sub(1);
        let ends = self.lines.iter().skip(first + 1).map(|(start, _)| *start);
        let ends = ends.chain([self.text.len()]);
        let lines = self.lines.iter().skip(first).zip(ends);
        lines
            .take_while({
                let end = range.end;
                move |((start, _), _)| *start < end
            })
            .map(move |((start, original), end)| {
                let from = range.start.max(*start) - start;
                let to = range.end.min(end) - start;
                original + from..original + to
            })
            .filter(|original| !original.is_empty())
    }
}

/// Returns the position and the length of the first line break.
fn line_break(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find(['\n', '\r', '\\'])?;
        let rest = text.get(at..)?;
        if let Some(found) = BREAKS.iter().find(|one| rest.starts_with(**one)) {
            return Some((at, found.len()));
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lead_back_to_the_lines_of_the_original() {
        let text = "ab\r\n  cde\\nf\\x\ng";
        let unbroken = Unbroken::new(text).unwrap();
        assert_eq!(unbroken.text, "abcdef\\xg");
        let originals = |range| -> Vec<_> {
            let ranges = unbroken.originals(range);
            ranges.map(|range| &text[range]).collect()
        };
        assert_eq!(originals(1..6), ["b", "cde", "f"]);
        assert_eq!(originals(2..4), ["cd"]);
        assert_eq!(originals(8..9), ["g"]);
    }

    #[test]
    fn one_line_has_no_break() {
        assert!(Unbroken::new("a \\x b").is_none());
    }
}
