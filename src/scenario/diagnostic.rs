//! Mistakes in a file, each with its place: one value, many renderers.

use std::{path::PathBuf, sync::Arc};

/// A file's name and text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceFile {
    /// As the user named it, or as it is embedded.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// A piece of a file, in bytes, with its place for people.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte in characters, from 1.
    pub column: usize,
}

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// The file can be used, but says something it likely does not mean.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Stable and greppable: `unknown-key`.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// What was found, in one sentence fragment.
    pub message: String,
    /// The file.
    pub source: Arc<SourceFile>,
    /// The text to underline; `None` where the whole file is meant.
    pub span: Option<Span>,
    /// A second place that belongs to it: "first defined here".
    pub related: Option<(Span, String)>,
    /// What would be right.
    pub help: Option<String>,
}
