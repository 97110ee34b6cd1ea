//! The secrets of a command, and the search for them in a text.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    ops::Range,
    sync::{Arc, LazyLock, OnceLock},
};

use memchr::memmem::{FindIter, Finder};
use regex::Regex;

use super::{forms, ranges::Ranges, unbroken::Unbroken};

/// The text that replaces a secret.
pub(super) const REPLACEMENT: &str = "***";

/// The length of the shortest value that is masked. Shorter values occur in ordinary text by chance.
const SHORTEST: usize = 6;

/// The length of the shortest line of a secret with several lines that is masked. Lines shorter than [`SHORTEST`] are
/// masked only where they are a whole line of the text.
const SHORTEST_LINE: usize = 3;

/// The length of the shortest piece of a secret that is masked where it is a whole line of the text. Tools such as
/// `base64` break a secret into lines.
const SHORTEST_PIECE: usize = 8;

/// The length of the shortest beginning or end of a secret that is masked beside `…`, the mark of a cut. A single letter
/// or digit is enough there: a text that was cut has lost more than the few characters that are masked by chance.
const SHORTEST_REST: usize = 1;

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
/// Each secret is masked as plain text and in the encoded forms that `forms.rs` lists, such as base64 and JSON, even
/// inside a longer word, and where a line break is in the middle of it. Each line of a secret with several lines is a secret too.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The search for each form of each value, by the form in lower case.
    forms: HashMap<Arc<str>, Arc<Search>>,
    /// Lines of secrets that are too short to be masked inside other text, in lower case. They are masked where they
    /// are a whole line.
    short_lines: BTreeSet<Arc<str>>,
}

/// The search for one form of a secret.
///
/// The finder is built at the first search and then kept, because one form is searched in many texts. Most attempts
/// sign tokens that no text is searched for.
#[derive(Debug, Default)]
struct Search(OnceLock<Finder<'static>>);

impl Search {
    /// Finds `form`, always the same one, in `text`.
    fn find_in<'a>(&'a self, form: &'a str, text: &'a str) -> Option<FindIter<'a, 'a>> {
        // A text that is shorter than the secret can't contain it. Most texts are, so this check saves time.
        (form.len() <= text.len()).then(|| {
            let finder = self.0.get_or_init(|| Finder::new(form).into_owned());
            finder.find_iter(text.as_bytes())
        })
    }
}

impl Secrets {
    /// Adds a value and each of its lines. Ignores values of fewer than 6 bytes, which are too common to mask.
    pub fn add(&mut self, value: &str) {
        if value.len() < SHORTEST || self.forms.contains_key(value.to_ascii_lowercase().as_str()) {
            return;
        }
        self.add_forms(value);
        if value.contains(['\n', '\r']) {
            for line in value.split(['\n', '\r']).map(str::trim) {
                self.add_line(line);
            }
        }
    }

    /// Adds all values of `other`.
    pub fn extend(&mut self, other: &Self) {
        let forms = other.forms.iter();
        self.forms
            .extend(forms.map(|(form, search)| (Arc::clone(form), Arc::clone(search))));
        self.short_lines.extend(other.short_lines.iter().cloned());
    }

    /// Returns `text` with `***` in place of every secret, of the beginning or end of a secret that was cut at a `…`, and
    /// of every JSON Web Token.
    pub fn mask(&self, text: &str) -> String {
        if self.forms.is_empty() && !text.contains(TOKEN_START) {
            return text.to_owned();
        }
        // Search in lower case, because a server may print a value or the hex digits of an escape in upper case. This
        // conversion keeps the positions of all bytes.
        let lower = text.to_ascii_lowercase();
        let mut ranges = Ranges::default();
        for found in self.find_in(&lower) {
            ranges.add(found);
        }
        if let Some(unbroken) = Unbroken::new(&lower) {
            for found in self.find_in(&unbroken.text) {
                for part in unbroken.originals(found) {
                    ranges.add(part);
                }
            }
        }
        self.add_cut(&lower, &mut ranges);
        self.add_lines(&lower, &mut ranges);
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
        self.find_in(&lower).next().is_some()
    }

    /// Finds all secrets in a text in lower case.
    fn find_in<'a>(&'a self, lower: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.forms.iter().flat_map(move |(form, search)| {
            let starts = search.find_in(form, lower).into_iter().flatten();
            starts.map(|start| start..start + form.len())
        })
    }

    fn add_forms(&mut self, value: &str) {
        for form in forms::forms_of(value) {
            let form = form.to_ascii_lowercase();
            if form.len() >= SHORTEST && !self.forms.contains_key(form.as_str()) {
                self.forms.insert(form.into(), Arc::default());
            }
        }
    }

    fn add_line(&mut self, line: &str) {
        if line.len() >= SHORTEST {
            self.add_forms(line);
        } else if line.len() >= SHORTEST_LINE && has_letters(line) {
            self.short_lines.insert(line.to_ascii_lowercase().into());
        }
    }

    /// Finds the ends and beginnings of secrets on both sides of each `…`, where a text was cut.
    fn add_cut(&self, lower: &str, ranges: &mut Ranges) {
        for (at, mark) in lower.match_indices(CUT) {
            let before = lower[..at].strip_suffix(' ').unwrap_or(&lower[..at]);
            let behind = at + mark.len();
            let after = lower[behind..]
                .strip_prefix(' ')
                .unwrap_or(&lower[behind..]);
            let start = lower.len() - after.len();
            for form in self.forms.keys() {
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
                    ranges.add(before.len() - length..before.len());
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
                    ranges.add(start..start + length);
                }
            }
        }
    }

    /// Finds the lines of the text that consist only of a piece of a secret.
    fn add_lines(&self, lower: &str, ranges: &mut Ranges) {
        let mut start = 0;
        for line in lower.split_inclusive('\n') {
            let inner = line.trim();
            let is_secret = match inner.len() {
                ..SHORTEST_LINE => false,
                SHORTEST_LINE..SHORTEST_PIECE => self.short_lines.contains(inner),
                _ => {
                    let finder = Finder::new(inner);
                    let mut forms = self.forms.keys();
                    forms.any(|form| finder.find(form.as_bytes()).is_some())
                }
            };
            if is_secret {
                let from = start + (line.len() - line.trim_start().len());
                ranges.add(from..from + inner.len());
            }
            start += line.len();
        }
    }
}

/// Returns true if the text has a letter or a digit. Punctuation is no secret: the full stop at the end of an unsigned
/// token, or a bracket alone on a line.
fn has_letters(text: &str) -> bool {
    text.contains(|one: char| one.is_alphanumeric())
}

/// Returns true if a piece of `length` bytes can be the end or the beginning of a secret beside the character
/// `outside`. A few characters inside a longer word are that word, not a secret: the `w` of `within`.
fn can_stand_beside(outside: Option<char>, length: usize) -> bool {
    const CHANCE: usize = 4;
    length >= CHANCE || !outside.is_some_and(char::is_alphanumeric)
}

/// Shows the number of forms, but never the forms.
impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({} forms)", self.forms.len())
    }
}
