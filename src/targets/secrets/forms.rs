//! The encoded forms in which a secret may appear in a text whose escapes are decoded ([`super::decoded`]).
//!
//! Letters are compared without regard to case, so each form with hex digits is listed once.

use std::fmt::Write as _;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};

use super::decoded::Decoded;
use crate::data::hex;

/// Returns `value` and the encoded forms in which it may appear.
pub(super) fn forms_of(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned(), value.to_lowercase(), value.to_uppercase()];
    // A part of the value can look like an escape, such as `\d` or `%41`. Where another part of it is escaped, both are
    // decoded.
    let levels = Decoded::levels(&value.to_ascii_lowercase());
    forms.extend(levels.map(|level| level.text.clone()));
    // A form in a URL has `+` for a blank.
    let blanks: Vec<_> = forms.iter().map(|form| form.replace(' ', "+")).collect();
    forms.extend(blanks);
    for written in written_in_json(value) {
        forms.push(hex(written.as_bytes()));
        for before in 0..3 {
            for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
                forms.extend(base64_inside(&written, before, engine));
            }
        }
    }
    forms
}

/// Returns `value` as it is, and as the libraries of several languages write it inside JSON. A program can encode whole
/// JSON texts in base64, where the escapes can't be decoded.
fn written_in_json(value: &str) -> Vec<String> {
    let json = json(value);
    let ascii = escape_others(&json);
    let mut all = vec![
        value.to_owned(),
        // PHP escapes the slash. Go escapes the characters of HTML.
        json.replace('/', "\\/"),
        ascii.replace('/', "\\/"),
        without_html(&json),
        without_html(&ascii),
        json,
        ascii,
    ];
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns the value as a JSON string without its quotes.
fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted
        .get(1..quoted.len() - 1)
        .unwrap_or_default()
        .to_owned()
}

/// Replaces the characters with a meaning in HTML in a JSON string by their escapes.
fn without_html(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// Replaces every character outside of ASCII as JSON writes it in ASCII: `\u00e9`.
fn escape_others(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        if character.is_ascii() {
            out.push(character);
            return out;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` can't fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
        out
    })
}

/// Returns the part of a base64 text that depends on `value` alone. `before` is the number of bytes before the value,
/// modulo 3.
fn base64_inside(value: &str, before: usize, engine: &impl Engine) -> Option<String> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value.as_bytes());
    let encoded = engine.encode(&bytes);
    // A base64 character holds 6 bits. Leave out characters that also hold bits of the bytes around the value.
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded.get(first..last).map(str::to_owned)
}
