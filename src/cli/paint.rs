//! The two outputs of a command, with their palettes.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{
    args::ColourWhen,
    context::{Context, Stream},
    error::CliError,
};
use crate::{
    report::{Palette, Role},
    runner::{StartError, Verdict},
    scenario::{Colours, Diagnostic, SourceFile},
    text::escape,
};

/// Diagnostics of one command that are shown in full; a file of nothing but mistakes shows no more.
const SHOWN: usize = 200;

/// Where a command writes, and in which colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    /// The palette of standard output.
    pub(super) stdout: Palette,
    /// The palette of standard error.
    pub(super) stderr: Palette,
}

impl Output {
    pub(super) fn new(context: Context, when: ColourWhen) -> Self {
        Self {
            stdout: context.palette(when, Stream::Stdout),
            stderr: context.palette(when, Stream::Stderr),
        }
    }

    /// Writes a result.
    pub(super) fn write(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Tells why a command ends early. Nothing can be done if even that fails.
    pub(super) fn complain(self, error: &CliError) {
        let mut text = String::new();
        if let CliError::BadFiles(diagnostics) = error {
            text += &self.diagnostics(diagnostics, self.stderr);
        }
        let sign = self.stderr.paint(Role::Sign(Verdict::Error), "error");
        // What a server wrote before it failed has lines of its own; nothing else acts in it.
        let words = match error {
            CliError::Start(StartError::Launch(_)) => escape::block(&error.to_string()),
            _ => escape::line(&error.to_string()),
        };
        text += &format!("{sign}: {words}\n");
        if let Some(help) = error.help() {
            text += &format!(" help: {}\n", escape::line(help));
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Tells what a user should know beside the result.
    pub(super) fn warn(self, text: &str) {
        let sign = self.stderr.paint(Role::Sign(Verdict::Warn), "warning");
        let text = format!("{sign}: {}\n", escape::line(text));
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Diagnostics with their source lines.
    pub(super) fn diagnostics(self, diagnostics: &[Diagnostic], palette: Palette) -> String {
        let colours = match palette {
            Palette::Plain => Colours::Off,
            Palette::Styled => Colours::On,
        };
        let mut text = String::new();
        for diagnostic in diagnostics.iter().take(SHOWN) {
            text += &shown(diagnostic).render_full(colours);
            text += "\n\n";
        }
        if let Some(more @ 1..) = diagnostics.len().checked_sub(SHOWN) {
            text += &format!("… and {more} more\n\n");
        }
        text
    }
}

/// The same with every text visible: a file of somebody else's must not steer the terminal either.
fn shown(diagnostic: &Diagnostic) -> Diagnostic {
    // A character stays where it is on its line; what acts becomes a mark of the same size.
    let text: String = diagnostic
        .source
        .text
        .chars()
        .map(|character| match character {
            '\n' | '\t' | '\r' => character,
            _ if escape::acts(character) => same_size(character),
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

/// A visible character of as many bytes in UTF-8, so that spans keep their meaning.
fn same_size(character: char) -> char {
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
    fn marks_have_the_size_of_what_they_stand_for() {
        for character in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{e0041}'] {
            let mark = same_size(character);
            assert_eq!(mark.len_utf8(), character.len_utf8());
            assert!(!escape::acts(mark));
        }
    }
}
