//! The ranges of a text that masking replaces.

use std::ops::Range;

/// Ranges of a text, in any order. They may overlap.
#[derive(Debug, Default)]
pub(super) struct Ranges(Vec<Range<usize>>);

impl Ranges {
    pub(super) fn add(&mut self, range: Range<usize>) {
        self.0.push(range);
    }

    /// Returns `text` with `replacement` in place of each range. Ranges that overlap are replaced together.
    pub(super) fn replace(mut self, text: &str, replacement: &str) -> String {
        self.0
            .sort_unstable_by_key(|range| (range.start, range.end));
        let mut replaced = String::with_capacity(text.len());
        let mut done = 0;
        for range in self.0 {
            if range.start >= done {
                replaced.push_str(text.get(done..range.start).unwrap_or_default());
                replaced.push_str(replacement);
            }
            done = done.max(range.end);
        }
        replaced.push_str(text.get(done..).unwrap_or_default());
        replaced
    }
}
