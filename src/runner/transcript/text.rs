//! The text of one line while its placeholders have no numbers yet.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::{
    data::hex,
    text::escape::{self, Newlines},
};

/// The limit on the bytes of a line. A longer line shows its beginning, its length and a digest of the whole.
const LINE: usize = 1_200;

/// The bytes of the beginning that a longer line shows.
const SHOWN: usize = 400;

/// The hex digits of a digest that a transcript shows.
const DIGITS: usize = 12;

/// The text of a line in pieces.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Text(Vec<Piece>);

/// A piece of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    /// Text that is the same in every run.
    Plain(String),
    /// A value that differs from run to run and has no name. It gets the number of its first appearance in the
    /// transcript.
    Numbered { kind: Kind, value: String },
}

/// The kinds of values that get a number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Kind {
    /// An id that has the form of a UUID.
    Id,
    /// An offset of connection state recovery.
    Offset,
    /// An id of the server, in a field named `pid`.
    Pid,
    /// An id of the server, in a field named `sid`.
    Sid,
    /// A token that the scenario made.
    Token,
    /// The ack id of an event of the client. The numbers of each lane begin with 0.
    ClientAck,
    /// The ack id of an event of the server. The numbers of each lane begin with 0.
    ServerAck,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Offset => "offset",
            Self::Pid => "pid",
            Self::Sid => "sid",
            Self::Token => "token",
            Self::ClientAck | Self::ServerAck => "ack",
        }
    }

    /// Returns true for an ack id: a number on the wire, and so a number in the transcript.
    fn is_ack(self) -> bool {
        matches!(self, Self::ClientAck | Self::ServerAck)
    }
}

impl Text {
    /// Adds text that is the same in every run.
    pub(super) fn push(&mut self, text: &str) {
        if let Some(Piece::Plain(last)) = self.0.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.0.push(Piece::Plain(text.to_owned()));
        }
    }

    /// Adds a value that gets a number.
    pub(super) fn push_numbered(&mut self, kind: Kind, value: String) {
        self.0.push(Piece::Numbered { kind, value });
    }

    /// Adds another text.
    pub(super) fn append(&mut self, other: Self) {
        for piece in other.0 {
            match piece {
                Piece::Plain(text) => self.push(&text),
                numbered @ Piece::Numbered { .. } => self.0.push(numbered),
            }
        }
    }

    /// Returns the text without numbers, by which lines are sorted: the same in every run.
    pub(super) fn key(&self) -> String {
        self.0.iter().fold(String::new(), |mut key, piece| {
            match piece {
                Piece::Plain(text) => key.push_str(text),
                Piece::Numbered { kind, .. } => {
                    key.push('<');
                    key.push_str(kind.name());
                    key.push('>');
                }
            }
            key
        })
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(vec![Piece::Plain(text)])
    }
}

/// Gives values their numbers, in the order in which they appear.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    of_values: HashMap<(Kind, String), usize>,
    counts: HashMap<Kind, usize>,
}

impl Numbers {
    /// Makes the ack ids of the next lane begin with 0 again.
    pub(super) fn begin_lane(&mut self) {
        self.of_values.retain(|(kind, _), _| !kind.is_ack());
        self.counts.retain(|kind, _| !kind.is_ack());
    }

    /// Returns a line with a number for each value, on one line, and not longer than a line may be.
    pub(super) fn render(&mut self, text: &Text) -> String {
        let mut line = String::new();
        for piece in &text.0 {
            match piece {
                Piece::Plain(text) => line.push_str(&escape::visible(text, Newlines::Escape)),
                Piece::Numbered { kind, value } => {
                    let number = self.number(*kind, value);
                    line.push_str(&match kind.is_ack() {
                        true => number.to_string(),
                        false => format!("<{}:{}>", kind.name(), number + 1),
                    });
                }
            }
        }
        bounded(line)
    }

    /// Returns the text with the numbers that its values have already, by which lines are sorted: values without a number
    /// come first.
    pub(super) fn key(&self, text: &Text) -> String {
        text.0.iter().fold(String::new(), |mut key, piece| {
            match piece {
                Piece::Plain(text) => key.push_str(text),
                Piece::Numbered { kind, value } => {
                    let number = self.of_values.get(&(*kind, value.clone()));
                    let number = number.map_or_else(String::new, |number| format!("{number:06}"));
                    key.push_str(&format!("<{}:{number}>", kind.name()));
                }
            }
            key
        })
    }

    fn number(&mut self, kind: Kind, value: &str) -> usize {
        let count = self.counts.entry(kind).or_default();
        *self
            .of_values
            .entry((kind, value.to_owned()))
            .or_insert_with(|| {
                *count += 1;
                *count - 1
            })
    }
}

/// Returns a line that is not too long. A line that was too long ends with its length and a digest of the whole, so that
/// each change of it is a change of the transcript.
fn bounded(line: String) -> String {
    if line.len() <= LINE {
        return line;
    }
    let mut end = SHOWN;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let shown = line.get(..end).unwrap_or_default();
    format!("{shown}… {}", digest(line.len(), &line))
}

/// Returns what stands for a long text: its length in bytes, and the beginning of its SHA-256.
pub(super) fn digest(length: usize, text: &str) -> String {
    let mut digits = hex(&Sha256::digest(text.as_bytes()));
    digits.truncate(DIGITS);
    format!("<{length} bytes, sha256 {digits}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_get_the_number_of_their_first_appearance() {
        let line = |value: &str| {
            let mut text = Text::from("from ".to_owned());
            text.push_numbered(Kind::Sid, value.to_owned());
            text
        };
        let mut numbers = Numbers::default();
        assert_eq!(numbers.render(&line("zz")), "from <sid:1>");
        assert_eq!(numbers.render(&line("aa")), "from <sid:2>");
        assert_eq!(numbers.render(&line("zz")), "from <sid:1>");
        assert_eq!(line("zz").key(), line("aa").key());
    }

    #[test]
    fn ack_ids_begin_with_0_in_each_lane() {
        let line = |id: &str| {
            let mut text = Text::from("42".to_owned());
            text.push_numbered(Kind::ClientAck, id.to_owned());
            text
        };
        let mut numbers = Numbers::default();
        assert_eq!(numbers.render(&line("7")), "420");
        assert_eq!(numbers.render(&line("9")), "421");
        numbers.begin_lane();
        assert_eq!(numbers.render(&line("9")), "420");
    }

    #[test]
    fn a_change_in_the_middle_of_a_long_line_is_a_change() {
        let long = |middle: char| {
            let text = "a".repeat(1_000) + &middle.to_string() + &"a".repeat(1_000);
            Numbers::default().render(&Text::from(text))
        };
        assert!(long('b').len() < LINE);
        assert!(long('b').contains("<2001 bytes, sha256 "));
        assert_ne!(long('b'), long('c'));
    }

    #[test]
    fn a_line_is_one_line() {
        let text = Text::from("a\nb\u{1b}[2J".to_owned());
        assert_eq!(Numbers::default().render(&text), "a\\nb\\u{1b}[2J");
    }
}
