//! Finds and hides user names and passwords in URLs. They are never sent and never shown.

use url::Url;

/// Returns true if a URL contains a user name or a password.
pub fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Returns `text` with user names and passwords of URLs replaced by asterisks. Byte positions stay the same.
pub fn without_userinfo(text: &str) -> String {
    const OPEN: &str = "://";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        out.push_str(OPEN);
        let end = after
            .find(|character: char| "/?#\"'`".contains(character) || character.is_whitespace())
            .unwrap_or(after.len());
        // The user name and password end at the last `@`, because a password may contain an `@` too.
        let hidden = after[..end].rfind('@').unwrap_or(0);
        out.push_str(&"*".repeat(hidden));
        rest = &after[hidden..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_replaced_by_as_many_asterisks() {
        for (text, shown) in [
            ("http://a.test/x@y", "http://a.test/x@y"),
            ("url: http://u:p@a.test", "url: http://***@a.test"),
            (
                "[http://é:p@w@a:1, ws://b@c/]",
                "[http://******@a:1, ws://*@c/]",
            ),
            ("a ://b", "a ://b"),
        ] {
            assert_eq!(without_userinfo(text), shown);
            assert_eq!(without_userinfo(text).len(), text.len());
        }
    }
}
