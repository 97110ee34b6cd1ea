//! Escaping of control characters, so that text from a server can't act on a terminal, a CI log or an XML parser.
//!
//! All text from a target goes through this module before it is shown. An escape character is written as `\u{1b}`. A
//! text that is too long keeps its head, its tail and its length.

use std::{fmt::Write as _, str::Chars};

use super::clip;

/// What happens to the line breaks of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Newlines {
    /// A line break becomes `\n`, so the result is one line.
    Escape,
    /// Line breaks stay as they are.
    Keep,
}

/// The limit on the bytes of a text that is shown as one line.
pub const LINE_LIMIT: usize = 400;

/// The limit on the bytes of a text that is shown with its line breaks.
pub const BLOCK_LIMIT: usize = 8_000;

/// Returns `text` as one line with escaped control characters. Cuts the text to [`LINE_LIMIT`] bytes first.
pub fn line(text: &str) -> String {
    visible(&clip(text, LINE_LIMIT), Newlines::Escape)
}

/// Returns `text` with its line breaks and with escaped control characters. Cuts the text to [`BLOCK_LIMIT`] bytes
/// first.
pub fn block(text: &str) -> String {
    visible(&clip(text, BLOCK_LIMIT), Newlines::Keep)
}

/// Returns `text` with each character for which [`acts`] is true replaced by an escape. `newlines` says whether line
/// breaks stay.
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

/// Returns true if a terminal, an editor or an XML parser would not show this character but act on it, such as a
/// control character, an invisible character, or one that changes the direction of the text.
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

/// Returns `text` with its control characters as Rust writes them: `\n`, `\u{1b}`. Other characters stay.
pub fn controls(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    text.chars()
        .flat_map(|character| match character.is_control() {
            true => character.escape_default().collect::<Vec<_>>(),
            false => vec![character],
        })
        .collect()
}

/// Returns a text without the escape sequences that colour it or move the cursor (ECMA-48).
pub fn without_sequences(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => match characters.next() {
                Some('[') => skip_control_sequence(&mut characters),
                Some(']') => skip_string(&mut characters),
                // A designation of a character set has one character more.
                Some('(' | ')') => drop(characters.next()),
                Some(_) | None => {}
            },
            '\u{9b}' => skip_control_sequence(&mut characters),
            other => out.push(other),
        }
    }
    out
}

/// Skips a control sequence up to its final character.
fn skip_control_sequence(characters: &mut Chars<'_>) {
    let _ = characters.find(|character| matches!(character, '\u{40}'..='\u{7e}'));
}

/// Skips the text of a command, such as the title of a window, up to BEL or to the string terminator.
fn skip_string(characters: &mut Chars<'_>) {
    while let Some(character) = characters.next() {
        match character {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                characters.next();
                return;
            }
            _ => {}
        }
    }
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

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through(text in any::<String>(), limit in 0_usize..40) {
            let one_line = visible(&clip(&text, limit), Newlines::Escape);
            prop_assert!(!one_line.chars().any(acts));
            let kept = visible(&text, Newlines::Keep);
            prop_assert!(!kept.chars().any(|character| character != '\n' && acts(character)));
        }
    }

    #[test]
    fn colours_are_removed_and_the_text_stays() {
        for (coloured, plain) in [
            (
                "\u{1b}[32m✓\u{1b}[0m listening\ton \u{1b}[1;38;5;208m3000\u{1b}[m",
                "✓ listening\ton 3000",
            ),
            (
                "\u{1b}]0;title\u{7}up \u{1b}]8;;http://a\u{1b}\\link",
                "up link",
            ),
            ("\u{9b}31mred\u{1b}(B \u{1b}[2K\u{1b}Mend", "red end"),
            ("cut \u{1b}[3", "cut "),
            ("[32m stays", "[32m stays"),
        ] {
            assert_eq!(without_sequences(coloured), plain);
        }
    }
}
