//! Writes JSON that is safe to print on a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use crate::text::escape;

/// Returns `value` as indented JSON with a newline at the end. A character that could steer a terminal
/// ([`escape::acts`]) is written as `\uXXXX`, which a JSON parser reads as the same character.
pub(crate) fn to_safe_json<T: Serialize>(value: &T) -> String {
    // Serialization can't fail: no type of ours has a map whose keys are not text.
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        if character != '\n' && escape::acts(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}
