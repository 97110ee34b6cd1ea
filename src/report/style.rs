//! The colours of all outputs, by meaning. Each meaning also has a word, so that nothing depends on colour.

use std::fmt;

use anstyle::{AnsiColor, Style};

use crate::runner::Verdict;

/// The meaning of a piece of text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// A line that only the new transcript has.
    Added,
    /// The part of a new line that differs from the old line.
    AddedPart,
    /// Secondary text: times, line numbers, clauses.
    Dim,
    /// The value that the scenario expects.
    Expected,
    /// A heading or an id.
    Strong,
    /// The value that the client received.
    Received,
    /// A line that only the old transcript has.
    Removed,
    /// The part of an old line that differs from the new line.
    RemovedPart,
    /// The word for a verdict.
    Sign(Verdict),
    /// The marks below a line of a scenario that underline a part of it.
    Underline,
}

/// Whether text has colours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Palette {
    /// Text without colours: no escape sequences.
    #[default]
    Plain,
    /// Text with colours, made by escape sequences.
    Styled,
}

impl Palette {
    /// Returns `text` in the style of `role`.
    pub fn paint<T: fmt::Display>(self, role: Role, text: T) -> Painted<T> {
        let style = match self {
            Self::Plain => Style::new(),
            Self::Styled => style_of(role),
        };
        Painted { style, text }
    }

    /// Returns the word for a verdict, in its colour.
    pub fn sign(self, verdict: Verdict) -> Painted<&'static str> {
        self.paint(Role::Sign(verdict), verdict.sign())
    }
}

/// A text with its style.
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { style, text } = self;
        write!(formatter, "{style}")?;
        // Only the text is padded to the width; the escape sequences have no width.
        text.fmt(formatter)?;
        write!(formatter, "{style:#}")
    }
}

fn style_of(role: Role) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match role {
        Role::Added => colour(AnsiColor::Green),
        Role::AddedPart => colour(AnsiColor::Green).bold().underline(),
        Role::Dim => Style::new().dimmed(),
        Role::Expected => colour(AnsiColor::Green),
        Role::Received => colour(AnsiColor::Red),
        Role::Removed => colour(AnsiColor::Red),
        Role::RemovedPart => colour(AnsiColor::Red).bold().underline(),
        Role::Strong => Style::new().bold(),
        Role::Underline => colour(AnsiColor::Red).bold(),
        Role::Sign(Verdict::Pass) => colour(AnsiColor::Green).bold(),
        Role::Sign(Verdict::Warn) => colour(AnsiColor::Yellow).bold(),
        Role::Sign(Verdict::Fail) => colour(AnsiColor::Red).bold(),
        Role::Sign(Verdict::Skip) => colour(AnsiColor::Cyan),
        Role::Sign(Verdict::Error) => colour(AnsiColor::Magenta).bold(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_holds_no_escape_sequence() {
        let text = format!("{:5}|", Palette::Plain.sign(Verdict::Pass));
        assert_eq!(text, "ok   |");
    }

    #[test]
    fn padding_does_not_count_escape_sequences() {
        let text = format!("{:5}|", Palette::Styled.sign(Verdict::Fail));
        assert_eq!(text, "\u{1b}[1m\u{1b}[31mFAIL \u{1b}[0m|");
    }
}
