//! The secrets of a command, and the search for them in a text.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{Arc, LazyLock},
};

use regex::Regex;

use super::{
    decoded::Decoded,
    ranges::Ranges,
    secret::{SHORTEST, Secret, has_letters},
    unbroken::Unbroken,
};

/// The text that replaces a secret.
pub(super) const REPLACEMENT: &str = "***";

/// The length of the shortest beginning or end of a secret that is masked beside `…`, the mark of a cut. A single letter
/// or digit is enough there: a text that was cut has lost more than the few characters that are masked by chance.
const SHORTEST_REST: usize = 1;

/// How often a text is decoded. Programs rarely put JSON into JSON more than twice.
const LEVELS: usize = 6;

/// How the header of each JSON Web Token begins: `{"` in base64url.
const TOKEN_START: &str = "eyJ";

/// Matches JSON Web Tokens, also without their signature. A server's log can show tokens of other scenarios, which were
/// signed at another time, so their values are not all known where a report is written.
static TOKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"eyJ[\w-]{8,}\.eyJ[\w-]{2,}(?:\.[\w-]*)?").ok());

/// The mark that `text::shorten` writes where it cuts a text.
const CUT: char = '…';

/// The secrets to mask in outputs, whether a text has them in upper or lower case.
///
/// Each secret is masked as plain text, in the encodings that `forms.rs` lists (base64, hex), and behind any escapes of
/// JSON, URLs, HTML and debug output, even inside a longer word, and where a line break is in the middle of it. Each
/// line of a secret with several lines is a secret too.
///
/// Copies share the forms of their secrets.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<Arc<str>, Arc<Secret>>);

impl Secrets {
    /// Adds a value and each of its lines. Ignores values of fewer than 6 bytes, which are too common to mask.
    pub fn add(&mut self, value: &str) {
        if value.len() >= SHORTEST && !self.0.contains_key(value) {
            self.0.insert(value.into(), Arc::new(Secret::new(value)));
        }
    }

    /// Adds all values of `other`.
    pub fn extend(&mut self, other: &Self) {
        let added = other.0.iter();
        self.0
            .extend(added.map(|(value, secret)| (Arc::clone(value), Arc::clone(secret))));
    }

    /// Returns `text` with `***` in place of every secret, of the beginning or end of a secret that was cut at a `…`, and
    /// of every JSON Web Token.
    pub fn mask(&self, text: &str) -> String {
        if self.0.is_empty() && !text.contains(TOKEN_START) {
            return text.to_owned();
        }
        // Search in lower case, because a server may print a value or the hex digits of an escape in upper case. This
        // conversion keeps the positions of all bytes.
        let lower = text.to_ascii_lowercase();
        let mut ranges = Ranges::default();
        for found in self.found(&lower) {
            ranges.add(found);
        }
        for level in Decoded::levels(&lower).take(LEVELS) {
            for found in self.found(&level.text) {
                ranges.add(level.originals(found));
            }
        }
        if let Some(tokens) = TOKEN.as_ref().filter(|_| text.contains(TOKEN_START)) {
            for token in tokens.find_iter(text) {
                ranges.add(token.range());
            }
        }
        ranges.replace(text, REPLACEMENT)
    }

    /// Returns true if `text` contains a whole secret.
    pub fn found_in(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        let has_secret = |text: &str| self.find_in(text).next().is_some();
        let mut levels = Decoded::levels(&lower).take(LEVELS);
        has_secret(&lower) || levels.any(|level| has_secret(&level.text))
    }

    /// Finds all secrets, and the pieces of secrets at a cut or in a line, in a text in lower case. A secret that a tool
    /// has broken into lines has several parts.
    fn found(&self, lower: &str) -> Vec<Range<usize>> {
        let mut ranges: Vec<_> = self.find_in(lower).collect();
        if let Some(unbroken) = Unbroken::new(lower) {
            for found in self.find_in(&unbroken.text) {
                ranges.extend(unbroken.originals(found));
            }
        }
        self.add_cut(lower, &mut ranges);
        self.add_lines(lower, &mut ranges);
        ranges
    }

    /// Finds all secrets in a text in lower case.
    fn find_in<'a>(&'a self, lower: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.0
            .values()
            .flat_map(move |secret| secret.find_in(lower))
    }

    /// Finds the ends and beginnings of secrets on both sides of each `…`, where a text was cut.
    fn add_cut(&self, lower: &str, ranges: &mut Vec<Range<usize>>) {
        for (at, mark) in lower.match_indices(CUT) {
            let (before, is_between_blanks) = match lower[..at].strip_suffix(' ') {
                Some(before) => (before, true),
                None => (&lower[..at], false),
            };
            let behind = &lower[at + mark.len()..];
            // A blank only behind the mark: the cut text ended there, and what follows is our own sentence.
            let after = match behind.strip_prefix(' ') {
                Some(after) if is_between_blanks => after,
                Some(_) => "",
                None => behind,
            };
            let start = lower.len() - after.len();
            for form in self.0.values().flat_map(|secret| secret.forms()) {
                let lengths = || (SHORTEST_REST..form.len()).rev();
                let is_head = |length: &usize| {
                    form.is_char_boundary(*length)
                        && before
                            .strip_suffix(&form[..*length])
                            .is_some_and(|outside| {
                                has_letters(&form[..*length])
                                    && can_stand_beside(outside.chars().next_back(), *length)
                            })
                };
                if let Some(length) = lengths().find(is_head) {
                    ranges.push(before.len() - length..before.len());
                }
                let is_tail = |length: &usize| {
                    let from = form.len() - length;
                    form.is_char_boundary(from)
                        && after.strip_prefix(&form[from..]).is_some_and(|outside| {
                            has_letters(&form[from..])
                                && can_stand_beside(outside.chars().next(), *length)
                        })
                };
                if let Some(length) = lengths().find(is_tail) {
                    ranges.push(start..start + length);
                }
            }
        }
    }

    /// Finds the lines of the text that consist only of a piece of a secret.
    fn add_lines(&self, lower: &str, ranges: &mut Vec<Range<usize>>) {
        let mut start = 0;
        for line in lower.split_inclusive('\n') {
            let inner = line.trim();
            let is_secret = self.0.values().any(|secret| secret.has_line(inner));
            if is_secret {
                let from = start + (line.len() - line.trim_start().len());
                ranges.push(from..from + inner.len());
            }
            start += line.len();
        }
    }
}

/// Returns true if a piece of `length` bytes can be the end or the beginning of a secret beside the character
/// `outside`. A few characters inside a longer word are that word, not a secret: the `w` of `within`.
fn can_stand_beside(outside: Option<char>, length: usize) -> bool {
    const CHANCE: usize = 4;
    length >= CHANCE || !outside.is_some_and(char::is_alphanumeric)
}

/// Shows the number of secrets, but never the secrets.
impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({})", self.0.len())
    }
}
