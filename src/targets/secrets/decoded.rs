//! A text without its escapes, to find secrets in it that some program has escaped.
//!
//! JSON, URLs, HTML and the debug output of most languages write some characters as escapes, and each program chooses
//! other characters. A text can also be escaped several times: JSON inside JSON inside a URL. So the escapes of a text
//! are decoded, whatever they are, until none is left.

use std::{ops::Range, sync::Arc};

/// The characters with which escapes begin.
const STARTS: [char; 3] = ['\\', '%', '&'];

/// The names of characters in HTML and XML that programs write instead of numbers.
const NAMED: [(&str, char); 6] = [
    ("amp;", '&'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("sol;", '/'),
];

/// A text in lower case without one level of escapes, and where each part of it stands in the original text.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The text.
    pub(super) text: String,
    /// For each byte of the text, where its escape starts in the original; last, the length of the original.
    starts: Vec<usize>,
}

/// One unit of an escaped text.
enum Unit {
    /// A character that stands for itself, or that one escape gives.
    Character(char),
    /// A byte. Several of them can be one character in UTF-8.
    Byte(u8),
}

/// Bytes of neighbouring escapes, each with the place of its escape.
#[derive(Default)]
struct Bytes(Vec<(u8, usize)>);

impl Decoded {
    /// Decodes `text`, which is in lower case, level by level, until no escape is left.
    pub(super) fn levels(text: &str) -> impl Iterator<Item = Arc<Self>> + use<> {
        let first = Self::of(text).map(Arc::new);
        std::iter::successors(first, |level| level.again().map(Arc::new))
    }

    /// Decodes the escapes of `text`, which is in lower case; `None` if it has none.
    fn of(text: &str) -> Option<Self> {
        let identity = |at: usize| at;
        Self::decode(text, identity)
    }

    /// Decodes the escapes that are left; `None` if there are none.
    fn again(&self) -> Option<Self> {
        Self::decode(&self.text, |at| self.original(at))
    }

    /// Returns the part of the original text from which the part `range` of this text comes.
    pub(super) fn originals(&self, range: Range<usize>) -> Range<usize> {
        self.original(range.start)..self.original(range.end)
    }

    fn original(&self, at: usize) -> usize {
        let last = self.starts.last().copied().unwrap_or_default();
        self.starts.get(at).copied().unwrap_or(last)
    }

    fn decode(text: &str, original: impl Fn(usize) -> usize) -> Option<Self> {
        if !text.contains(STARTS) {
            return None;
        }
        let mut decoded = Self {
            text: String::with_capacity(text.len()),
            starts: Vec::with_capacity(text.len() + 1),
        };
        let mut bytes = Bytes::default();
        let mut at = 0;
        let mut is_changed = false;
        while let Some((unit, length)) = text.get(at..).and_then(next_unit) {
            match unit {
                Unit::Byte(byte) => bytes.0.push((byte, original(at))),
                Unit::Character(character) => {
                    bytes.flush(&mut decoded);
                    decoded.push(character, original(at));
                    is_changed |= length != character.len_utf8();
                }
            }
            is_changed |= !bytes.0.is_empty();
            at += length;
        }
        bytes.flush(&mut decoded);
        decoded.text.make_ascii_lowercase();
        decoded.starts.push(original(text.len()));
        is_changed.then_some(decoded)
    }

    fn push(&mut self, character: char, original: usize) {
        self.text.push(character);
        self.starts
            .extend(std::iter::repeat_n(original, character.len_utf8()));
    }
}

impl Bytes {
    /// Adds the bytes to `decoded`: as UTF-8 if they are, otherwise as Latin-1, in which JavaScript and Python print
    /// the characters below 256.
    fn flush(&mut self, decoded: &mut Decoded) {
        let all: Vec<u8> = self.0.iter().map(|(byte, _)| *byte).collect();
        if let Ok(text) = str::from_utf8(&all) {
            for (at, character) in text.char_indices() {
                let original = self.0.get(at).map_or(0, |(_, original)| *original);
                decoded.push(character, original);
            }
        } else {
            for (byte, original) in &self.0 {
                decoded.push(char::from(*byte), *original);
            }
        }
        self.0.clear();
    }
}

/// Returns the first unit of a text and its length in bytes; `None` at the end of the text.
fn next_unit(text: &str) -> Option<(Unit, usize)> {
    let first = text.chars().next()?;
    let rest = &text[first.len_utf8()..];
    let escape = match first {
        '\\' => backslash(rest),
        '%' => hex_byte(rest).map(|byte| (Unit::Byte(byte), 2)),
        '&' => entity(rest).map(|(character, length)| (Unit::Character(character), length)),
        _ => None,
    };
    Some(match escape {
        Some((unit, length)) => (unit, first.len_utf8() + length),
        None => (Unit::Character(first), first.len_utf8()),
    })
}

/// Decodes what follows a backslash.
fn backslash(rest: &str) -> Option<(Unit, usize)> {
    let letter = rest.chars().next()?;
    let behind = &rest[letter.len_utf8()..];
    let number = match letter {
        'x' => hex_byte(behind).map(|byte| (Unit::Byte(byte), 2)),
        'u' => code(behind).map(|(character, length)| (Unit::Character(character), length)),
        _ => None,
    };
    let (unit, length) = number.unwrap_or_else(|| {
        let character = match letter {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            other => other,
        };
        (Unit::Character(character), 0)
    });
    Some((unit, letter.len_utf8() + length))
}

/// Decodes what follows `\u`: `{e9}`, four digits, or four digits of each half of a surrogate pair.
fn code(rest: &str) -> Option<(char, usize)> {
    if let Some(inner) = rest.strip_prefix('{') {
        let (digits, _) = inner.split_once('}')?;
        let character = char::from_u32(number(digits, 16)?)?;
        return Some((character, digits.len() + 2));
    }
    let first = number(rest.get(..4)?, 16)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 4));
    }
    let second = rest.get(4..)?.strip_prefix("\\u")?.get(..4)?;
    let units = [first, number(second, 16)?].map(|unit| u16::try_from(unit).unwrap_or_default());
    let character = char::decode_utf16(units).next()?.ok()?;
    Some((character, 10))
}

/// Decodes what follows the `&` of an HTML character reference.
fn entity(rest: &str) -> Option<(char, usize)> {
    let Some(numeric) = rest.strip_prefix('#') else {
        let found = NAMED.iter().find(|(name, _)| rest.starts_with(name));
        return found.map(|(name, character)| (*character, name.len()));
    };
    /// Numbers of characters have at most seven digits; some programs write zeros before them.
    const LONGEST: usize = 12;
    let end = numeric
        .bytes()
        .take(LONGEST)
        .position(|byte| byte == b';')?;
    let written = numeric.get(..end)?;
    let value = match written.strip_prefix('x') {
        Some(digits) => number(digits, 16),
        None => number(written, 10),
    };
    Some((char::from_u32(value?)?, end + 2))
}

fn hex_byte(rest: &str) -> Option<u8> {
    let value = number(rest.get(..2)?, 16)?;
    u8::try_from(value).ok()
}

/// Reads digits. A sign is no digit.
fn number(digits: &str, radix: u32) -> Option<u32> {
    let are_digits = digits.chars().all(|digit| digit.is_digit(radix));
    let value = u32::from_str_radix(digits, radix).ok()?;
    are_digits.then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(text: &str) -> String {
        Decoded::of(text).map_or_else(|| text.to_owned(), |decoded| decoded.text)
    }

    #[test]
    fn escapes_of_many_languages_are_decoded() {
        for (escaped, plain) in [
            (r#"a\"b\\c\/d\n"#, "a\"b\\c/d\n"),
            (r"\u002b\u{e9}\ud83d\ude00", "+é😀"),
            (r"\xc3\xa9 \xe9", "é é"),
            ("%2b%c3%a9%zz%4", "+é%zz%4"),
            (
                "&#43;&#x2b;&#0043;&quot;&amp;&nothing;&#;",
                "+++\"&&nothing;&#;",
            ),
            (r"\", r"\"),
            (r"\u12", "u12"),
            ("plain é", "plain é"),
        ] {
            assert_eq!(decoded(escaped), plain, "{escaped}");
        }
    }

    #[test]
    fn parts_lead_back_to_their_escapes_through_several_levels() {
        let text = r"ab%5c%75002bcd";
        let once = Decoded::of(text).unwrap();
        assert_eq!(once.text, r"ab\u002bcd");
        let twice = once.again().unwrap();
        assert_eq!(twice.text, "ab+cd");
        assert_eq!(&text[twice.originals(2..3)], "%5c%75002b");
        assert_eq!(&text[twice.originals(1..5)], "b%5c%75002bcd");
        assert!(twice.again().is_none());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_decoder(text in r"([\\%&ux#;0-9a-f{}é]|\\u[0-9a-f]{4}){0,40}") {
            if let Some(decoded) = Decoded::of(&text) {
                prop_assert_eq!(decoded.starts.len(), decoded.text.len() + 1);
                for (at, _) in decoded.text.char_indices() {
                    prop_assert!(text.is_char_boundary(decoded.original(at)));
                }
                prop_assert!(decoded.starts.is_sorted());
            }
        }
    }
}
