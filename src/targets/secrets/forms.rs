//! The encoded forms in which a secret may appear.
//!
//! Letters are compared without regard to case, so each form with hex digits is listed once.

use std::fmt::Write as _;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use url::form_urlencoded;

use crate::{
    data::hex,
    text::escape::{self, Newlines},
};

/// The characters besides letters and digits that JavaScript's `encodeURIComponent` leaves as they are.
const LEFT_BY_JAVASCRIPT: &[u8] = b"-_.!~*'()";

/// The characters besides letters and digits that never need an escape in a URL (RFC 3986 section 2.3).
const UNRESERVED: &[u8] = b"-_.~";

/// The characters besides letters and digits that Python's `quote` leaves as they are.
const LEFT_BY_PYTHON: &[u8] = b"-_.~/";

/// Returns `value` and the encoded forms in which it may appear.
pub(super) fn forms_of(value: &str) -> Vec<String> {
    let json = json(value);
    let ascii_json = escape_others(&json, json_escape);
    let form_encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let twice = self::json(&json);
    let mut forms = vec![
        value.to_owned(),
        value.to_lowercase(),
        value.to_uppercase(),
        self::json(&twice),
        twice,
        self::json(&ascii_json),
        // PHP escapes the slash. Go escapes the characters of HTML.
        json.replace('/', "\\/"),
        ascii_json.replace('/', "\\/"),
        without_html(&json),
        without_html(&ascii_json),
        json,
        ascii_json,
        escape::visible(value, Newlines::Escape),
        value.escape_default().to_string(),
        escape_others(value, byte_escape),
        escape_others(value, latin_escape),
        form_encoded.replace('+', "%20"),
        form_encoded,
        percent(value, LEFT_BY_JAVASCRIPT),
        percent(value, UNRESERVED),
        percent(value, LEFT_BY_PYTHON),
        value.bytes().fold(String::new(), percent_escape),
        html(value, "&#39;", "&quot;"),
        html(value, "&#x27;", "&#34;"),
        html(value, "'", "\""),
        value.replace('&', "&amp;"),
        hex(value.as_bytes()),
    ];
    for before in 0..3 {
        for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
            forms.extend(base64_inside(value, before, engine));
        }
    }
    forms
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

/// Replaces every character outside of ASCII by what `write` adds to the result for this character.
fn escape_others(text: &str, write: fn(&mut String, char)) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        if character.is_ascii() {
            out.push(character);
        } else {
            write(&mut out, character);
        }
        out
    })
}

/// Adds a character as JSON writes it in ASCII: `\u00e9`.
fn json_escape(out: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a `String` can't fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Adds each byte of a character as a hex escape: `\xc3\xa9`.
fn byte_escape(out: &mut String, character: char) {
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(out, "\\x{byte:02x}");
    }
}

/// Adds a character as Python and JavaScript print it: `\xe9` for a code below 256, and `\u20ac` for a larger code.
fn latin_escape(out: &mut String, character: char) {
    match u32::from(character) {
        code @ ..=0xff => {
            let _ = write!(out, "\\x{code:02x}");
        }
        _ => json_escape(out, character),
    }
}

/// Returns the text with percent escapes. `left` lists the characters that stay, besides letters and digits.
fn percent(value: &str, left: &[u8]) -> String {
    value.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || left.contains(&byte) {
            out.push(char::from(byte));
            return out;
        }
        percent_escape(out, byte)
    })
}

fn percent_escape(mut out: String, byte: u8) -> String {
    let _ = write!(out, "%{byte:02x}");
    out
}

/// Returns the text with the escapes of HTML and XML. `apostrophe` and `quote` are the escapes of these two characters,
/// which can be written in several ways.
fn html(value: &str, apostrophe: &str, quote: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', apostrophe)
        .replace('"', quote)
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
