//! Masks secrets in outputs.

use std::fmt;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use memchr::memmem::Finder;
use url::form_urlencoded;

use crate::data::hex;

/// The text that replaces a secret.
const REPLACEMENT: &str = "***";

/// The length of the shortest value that is masked. Shorter values also occur by chance, and masking them would
/// garble the output.
const SHORTEST: usize = 6;

/// The secrets to mask. Each is masked as plain text, percent-encoded, in base64 (also as part of a longer base64
/// text), in hex, and escaped as a JSON string.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The encoded forms of all values, the longest first: if a shorter form that is part of a longer one were
    /// replaced first, the rest of the longer form would stay visible.
    forms: Vec<Form>,
}

/// One encoded form of a secret. The finder is built once, because one form is searched in many texts.
#[derive(Clone)]
struct Form {
    text: String,
    finder: Finder<'static>,
}

impl Secrets {
    /// Adds a value. Ignores values of fewer than 6 bytes, which are too common to mask.
    pub fn add(&mut self, value: &str) {
        if value.len() < SHORTEST || self.forms.iter().any(|form| form.text == value) {
            return;
        }
        self.forms
            .extend(forms_of(value).into_iter().map(Form::new));
        self.put_in_order();
    }

    /// Adds all values of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.forms.extend_from_slice(&other.forms);
        self.put_in_order();
    }

    /// Returns `text` with `***` in place of every secret.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for form in &self.forms {
            if form.is_in(&masked) {
                masked = masked.replace(&form.text, REPLACEMENT);
            }
        }
        masked
    }

    /// Returns true if `text` contains a secret.
    pub fn found_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| form.is_in(text))
    }

    fn put_in_order(&mut self) {
        self.forms
            .sort_unstable_by(|Form { text: a, .. }, Form { text: b, .. }| {
                b.len().cmp(&a.len()).then_with(|| a.cmp(b))
            });
        self.forms.dedup_by(|a, b| a.text == b.text);
    }
}

impl Form {
    fn new(text: String) -> Self {
        let finder = Finder::new(&text).into_owned();
        Self { text, finder }
    }

    fn is_in(&self, text: &str) -> bool {
        // Most texts are shorter than the form of a token.
        text.len() >= self.text.len() && self.finder.find(text.as_bytes()).is_some()
    }
}

/// Shows the number of forms, but never the forms.
impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({} forms)", self.forms.len())
    }
}

/// Returns the encoded forms in which `value` may appear.
fn forms_of(value: &str) -> Vec<String> {
    let form_encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let percent_encoded = form_encoded.replace('+', "%20");
    let json = serde_json::Value::from(value).to_string();
    let mut forms = vec![
        value.to_owned(),
        lower_case_escapes(&percent_encoded),
        lower_case_escapes(&form_encoded),
        form_encoded,
        percent_encoded,
        json.trim_matches('"').to_owned(),
        hex(value.as_bytes()),
    ];
    for before in 0..3 {
        for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
            forms.extend(base64_inside(value, before, engine));
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// Returns the base64 characters that depend on `value` alone, whatever text surrounds it. `before` is the number of
/// bytes before the value, modulo 3.
fn base64_inside(value: &str, before: usize, engine: &impl Engine) -> Option<String> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value.as_bytes());
    let encoded = engine.encode(&bytes);
    // A base64 character holds 6 bits. Leave out characters that also hold bits of the bytes around the value.
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded.get(first..last).map(str::to_owned)
}

/// Returns the text with lower-case percent escapes: `%2f` for `%2F`.
fn lower_case_escapes(encoded: &str) -> String {
    let mut escaped = 0;
    encoded
        .chars()
        .map(|character| {
            if character == '%' {
                escaped = 2;
                return character;
            }
            if escaped == 0 {
                return character;
            }
            escaped -= 1;
            character.to_ascii_lowercase()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        for value in values {
            secrets.add(value);
        }
        secrets
    }

    #[test]
    fn every_encoding_of_a_secret_is_masked() {
        let secrets = secrets(&["s3cret/\"v~lue é"]);
        for shown in [
            "s3cret/\"v~lue é",
            "s3cret%2F%22v%7Elue%20%C3%A9",
            "s3cret%2f%22v%7elue+%c3%a9",
            r#"s3cret/\"v~lue é"#,
            "7333637265742f22767e6c756520c3a9",
        ] {
            assert_eq!(secrets.mask(&format!("<{shown}>")), "<***>");
            assert!(secrets.found_in(shown));
        }
    }

    #[test]
    fn the_longer_of_two_overlapping_secrets_is_masked() {
        let secrets = secrets(&["token-1", "token-1-and-more"]);
        assert_eq!(secrets.mask("token-1-and-more token-1"), "*** ***");
    }

    #[test]
    fn short_values_are_not_masked() {
        let secrets = secrets(&["admin", ""]);
        assert_eq!(secrets.mask("admin"), "admin");
        assert!(!secrets.found_in("admin"));
    }

    #[test]
    fn debug_output_contains_no_secret() {
        assert!(!format!("{:?}", secrets(&["hidden-value"])).contains("hidden"));
    }

    proptest! {
        #[test]
        fn secret_inside_base64_leaves_no_trace(
            before in "[ -~]{0,8}", value in "[ -~]{9,40}", after in "[ -~]{0,8}",
        ) {
            let secrets = secrets(&[&value]);
            for engine in [BASE64_STANDARD, base64::prelude::BASE64_URL_SAFE] {
                let shown = engine.encode(format!("{before}{value}{after}"));
                prop_assert!(secrets.found_in(&shown));
                prop_assert!(secrets.mask(&shown).contains(REPLACEMENT));
            }
        }

        #[test]
        fn masked_text_holds_no_secret(before in "\\PC{0,20}", value in "[a-z0-9]{6,20}", after in "\\PC{0,20}") {
            let secrets = secrets(&[&value]);
            let masked = secrets.mask(&format!("{before}{value}{after}"));
            prop_assert!(!secrets.found_in(&masked));
        }
    }
}
