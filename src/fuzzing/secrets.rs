//! The check of the function that masks secrets.

use crate::targets::Secrets;

/// The byte that separates the secret of an input from the text. It never occurs in UTF-8.
const SEPARATOR: u8 = 0xff;

/// Checks that a masked text holds no secret, in none of its forms.
///
/// A secret with an asterisk is left out: the `***` that replaces one secret can be a part of such a secret.
pub(super) fn mask(input: &[u8]) {
    let mut pieces = input.splitn(2, |byte| *byte == SEPARATOR);
    let value = pieces.next().map(std::str::from_utf8);
    let text = pieces.next().map(std::str::from_utf8);
    let (Some(Ok(value)), Some(Ok(text))) = (value, text) else {
        return;
    };
    if value.contains('*') {
        return;
    }
    let mut secrets = Secrets::default();
    secrets.add(value);
    let masked = secrets.mask(text);
    assert!(!secrets.found_in(&masked), "{masked:?} holds a secret");
}
