//! What a server sends can't break a report: the one place where hostile text is made visible.
//!
//! Text of a target reaches a person's terminal, a CI log or an XML parser only through here.
//! Characters that act instead of being seen are written as `\u{1b}`; what is too long keeps its head, its
//! tail and its length.

use std::fmt::Write as _;

/// What becomes of line breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Newlines {
    /// They are written as `\n`: the result is one line.
    Escape,
    /// They stay.
    Keep,
}

/// Bytes of one text that a person is shown on one line.
pub const LINE_LIMIT: usize = 400;

/// Bytes of one text that a person is shown as a block.
pub const BLOCK_LIMIT: usize = 8_000;

/// `text` as one line of at most [`LINE_LIMIT`] bytes before escaping.
pub fn line(text: &str) -> String {
    visible(&clip(text, LINE_LIMIT), Newlines::Escape)
}

/// `text` with its line breaks, of at most [`BLOCK_LIMIT`] bytes before escaping.
pub fn block(text: &str) -> String {
    visible(&clip(text, BLOCK_LIMIT), Newlines::Keep)
}

/// `text` with every character that acts instead of being seen written out.
pub fn visible(text: &str, newlines: Newlines) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' if newlines == Newlines::Keep => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            _ if acts(character) => {
                // Writing to a `String` can't fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// `text`, or where it is longer than `limit` bytes its head, its tail and its length.
pub fn clip(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let tail = limit / 4;
    let head_end = text.floor_char_boundary(limit - tail);
    let tail_start = text.ceil_char_boundary(text.len() - tail);
    let (head, rest) = text.split_at(head_end);
    let tail = &rest[tail_start - head_end..];
    format!("{head} … {tail} ({} bytes)", group_digits(text.len()))
}

/// Whether a terminal, an editor or an XML parser would do something with this character other than show it.
pub fn acts(character: char) -> bool {
    let code = u32::from(character);
    character.is_control()                       // C0, DEL and C1: every terminal escape begins here
        || matches!(code,
            0x00ad | 0x061c | 0x180e             // soft hyphen, Arabic letter mark, Mongolian vowel separator
            | 0x200b..=0x200f                    // zero width, left-to-right and right-to-left marks
            | 0x2028..=0x202e                    // line and paragraph separators, bidirectional overrides
            | 0x2060..=0x206f                    // word joiner, invisible operators, bidirectional isolates
            | 0xfdd0..=0xfdef                    // noncharacters
            | 0xfeff | 0xfff9..=0xfffb           // byte order mark, interlinear annotations
            | 0xe0000..=0xe007f)                 // tags: invisible text
        || code & 0xfffe == 0xfffe // the last two of every plane; XML 1.0 forbids U+FFFE and U+FFFF
}

/// `1234567` as `1,234,567`.
pub(super) fn group_digits(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terminal_escapes_become_visible() {
        assert_eq!(
            line("\x1b[2J\u{9b}31m\x07\x7f\r\n\0"),
            r"\u{1b}[2J\u{9b}31m\u{7}\u{7f}\r\n\0"
        );
    }

    #[test]
    fn text_that_hides_or_turns_around_becomes_visible() {
        assert_eq!(
            line("a\u{202e}b\u{200b}c\u{feff}d\u{e0041}e\u{ffff}"),
            r"a\u{202e}b\u{200b}c\u{feff}d\u{e0041}e\u{ffff}"
        );
        assert_eq!(line("żółw 🐢 日本"), "żółw 🐢 日本");
    }

    #[test]
    fn a_huge_payload_shows_its_ends_and_its_length() {
        let huge = format!("{}{}", "a".repeat(600_000), "z".repeat(400_000));
        let shown = clip(&huge, 16);
        assert_eq!(shown, "aaaaaaaaaaaa … zzzz (1,000,000 bytes)");
        assert_eq!(clip("short", 5), "short");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through(text in any::<String>(), limit in 0_usize..40) {
            let one_line = visible(&clip(&text, limit), Newlines::Escape);
            prop_assert!(!one_line.chars().any(acts));
            let kept = visible(&text, Newlines::Keep);
            prop_assert!(!kept.chars().any(|character| character != '\n' && acts(character)));
        }

        #[test]
        fn a_clipped_text_is_never_much_longer_than_its_limit(text in any::<String>(), limit in 0_usize..40) {
            prop_assert!(clip(&text, limit).len() <= limit.max(text.len().min(limit)) + 40);
        }
    }
}
