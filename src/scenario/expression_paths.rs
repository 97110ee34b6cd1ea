//! Finds the paths in an expression: `sender.sid`, `sender["sid"]`, `crowd[1].sid`.
//!
//! MiniJinja reports the variables of an expression with the fields behind dots only. This scanner also sees the fields
//! in brackets, the fields behind an index, and a variable in front of a slice.

/// The words after which a bracket begins a list and not an index.
const KEYWORDS: &[&str] = &[
    "and", "else", "false", "False", "if", "in", "is", "none", "None", "not", "or", "true", "True",
];

/// A path in an expression that has a bracket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Path {
    /// The path in the form of a reference: `sender.sid` for `sender["sid"]`. An index that is computed, and a slice,
    /// is written as `[1]`.
    pub(super) name: String,
    /// The offset of the path in the expression, in bytes.
    pub(super) offset: usize,
    /// The length of the path in the expression, in bytes.
    pub(super) length: usize,
}

impl Path {
    /// Returns the variable at the start of the path.
    pub(super) fn head(&self) -> &str {
        self.name.split(['.', '[']).next().unwrap_or_default()
    }
}

/// Returns the paths with brackets in an expression.
pub(super) fn bracketed(source: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut before = None;
    while let Some(first) = source.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &source[at..];
        if first == '\'' || first == '"' {
            at += quoted(rest).map_or(rest.len(), |(_, length)| length);
            before = Some("\"");
        } else if is_word(first) {
            let length = word(rest);
            let name = &rest[..length];
            let can_have_brackets = !KEYWORDS.contains(&name)
                && !first.is_ascii_digit()
                && !matches!(before, Some("." | "|" | "is"));
            if can_have_brackets && let Some(path) = path(source, at) {
                found.push(path);
            }
            at += length;
            before = Some(name);
        } else {
            at += first.len_utf8();
            if !first.is_whitespace() {
                before = rest.get(..first.len_utf8());
            }
        }
    }
    found
}

/// Returns the path that begins at `start`, if it has a bracket.
fn path(source: &str, start: usize) -> Option<Path> {
    let mut at = start + word(source.get(start..)?);
    let mut name = source.get(start..at)?.to_owned();
    let mut has_bracket = false;
    loop {
        let rest = source.get(at..)?;
        let gap = rest.len() - rest.trim_start().len();
        let next = rest.trim_start();
        if let Some(field) = next.strip_prefix('.') {
            let inner = field.len() - field.trim_start().len();
            let length = word(field.trim_start());
            if length == 0 {
                break;
            }
            name.push('.');
            name.push_str(&field.trim_start()[..length]);
            at += gap + 1 + inner + length;
        } else if next.starts_with('[') {
            let length = bracket(next)?;
            let inside = next.get(1..length - 1)?.trim();
            match quoted(inside) {
                Some((key, whole)) if whole == inside.len() => {
                    name.push('.');
                    name.push_str(key);
                }
                _ if inside.chars().all(|digit| digit.is_ascii_digit()) => {
                    name.push_str(&format!("[{inside}]"));
                }
                _ => name.push_str("[1]"),
            }
            has_bracket = true;
            at += gap + length;
        } else {
            break;
        }
    }
    has_bracket.then_some(Path {
        name,
        offset: start,
        length: at - start,
    })
}

/// Returns the length of the bracket at the start of `text`, with everything inside it. Returns `None` if the bracket is
/// not closed.
fn bracket(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(first) = text.get(at..)?.chars().next() {
        match first {
            '\'' | '"' => {
                at += quoted(text.get(at..)?)?.1;
                continue;
            }
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        at += first.len_utf8();
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Returns the text in quotes at the start of `text`, and its length with the quotes. Returns `None` if there is none.
fn quoted(text: &str) -> Option<(&str, usize)> {
    let quote = text.chars().next().filter(|first| "'\"".contains(*first))?;
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if letter == quote => return Some((text.get(1..at)?, at + 1)),
            _ => {}
        }
    }
    None
}

/// Returns the length of the word at the start of `text`.
fn word(text: &str) -> usize {
    text.find(|letter| !is_word(letter)).unwrap_or(text.len())
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_brackets_and_behind_an_index_are_found() {
        let names = |source: &str| {
            let paths = bracketed(source);
            let shown = paths.iter().map(|path| {
                let written = &source[path.offset..path.offset + path.length];
                format!("{} ({written})", path.name)
            });
            shown.collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            names("a['sdi'] == b[ \"x\" ].y"),
            "a.sdi (a['sdi']); b.x.y (b[ \"x\" ].y)"
        );
        assert_eq!(
            names("crowd[1].sdi ~ crowd[index + 1]['sid']"),
            "crowd[1].sdi (crowd[1].sdi); crowd[1].sid (crowd[index + 1]['sid'])"
        );
        assert_eq!(names("f(a[b['c']])"), "a[1] (a[b['c']]); b.c (b['c'])");
        assert_eq!(names("sid[:3]"), "sid[1] (sid[:3])");
        assert_eq!(
            names("a.b in ['x', a.c] and 'd[0]' is not in [1] or x|list[0]"),
            ""
        );
        assert_eq!(names("a['x"), "");
    }

    proptest::proptest! {
        #[test]
        fn every_text_is_scanned(source in "[a-b.\\[\\]'\" ä0-1\\\\]{0,30}") {
            for path in bracketed(&source) {
                assert!(source.get(path.offset..path.offset + path.length).is_some());
            }
        }
    }
}
