//! Renders diagnostics with their source lines for terminals, as one line for editors, and as JSON for programs.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity, Span};

/// The limit, in bytes, on the lines of a file that a message quotes. If the mistake spans more, the message names only
/// the place of the mistake.
const MAX_SHOWN: usize = 16 * 1024;

/// Whether rendered text has colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colours {
    /// Plain text.
    Off,
    /// ANSI escape sequences.
    On,
}

impl Diagnostic {
    /// Renders the message, the source lines with the mistake underlined, and the help.
    pub fn render_full(&self, colours: Colours) -> String {
        let path = self.source.path.to_string_lossy();
        let title = self.level().primary_title(&self.message).id(self.code);
        let mut group = match (self.span, self.lines()) {
            (Some(span), Some((lines, first))) => {
                let within = |place: Span| place.start - first.start..place.end - first.start;
                let mut snippet = Snippet::source(lines)
                    .path(path)
                    .line_start(first.line)
                    .annotation(AnnotationKind::Primary.span(within(span)));
                if let Some((place, label)) = &self.related {
                    let related = AnnotationKind::Context.span(within(*place));
                    snippet = snippet.annotation(related.label(label));
                }
                title.element(snippet)
            }
            (Some(span), None) => {
                title.element(Origin::path(path).line(span.line).char_column(span.column))
            }
            (None, _) => title.element(Origin::path(path)),
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = match colours {
            Colours::Off => Renderer::plain(),
            Colours::On => Renderer::styled(),
        };
        let groups: [Group<'_>; 1] = [group];
        renderer.render(&groups)
    }

    /// Renders one line: `file:line:column: error[code]: message`.
    pub fn render_short(&self) -> String {
        let mut line = self.source.path.to_string_lossy().into_owned();
        if let Some(span) = self.span {
            let _ = write!(line, ":{}:{}", span.line, span.column);
        }
        let severity = self.severity.name();
        let _ = write!(line, ": {severity}[{}]: {}", self.code, self.message);
        line
    }

    /// Returns the diagnostic as a JSON object with code, severity, message, file and places.
    pub fn to_json(&self) -> serde_json::Value {
        let place = |span: Span| {
            serde_json::json!({
                "line": span.line, "column": span.column, "start": span.start, "end": span.end,
            })
        };
        serde_json::json!({
            "code": self.code,
            "severity": self.severity.name(),
            "message": self.message,
            "file": self.source.path.to_string_lossy(),
            "span": self.span.map(place),
            "related": self.related.as_ref().map(|(span, label)| {
                serde_json::json!({ "span": place(*span), "label": label })
            }),
            "help": self.help,
        })
    }

    /// Returns the source lines to show, with the place of the first one. Returns `None` if the lines together are too
    /// long.
    fn lines(&self) -> Option<(&str, Span)> {
        let text = self.source.text.as_str();
        let span = self.span?;
        let related = self.related.as_ref().map_or(span, |(place, _)| *place);
        let (first, last) = (span.min(related), span.end.max(related.end));
        let before = text.get(..first.start)?;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = text
            .get(last..)?
            .find('\n')
            .map_or(text.len(), |newline| last + newline);
        let lines = text.get(start..end)?;
        (lines.len() <= MAX_SHOWN).then_some((lines, Span { start, ..first }))
    }

    fn level(&self) -> Level<'static> {
        match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        }
    }
}

impl Severity {
    /// Returns `error` or `warning`, the name of the severity in every output format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
