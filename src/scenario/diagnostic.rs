//! Diagnostics: mistakes in a scenario file or a manifest, with their places. `render.rs` formats them.

use std::sync::Arc;

use super::SourceFile;
use crate::text::escape;

/// A range of bytes in a file, with the line and column of its start.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Span {
    /// The offset of the first byte.
    pub start: usize,
    /// The offset after the last byte.
    pub end: usize,
    /// The line of the first byte, from 1.
    pub line: usize,
    /// The column of the first byte in characters, from 1.
    pub column: usize,
}

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// The file can be used, but probably does not say what its author means.
    Warning,
}

/// A mistake in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// The code for this type of mistake, such as `unknown-key`. Codes never change.
    pub code: &'static str,
    /// Whether the mistake makes the file unusable.
    pub severity: Severity,
    /// What is wrong, without a full stop.
    pub message: String,
    /// The file that contains the mistake.
    pub source: Arc<SourceFile>,
    /// The text to underline. `None` if the mistake concerns the whole file.
    pub span: Option<Span>,
    /// A second place to show, with a note such as "first defined here".
    pub related: Option<(Span, String)>,
    /// A hint that says what would be right.
    pub help: Option<String>,
}

impl Span {
    /// Returns the span of the character at byte `offset` of `text`.
    pub(super) fn of_character(text: &str, offset: usize) -> Self {
        let start = text.floor_char_boundary(offset.min(text.len()));
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            start,
            end: start + text[start..].chars().next().map_or(0, char::len_utf8),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Returns the span from the start of this span to the end of `last`.
    pub(crate) fn to(self, last: Self) -> Self {
        Self {
            end: last.end.max(self.end),
            ..self
        }
    }

    /// Returns the part of this span that is in the first line of the span.
    pub(crate) fn first_line(self, text: &str) -> Self {
        let piece = text.get(self.start..self.end).unwrap_or_default();
        let line = piece.lines().next().unwrap_or_default();
        Self {
            end: self.start + line.trim_end().len(),
            ..self
        }
    }

    /// Returns the span of the first `needle` inside this span of `text`. Returns this span if it contains no `needle`.
    pub(crate) fn find(self, text: &str, needle: &str) -> Self {
        self.find_in(text, needle, 0, needle.len())
    }

    /// Returns the span of a part of the first `needle` inside this span of `text`: the `length` bytes at `offset` in
    /// `needle`. Returns this span if it contains no `needle`.
    pub(crate) fn find_in(self, text: &str, needle: &str, offset: usize, length: usize) -> Self {
        let Some(piece) = text.get(self.start..self.end) else {
            return self;
        };
        let Some((offset, before)) = piece
            .find(needle)
            .map(|start| start + offset)
            .and_then(|offset| Some((offset, piece.get(..offset)?)))
        else {
            return self;
        };
        let (line, column) = match before.rfind('\n') {
            None => (self.line, self.column + before.chars().count()),
            Some(newline) => (
                self.line + before.matches('\n').count(),
                before[newline + 1..].chars().count() + 1,
            ),
        };
        Self {
            start: self.start + offset,
            end: self.start + offset + length,
            line,
            column,
        }
    }
}

/// The mistakes found so far in one file.
///
/// The loader continues after a mistake, so that it reports all mistakes of a file at once.
#[derive(Debug)]
pub(crate) struct Problems {
    source: Arc<SourceFile>,
    found: Vec<Diagnostic>,
    /// The last mistake found after the first [`MAX_PROBLEMS`] mistakes. `None` if the file has at most
    /// [`MAX_PROBLEMS`] mistakes.
    overflow: Option<Diagnostic>,
    beyond: usize,
}

/// The limit on reported mistakes of one file. A file with more mistakes is probably not a scenario file.
const MAX_PROBLEMS: usize = 100;

impl Problems {
    pub(crate) fn new(source: Arc<SourceFile>) -> Self {
        Self {
            source,
            found: Vec::new(),
            overflow: None,
            beyond: 0,
        }
    }

    pub(crate) fn source(&self) -> &Arc<SourceFile> {
        &self.source
    }

    /// Adds a mistake, and returns its diagnostic, so that the caller can add a hint (`help`) and a second place
    /// (`related`).
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let diagnostic = Diagnostic {
            code,
            severity: Severity::Error,
            message: escape::controls(message.into()),
            source: Arc::clone(&self.source),
            span: Some(span),
            related: None,
            help: None,
        };
        if self.found.len() >= MAX_PROBLEMS {
            self.beyond += 1;
            return self.overflow.insert(diagnostic);
        }
        self.found.push(diagnostic);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Adds a mistake that underlines only the first line of its range.
    pub(crate) fn error_at_line(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let span = span.first_line(&self.source.text);
        self.error(code, span, message)
    }

    pub(crate) fn count(&self) -> usize {
        self.found.len() + self.beyond
    }

    /// Returns the mistakes in the order of the file, without duplicates.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| diagnostic.span);
        for diagnostic in &mut self.found {
            diagnostic.help = diagnostic.help.take().map(escape::controls);
        }
        // Removes duplicates: the loader reads the steps once for each row of an `each:` table, and so finds the same
        // mistake in a step once for each row.
        let mut seen = std::collections::HashSet::new();
        self.found.retain(|diagnostic| {
            seen.insert((diagnostic.code, diagnostic.span, diagnostic.message.clone()))
        });
        if let Some(mut last) = self.overflow {
            last.code = "too-many-mistakes";
            last.message = format!(
                "the file has {} more mistakes; this is the last of them",
                self.beyond
            );
            last.help = None;
            last.related = None;
            self.found.push(last);
        }
        self.found
    }

    /// Returns `value` if there are no mistakes, otherwise the mistakes.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Vec<Diagnostic>> {
        if self.found.is_empty() {
            Ok(value)
        } else {
            Err(self.into_sorted())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_of_a_word_inside_a_text_of_several_lines() {
        let text = "a: |\n  ä $room\n";
        let whole = Span {
            start: 3,
            end: text.len(),
            line: 1,
            column: 4,
        };
        let found = whole.find(text, "$room");
        assert_eq!(&text[found.start..found.end], "$room");
        assert_eq!((found.line, found.column), (2, 5));
    }
}
