//! Diagnostics for a terminal, for an editor's list and for programs.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity};

/// Whether a rendering has colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colours {
    /// Plain text.
    Off,
    /// ANSI escapes.
    On,
}

impl Diagnostic {
    /// The source line, underlined, with help.
    pub fn render_full(&self, colours: Colours) -> String {
        let path = self.source.path.to_string_lossy();
        let title = self.level().primary_title(&self.message).id(self.code);
        let mut group = match self.span {
            None => title.element(Origin::path(path)),
            Some(span) => {
                let mut snippet = Snippet::source(&self.source.text)
                    .path(path)
                    .annotation(AnnotationKind::Primary.span(span.start..span.end.max(span.start)));
                if let Some((place, label)) = &self.related {
                    snippet = snippet.annotation(
                        AnnotationKind::Context
                            .span(place.start..place.end)
                            .label(label),
                    );
                }
                title.element(snippet)
            }
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

    /// `file:line:column: error[code]: message`, in one line.
    pub fn render_short(&self) -> String {
        let mut line = self.source.path.to_string_lossy().into_owned();
        if let Some(span) = self.span {
            let _ = write!(line, ":{}:{}", span.line, span.column);
        }
        let severity = self.severity.name();
        let _ = write!(line, ": {severity}[{}]: {}", self.code, self.message);
        line
    }

    /// The diagnostic for programs.
    pub fn to_json(&self) -> serde_json::Value {
        let place = |span: super::Span| {
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

    fn level(&self) -> Level<'static> {
        match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        }
    }
}

impl Severity {
    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
