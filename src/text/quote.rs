//! Text in quotes: as a JSON string, and for a shell.

/// Returns `text` as a JSON string, with its quotes. A JSON string is a YAML string too.
pub fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns `word` quoted for a POSIX shell: unchanged if it has no special character, else in single quotes.
pub fn shell_word(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=,@%+".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_those_of_json_and_of_the_shell() {
        assert_eq!(json_string("a\"\n"), r#""a\"\n""#);
        assert_eq!(shell_word("a-b/c:1"), "a-b/c:1");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
