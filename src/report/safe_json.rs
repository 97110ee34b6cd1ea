//! Writes JSON that is safe where it is shown: on a terminal, or inside a page.

use std::fmt::Write as _;

use serde::Serialize;

use crate::text::escape;

/// Returns `value` as indented JSON with a newline at the end. A character that could steer a terminal
/// ([`escape::acts`]) is written as `\uXXXX`, which a JSON parser reads as the same character.
pub(crate) fn to_safe_json<T: Serialize>(value: &T) -> String {
    // Serialization can't fail: no type of ours has a map whose keys are not text.
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = escaped(&json, |character| {
        character != '\n' && escape::acts(character)
    });
    out.push('\n');
    out
}

/// Returns `value` as JSON on one line, for a `<script>` element that holds data. Besides the characters that
/// [`to_safe_json`] escapes, `<`, `>` and `&` are written as `\uXXXX`, so that no text can end the element.
pub(crate) fn to_inert_json<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    escaped(&json, |character| {
        matches!(character, '<' | '>' | '&') || escape::acts(character)
    })
}

/// Returns JSON in which the characters that `is_escaped` names are written as `\uXXXX`. They occur only inside texts.
fn escaped(json: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        if is_escaped(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inert_json_cannot_end_its_element_and_reads_as_the_same_text() {
        let text = "</script><!--<script>&amp;\u{2028}\u{202e}\0\u{1b}[31m\u{ffff}";
        let json = to_inert_json(&text);
        assert!(!json.contains(['<', '>', '&']), "{json}");
        assert!(!json.chars().any(escape::acts), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
