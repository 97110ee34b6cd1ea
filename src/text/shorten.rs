//! Shortened text: the only place that cuts a text which is too long to show.

use super::humanize::group_digits;
use crate::data::hex;

/// Returns `text` if it has at most `limit` bytes. Otherwise, returns its head, its tail and its length.
///
/// The tail gets a quarter of the limit, the head the rest.
pub fn clip(text: &str, limit: usize) -> String {
    let tail = limit / 4;
    match ends(text, limit, limit - tail, tail) {
        None => text.to_owned(),
        Some((head, tail)) => format!("{head} … {tail} ({} bytes)", group_digits(text.len())),
    }
}

/// Returns `text` if it has at most `limit` bytes. Otherwise, returns its head, its tail and its length.
///
/// The head has `limit / 2` bytes, the tail `limit / 4`.
pub fn keep_ends(text: String, limit: usize) -> String {
    match ends(&text, limit, limit / 2, limit / 4) {
        None => text,
        Some((head, tail)) => format!("{head} … {tail} ({} bytes)", text.len()),
    }
}

/// Returns `text` if it has at most `limit` characters. Otherwise, returns its first `limit` characters and its length.
pub fn keep_head(text: &str, limit: usize) -> String {
    match head(text, limit) {
        None => text.to_owned(),
        Some(head) => format!("{head}… ({} bytes)", text.len()),
    }
}

/// Returns the first `limit` lines. If there are more, adds a line that says how many.
pub fn keep_lines(mut lines: Vec<String>, limit: usize) -> Vec<String> {
    let more = lines.len().saturating_sub(limit);
    if more > 0 {
        lines.truncate(limit);
        lines.push(and_more(more));
    }
    lines
}

/// Returns the last line of a list, from which `more` lines were left out.
pub fn and_more(more: usize) -> String {
    format!("… and {} more", group_digits(more))
}

/// Returns the first 60 characters of `text` on one line: control characters become spaces.
pub fn excerpt(text: &str) -> String {
    const LENGTH: usize = 60;
    let printable = |text: &str| text.replace(char::is_control, " ");
    match head(text, LENGTH) {
        None => printable(text),
        Some(head) => format!("{}…", printable(head)),
    }
}

/// Returns excerpts of two texts, on one line each, in which a difference between the texts can be seen: their first 60
/// characters, or as many around the first difference.
pub fn excerpts_of_difference(one: &str, other: &str) -> (String, String) {
    /// The number of equal characters that stand before the difference.
    const BEFORE: usize = 20;
    let (first, second) = (excerpt(one), excerpt(other));
    if first != second || one == other {
        return (first, second);
    }
    let equal = one.chars().zip(other.chars());
    let equal = equal.take_while(|(one, other)| one == other).count();
    let from = |text: &str| {
        let rest: String = text.chars().skip(equal.saturating_sub(BEFORE)).collect();
        format!("…{}", excerpt(&rest))
    };
    (from(one), from(other))
}

/// Returns the first `limit` bytes in hex, followed by `…` if there are more.
pub fn hex_head(bytes: &[u8], limit: usize) -> String {
    match bytes.get(..limit) {
        Some(head) if head.len() < bytes.len() => hex(head) + "…",
        _ => hex(bytes),
    }
}

/// Returns the first `limit` characters, or `None` if the text has no more than that.
fn head(text: &str, limit: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(limit)?;
    text.get(..end)
}

/// Returns the first `head` and the last `tail` bytes of the text. Returns `None` if the text has at most `limit`
/// bytes.
///
/// Leaves out a character that a cut would split.
fn ends(text: &str, limit: usize, head: usize, tail: usize) -> Option<(&str, &str)> {
    if text.len() <= limit {
        return None;
    }
    let head_end = text.floor_char_boundary(head);
    let tail_start = text.ceil_char_boundary(text.len() - tail);
    Some((text.get(..head_end)?, text.get(tail_start..)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_huge_payload_shows_its_ends_and_its_length() {
        let huge = format!("{}{}", "a".repeat(600_000), "z".repeat(400_000));
        assert_eq!(clip(&huge, 16), "aaaaaaaaaaaa … zzzz (1,000,000 bytes)");
        assert_eq!(keep_ends(huge, 16), "aaaaaaaa … zzzz (1000000 bytes)");
        assert_eq!(clip("short", 5), "short");
        assert_eq!(keep_ends("short".to_owned(), 5), "short");
    }

    #[test]
    fn lines_beyond_the_limit_are_counted() {
        let lines = |count| vec!["x".to_owned(); count];
        assert_eq!(keep_lines(lines(2), 2), ["x", "x"]);
        assert_eq!(keep_lines(lines(2_000), 1), ["x", "… and 1,999 more"]);
    }

    #[test]
    fn a_difference_far_behind_is_shown() {
        let (one, other) = (
            format!("{}b", "a".repeat(99)),
            format!("{}c", "a".repeat(99)),
        );
        let (before, shown) = ("a".repeat(20), excerpts_of_difference(&one, &other));
        assert_eq!(shown, (format!("…{before}b"), format!("…{before}c")));
        assert_eq!(
            excerpts_of_difference("x", "y"),
            ("x".to_owned(), "y".to_owned())
        );
        let same = excerpt(&one);
        assert_eq!(excerpts_of_difference(&one, &one), (same.clone(), same));
    }

    #[test]
    fn a_head_ends_on_a_character() {
        assert_eq!(keep_head("żółw", 2), "żó… (7 bytes)");
        assert_eq!(keep_head("żółw", 4), "żółw");
        assert_eq!(excerpt("a\nb"), "a b");
        assert_eq!(excerpt(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
        assert_eq!(hex_head(&[1, 2, 3], 2), "0102…");
        assert_eq!(hex_head(&[1, 2], 2), "0102");
    }

    proptest! {
        #[test]
        fn a_clipped_text_is_never_much_longer_than_its_limit(text in any::<String>(), limit in 0_usize..40) {
            prop_assert!(clip(&text, limit).len() <= limit.max(text.len().min(limit)) + 40);
        }
    }
}
