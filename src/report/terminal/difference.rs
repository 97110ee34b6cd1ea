//! Renders the difference between the expected and the received value.

use similar::{ChangeTag, TextDiff};
use unicode_width::UnicodeWidthStr;

use crate::{
    report::{Palette, Role},
    text::{
        clip,
        escape::{self, BLOCK_LIMIT, Newlines},
        keep_lines,
    },
};

/// The length in bytes from which JSON is shown on several lines.
const ONE_LINE: usize = 60;
/// The number of unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// The limit on lines of one difference, because the target decides how many lines it sends.
const LINES: usize = 60;

/// Returns the lines that show how `received` differs from `expected`.
pub(super) fn difference(
    expected: Option<&str>,
    received: Option<&str>,
    palette: Palette,
) -> Vec<String> {
    let expected = expected.map(prepare);
    let received = received.map(prepare);
    match (expected, received) {
        (Some(expected), Some(received)) if expected.contains('\n') || received.contains('\n') => {
            by_line(&expected, &received, palette)
        }
        (Some(expected), Some(received)) => side_by_side(&expected, &received, palette),
        (Some(text), None) => labelled("expected", &text, Role::Expected, palette),
        (None, Some(text)) => labelled("received", &text, Role::Received, palette),
        (None, None) => Vec::new(),
    }
}

/// Escapes and shortens a text. Long JSON is indented over several lines.
fn prepare(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    let laid_out = (ONE_LINE < text.len() && text.len() <= BLOCK_LIMIT)
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())
        .flatten()
        .filter(|value| value.is_array() || value.is_object())
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    escape::visible(
        &clip(laid_out.as_deref().unwrap_or(text), BLOCK_LIMIT),
        Newlines::Keep,
    )
}

fn labelled(label: &str, text: &str, role: Role, palette: Palette) -> Vec<String> {
    let lines = text.lines().enumerate().map(|(index, line)| {
        let label = if index == 0 { label } else { "" };
        format!("{label:8}  {}", palette.paint(role, line))
    });
    keep_lines(lines.collect(), LINES)
}

fn side_by_side(expected: &str, received: &str, palette: Palette) -> Vec<String> {
    let mut lines = labelled("expected", expected, Role::Expected, palette);
    lines.extend(labelled("received", received, Role::Received, palette));
    if let Some((start, length)) = first_difference(expected, received) {
        let marks = palette.paint(Role::Underline, "^".repeat(length));
        lines.push(format!("{:8}  {}{marks}", "", " ".repeat(start)));
    }
    lines
}

/// Returns the part of `received` that differs from `expected`, as its first column and its width. Returns `None` if
/// the texts differ from their first character on, or if `expected` begins with the whole of `received`.
fn first_difference(expected: &str, received: &str) -> Option<(usize, usize)> {
    let prefix: usize = expected
        .chars()
        .zip(received.chars())
        .take_while(|(left, right)| left == right)
        .map(|(left, _)| left.len_utf8())
        .sum();
    let (alike, expected_rest) = expected.split_at_checked(prefix)?;
    let received_rest = received.get(prefix..)?;
    if alike.is_empty() || received_rest.is_empty() {
        return None;
    }
    let suffix: usize = expected_rest
        .chars()
        .rev()
        .zip(received_rest.chars().rev())
        .take_while(|(left, right)| left == right)
        .map(|(left, _)| left.len_utf8())
        .sum();
    let differs = received_rest.get(..received_rest.len() - suffix)?;
    Some((alike.width(), differs.width().max(1)))
}

fn by_line(expected: &str, received: &str, palette: Palette) -> Vec<String> {
    let diff = TextDiff::from_lines(expected, received);
    let mut lines = vec![format!(
        "{}  {}",
        palette.paint(Role::Expected, "- expected"),
        palette.paint(Role::Received, "+ received"),
    )];
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            lines.push(palette.paint(Role::Dim, "  …").to_string());
        }
        for change in group
            .iter()
            .flat_map(|operation| diff.iter_changes(operation))
        {
            let text = change.value().trim_end_matches('\n');
            lines.push(match change.tag() {
                ChangeTag::Delete => palette
                    .paint(Role::Expected, format!("- {text}"))
                    .to_string(),
                ChangeTag::Insert => palette
                    .paint(Role::Received, format!("+ {text}"))
                    .to_string(),
                ChangeTag::Equal => format!("  {text}"),
            });
        }
    }
    keep_lines(lines, LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expected: &str, received: &str) -> String {
        difference(Some(expected), Some(received), Palette::Plain).join("\n")
    }

    #[test]
    fn short_values_stand_below_each_other() {
        insta::assert_snapshot!(shown(r#"{"text":"hi"}"#, r#"{"text":"ho"}"#), @r#"
        expected  {"text":"hi"}
        received  {"text":"ho"}
                            ^
        "#);
    }

    #[test]
    fn values_that_have_nothing_in_common_are_not_marked() {
        insta::assert_snapshot!(shown("exactly one event", "nothing"), @r"
        expected  exactly one event
        received  nothing
        ");
    }

    #[test]
    fn long_json_is_laid_out_and_compared_by_line() {
        insta::assert_snapshot!(
            shown(
                r#"{"room":"general","text":"hello","from":"<string>","tags":["a","b"]}"#,
                r#"{"room":"general","text":"hallo","from":"u1","tags":["a","b"]}"#,
            ),
            @r#"
        - expected  + received
          {
            "room": "general",
        -   "text": "hello",
        -   "from": "<string>",
        +   "text": "hallo",
        +   "from": "u1",
            "tags": [
              "a",
              "b"
        "#);
    }

    #[test]
    fn a_flood_of_lines_is_bounded() {
        let flood = "x\n".repeat(3_000);
        let lines = difference(Some("one line"), Some(&flood), Palette::Plain);
        assert_eq!(lines.len(), LINES + 1);
        assert_eq!(lines.last().map(String::as_str), Some("… and 2,942 more"));
    }

    #[test]
    fn hostile_text_is_visible_and_keeps_its_columns() {
        insta::assert_snapshot!(shown("a\u{1b}[31mb", "a\u{1b}[31mc"), @r"
        expected  a\u{1b}[31mb
        received  a\u{1b}[31mc
                             ^
        ");
    }
}
