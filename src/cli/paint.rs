//! Writes to the standard output and the standard error of a command, with colours and masked secrets.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{
    args::ColourWhen,
    context::{Context, Stream},
    door::Door,
    error::CliError,
};
use crate::{
    report::{Palette, Role},
    runner::{StartError, Verdict},
    scenario::{Colours, Diagnostic, SourceFile},
    targets::{Maskable, Masked, Secrets},
    text::escape,
};

/// The limit on diagnostics that one command prints. The command prints only the number of further ones.
const SHOWN: usize = 200;

/// The palettes of the standard output and the standard error, and the [`Door`] that masks secrets in both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) door: &'static Door,
    /// The palette of the standard output.
    pub(super) stdout: Palette,
    /// The palette of the standard error.
    pub(super) stderr: Palette,
}

impl Output {
    /// Returns the outputs of the process. Call this only once, because each call leaks a [`Door`].
    pub(super) fn new(context: Context, when: ColourWhen) -> Self {
        Self {
            door: Box::leak(Box::default()),
            stdout: context.palette(when, Stream::Stdout),
            stderr: context.palette(when, Stream::Stderr),
        }
    }

    /// Masks `secrets` in everything that is written from now on.
    pub(super) fn learn(self, secrets: &Secrets) {
        self.door.learn(secrets);
    }

    /// Returns `value` with `***` in place of the secrets that the command has read so far.
    pub(super) fn masked<T: Maskable>(self, value: T) -> Masked<T> {
        self.door.masked(value)
    }

    /// Writes the result of a command to the standard output.
    pub(super) fn write(self, text: &Masked<String>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Writes an error to the standard error. Ignores a failure to write, because there is no other place to report
    /// it.
    pub(super) fn print_error(self, error: &CliError) {
        let mut text = String::new();
        if let CliError::BadFiles(diagnostics) = error {
            text += &self.diagnostics(diagnostics, self.stderr);
        }
        let sign = self.stderr.paint(Role::Sign(Verdict::Error), "error");
        // A start error contains the last lines of the server's output, so its line breaks are kept.
        let words = match error {
            CliError::Start(StartError::Launch(_)) => {
                escape::block(&self.masked(error.to_string()))
            }
            _ => escape::line(&self.masked(error.to_string())),
        };
        text += &format!("{sign}: {words}\n");
        if let Some(help) = error.help() {
            text += &format!(" help: {}\n", escape::line(&self.masked(help.to_owned())));
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes a warning to the standard error.
    pub(super) fn print_warning(self, text: &str) {
        let sign = self.stderr.paint(Role::Sign(Verdict::Warn), "warning");
        let text = format!("{sign}: {}\n", escape::line(&self.masked(text.to_owned())));
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes warnings about files to the standard error.
    pub(super) fn print_diagnostics(self, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            let text = self.masked(self.diagnostics(diagnostics, self.stderr));
            let _ = io::stderr().lock().write_all(text.as_bytes());
        }
    }

    /// Renders diagnostics with their source lines.
    pub(super) fn diagnostics(self, diagnostics: &[Diagnostic], palette: Palette) -> String {
        let colours = match palette {
            Palette::Plain => Colours::Off,
            Palette::Styled => Colours::On,
        };
        let mut text = String::new();
        for diagnostic in diagnostics.iter().take(SHOWN) {
            let mut diagnostic = diagnostic.clone();
            diagnostic.message = self.masked(diagnostic.message).to_string();
            diagnostic.help = diagnostic.help.map(|help| self.masked(help).to_string());
            text += &without_controls(&diagnostic).render_full(colours);
            text += "\n\n";
        }
        if let Some(more @ 1..) = diagnostics.len().checked_sub(SHOWN) {
            text += &format!("… and {more} more\n\n");
        }
        text
    }
}

/// Replaces the control characters of a diagnostic, so that a file can't send escape sequences to the terminal.
fn without_controls(diagnostic: &Diagnostic) -> Diagnostic {
    // Each control character is replaced by a character of the same size, so that spans stay valid.
    let text: String = diagnostic
        .source
        .text
        .chars()
        .map(|character| match character {
            '\n' | '\t' | '\r' => character,
            _ if escape::acts(character) => mark_of_same_size(character),
            _ => character,
        })
        .collect();
    let source = SourceFile {
        path: escape::line(&diagnostic.source.path.to_string_lossy()).into(),
        text,
    };
    let mut shown = diagnostic.clone();
    shown.source = Arc::new(source);
    shown.message = escape::line(&shown.message);
    shown.help = shown.help.as_deref().map(escape::line);
    if let Some((_, label)) = &mut shown.related {
        *label = escape::line(label);
    }
    shown
}

/// Returns a visible character that has as many bytes in UTF-8 as `character`.
fn mark_of_same_size(character: char) -> char {
    match character.len_utf8() {
        1 => '?',
        2 => '¿',
        3 => '\u{fffd}',
        _ => '\u{1fbff}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_control_character_keeps_its_size() {
        for character in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{e0041}'] {
            let mark = mark_of_same_size(character);
            assert_eq!(mark.len_utf8(), character.len_utf8());
            assert!(!escape::acts(mark));
        }
    }
}
